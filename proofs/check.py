"""Check the models of this folder with Spin: every run of `runs.toml`.

    make proofs
    python proofs/check.py hold move     only these models

Each run is an exhaustive search. The script prints its states, depth, memory and seconds. It fails if a run finds an
error under the rules of the code, or none under an old rule, or another one than the table says; if a search is not
complete; or if a part of a model is never reached.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
FETCHED = HERE.parent / ".build" / "spin" / "usr" / "bin" / "spin"  # from Debian's package: see the Makefile
REQUIRE = "TICKETGEN_REQUIRE_SPIN"
MEGABYTES, DEPTH, SECONDS = 2_000, 200_000, 600  # of one run
AT_ONCE = 2

_UNREACHED = re.compile(r'^\t(?:\S+\.pml):(\d+), state \d+, "(.*)"', re.MULTILINE)
# Of HOLDS, which prints only when it is violated, and the end of a process that goes on for ever.
_EXPECTED = re.compile(r"printf\('(VIOLATED |\\n|[A-Z0-9_]+)'\)|assert\(0\)|-end-")
_MARKER = re.compile(r'# (\d+) "(.*?)"')
_VIOLATED = re.compile(r"VIOLATED\s+(\w+)")


@dataclass(slots=True)
class Result:
    """What Spin found in one run; `fault` tells why that is wrong."""

    title: str
    model: str
    figures: str = ""
    fault: str = ""
    trail: str = ""
    unreached: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)


def main(models: list[str]) -> int:
    """Make the runs and return the exit code."""
    spin = shutil.which("spin") or (str(FETCHED) if FETCHED.exists() else None)
    if spin is None or shutil.which("gcc") is None:
        missing = "Spin" if spin is None else "gcc"
        print(
            f"{missing} is missing: the proofs were not checked. On Debian or Ubuntu: apt-get install spin gcc"
        )
        return 1 if os.environ.get(REQUIRE) else 0
    runs = tomllib.loads((HERE / "runs.toml").read_text(encoding="utf-8"))["run"]
    chosen = [run for run in runs if not models or run["model"] in models]
    started, results = time.monotonic(), []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda run: _check(spin, run), chosen):
            results.append(result)
            print(
                f"{'FAILED' if result.fault else 'ok':6} {result.title}\n       {result.figures}", flush=True
            )
            if result.fault:
                print(f"       {result.fault}\n{result.trail}")
    never = _never_reached(results)
    for place in never:
        print(f"FAILED {place} is never reached, so it proves nothing")
    failed = sum(bool(result.fault) for result in results)
    print(f"{len(results)} runs, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed or never or not results else 0


def _check(spin: str, run: dict[str, object]) -> Result:
    switches = [f"-D{switch}" for switch in run.get("switches", ())]  # type: ignore[attr-defined]
    model, wanted = str(run["model"]), str(run.get("violates", ""))
    result = Result(f"{' '.join([model, *switches])}: {run['code']}", model)
    with tempfile.TemporaryDirectory() as folder:
        for source in HERE.glob("*.pml"):
            shutil.copy(source, folder)

        def call(*command: str) -> str:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
            )
            return done.stdout + done.stderr

        began = time.monotonic()
        said = call(spin, *switches, "-a", f"{model}.pml")
        said += call(
            "gcc", "-O1", "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan", "pan.c"
        )
        if not (Path(folder) / "pan").exists():
            result.fault, result.trail = "Spin or gcc does not accept the model", said
            return result
        found = call("./pan", f"-m{DEPTH}")
        states, depth = _number(r"(\d+) states, stored", found), _number(r"depth reached (\d+)", found)
        memory = _number(r"([\d.]+)\s+total actual memory", found)
        trail = call(spin, *switches, "-t", f"{model}.pml") if "errors: 0" not in found else ""
        told = _VIOLATED.search(trail)
        violated = told[1] if told else ""
        result.figures = f"{states} states, depth {depth}, {memory} MB, {time.monotonic() - began:.1f} s"
        result.figures += f"; violates {violated}" if violated else ""
        if "Full statespace search" not in found or "max search depth too small" in found:
            result.fault, result.trail = "the search is not exhaustive", found
        elif not wanted and "Search not completed" in found and "errors: 0" in found:
            result.fault, result.trail = "the search was not completed", found
        elif violated != wanted or ("errors: 0" in found) == bool(wanted):
            result.fault = f"expected {wanted or 'no violation'}, found {violated or found.splitlines()[0]}"
            result.trail = _steps(trail)
        if not wanted:
            unreached = {
                int(line) for line, text in _UNREACHED.findall(found) if not _EXPECTED.fullmatch(text)
            }
            compiled = _lines(call("gcc", "-E", "-x", "c", *switches, f"{model}.pml"), f"{model}.pml")
            result.unreached, result.reached = unreached, compiled - unreached
    return result


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return f"{float(found[1]):,.0f}" if found else "?"


def _lines(preprocessed: str, source: str) -> set[int]:
    """The lines of a file that the preprocessor has left."""
    lines, file, number = set(), "", 0
    for text in preprocessed.splitlines():
        if marker := _MARKER.match(text):
            number, file = int(marker[1]), marker[2]
            continue
        if file == source and text.strip():
            lines.add(number)
        number += 1
    return lines


def _steps(trail: str) -> str:
    """The steps of a trail that the models print, indented by process."""
    return "\n".join(
        line.rstrip() for line in trail.splitlines() if line.startswith(" ") and ":\t" not in line
    )


def _never_reached(results: list[Result]) -> list[str]:
    """The lines that no run under the rules of the code reaches, of the models that had such runs."""
    unreached: defaultdict[str, set[int]] = defaultdict(set)
    for result in results:
        unreached[result.model] |= result.unreached
    for result in results:
        unreached[result.model] -= result.reached
    return [f"{model}.pml:{line}" for model, lines in unreached.items() for line in sorted(lines)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
