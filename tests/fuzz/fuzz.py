"""Fuzz one target with Atheris until the time is up, or endlessly: ``make fuzz TARGET=terraform SECONDS=600``.

The corpus grows in a folder, so that a later run continues where this one ended. A fault ends the run with its input in
the folder of faults: copy it to its folder in ``tests/fuzz/crashes``, where every test run repeats it, and fix it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import atheris
from targets import TARGETS, run

SLOWEST_S = 20
MAX_MB = 800
"""Memory of this process: ticketgen promises 500 MB, the rest is for the fuzzer."""


def main() -> None:
    """Parse the arguments and fuzz."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS), help="all of them in turn by default")
    parser.add_argument("--seconds", type=int, default=0, help="for each target; 0 for no end")
    parser.add_argument("--work", type=Path, default=Path(".build/fuzz"))
    parsed = parser.parse_args()
    for name in [parsed.target] if parsed.target else TARGETS:
        if parsed.target:
            fuzz(name, parsed.seconds, parsed.work)
        else:  # libFuzzer ends the process
            subprocess.run([sys.executable, __file__, name, *sys.argv[1:]], check=True)


def fuzz(name: str, seconds: int, work: Path) -> None:
    """Fuzz one target; does not return."""
    target = TARGETS[name]
    corpus, faults = work / "corpus" / name, work / "faults" / name
    for folder in (corpus, faults):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.corpus()):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = work / f"{name}.dict"
    words.write_text("".join(f'"{escaped(word)}"\n' for word in target.words), encoding="ascii")
    # With instrumented imports, the fuzzer keeps an input that reaches a new line of ticketgen. Commands import modules
    # when they need them, so a seed has to go all the way.
    with atheris.instrument_imports(include=["ticketgen"], enable_loader_override=False):
        for seed in islice(target.corpus(), 4):
            run(name, seed)
    os.environ["TICKETGEN_ONE_PROCESS"] = "1"
    options = [
        f"-dict={words}", f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MAX_MB}", "-max_len=20000",
        f"-max_total_time={seconds}", f"-artifact_prefix={faults}/", "-print_final_stats=1", str(corpus),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], lambda data: run(name, data) and None)
    atheris.Fuzz()


def escaped(word: str) -> str:
    """A word in libFuzzer's syntax for dictionaries."""
    return "".join(f"\\x{byte:02X}" for byte in word.encode())


if __name__ == "__main__":
    main()
