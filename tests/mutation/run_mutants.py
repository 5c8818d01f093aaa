"""Breaks a rendered stack on purpose, mutant by mutant, and asks its own unit suite: which cases notice?

    python tests/mutation/run_mutants.py STACK [--mutants 700] [--sample 60 --seed 1] [--report FILE]

Each worker has a copy of the stack and collects the suite once. For every mutant it forks: the child writes the
mutated file, runs the cases that read it, and the rest only if none of those noticed, and stops at the first that does.
In a full run every case must notice some mutant: so all that have not yet are asked of each mutant that they read, and
a case that has is asked again only where nobody else notices. The report's matrix has what was asked.
A child that hangs is killed with all that it started, and counts as noticed: so would a hanging build.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Manager
from pathlib import Path
from typing import Any

import pytest
from mutants import Mutant, choose, every_mutant, is_valid, read_stack, sample

SHARE = 0.95
"""Of all mutants, survivors that are explained included."""

PATIENCE_S = 120
"""After which a child hangs."""

# Which files of the suite run the code of a module; the rest read HCL.
READERS = {
    "test_selling": {"ticket_purchase", "api", "dynamo", "events", "ledger", "metrics", "sale"},
    "test_verifying": {
        "inventory_verifier", "comparison", "corrections", "dynamo", "events", "lag", "ledger", "metrics", "pms",
        "replicas",
    },
    "test_correcting": {"oversell_corrector", "corrections", "dynamo", "events", "ledger", "metrics", "settlement"},
    "test_seat_maps": {
        "seat_availability", "seat_cache_sync", "api", "dynamo", "events", "metrics", "redis_client", "seat_map",
    },
    "test_sales_database": {"kinesis_processor", "dynamo", "sales_database"},
}  # fmt: skip


# The cases about a file that are asked first.
ABOUT = {
    "alarms": "alarms", "analytics": "regions", "api": "api", "aurora": "analytics", "cache": "cache",
    "encryption": "encryption", "functions": "functions", "kinesis": "analytics", "locks": "tables",
    "network": "network", "outputs": "outputs", "provider": "providers", "refunds": "streams", "regions": "regions",
    "roles": "roles", "state_machines": "state_machines", "streams": "streams", "tables": "tables",
    "variables": "names", "verification": "regions", "versions": "providers",
}  # fmt: skip


class Verdict(dict[str, list[str]]):
    """Mutant's name to the cases that noticed it."""


class Breaker:
    """A pytest plugin: instead of running the cases once, it runs them on every mutant.

    Args:
        stack: a copy that may be broken.
        mutants: what to do to it.
        noticed: the cases that noticed one, shared by the workers: all others are asked of each mutant that they
            read, and first. None, where not every case has to notice one.
    """

    def __init__(
        self, stack: Path, mutants: Sequence[Mutant], noticed: MutableMapping[str, bool] | None
    ) -> None:
        self._stack = stack
        self._mutants = mutants
        self._shared = noticed
        self._done: set[str] | None = None
        self._kills: Counter[tuple[str, str]] = Counter()  # of a file or module, and a case
        self._noticed: list[str] = []
        self.verdict = Verdict()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Collected: now the mutants."""
        for mutant in self._mutants:
            self._done = None if self._shared is None else set(self._shared.keys())
            self.verdict[mutant.name] = noticed = self._run(session, mutant)
            if self._shared is not None:
                self._shared.update(dict.fromkeys(noticed, True))
            self._kills.update((_file(mutant), case) for case in noticed)
            print(f"{len(noticed):4} {mutant.name}", file=sys.stderr, flush=True)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes the cases that fail, in the child."""
        if report.failed:
            self._noticed.append(_short(report.nodeid))

    def _run(self, session: pytest.Session, mutant: Mutant) -> list[str]:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()  # what it starts ends with it
            os.close(read)
            try:
                self._break(session, mutant)
            except BaseException as error:
                self._noticed.append(f"the suite as a whole: {type(error).__name__}")
            finally:
                with contextlib.suppress(OSError):
                    os.write(write, json.dumps(sorted(set(self._noticed))).encode())
                os.close(write)
                os._exit(0)
        os.close(write)
        return self._answer(child, read)

    def _answer(self, child: int, read: int) -> list[str]:
        deadline = time.monotonic() + PATIENCE_S
        parts = []
        os.set_blocking(read, False)
        while time.monotonic() < deadline:
            try:
                part = os.read(read, 1 << 16)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not part:
                break
            parts.append(part)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read)
        return json.loads(b"".join(parts)) if parts else ["the suite as a whole: it hangs"]

    def _break(self, session: pytest.Session, mutant: Mutant) -> None:
        path = self._stack / mutant.path
        path.write_text(mutant.applied(path.read_text("utf-8")), encoding="utf-8")
        about = f"test_{ABOUT.get(Path(mutant.path).stem)}"
        waiting: list[pytest.Item] = []  # for their first
        readers: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in session.items:
            if not _reads(item, mutant):
                others.append(item)
            elif self._done is not None and _short(item.nodeid) not in self._done:
                waiting.append(item)
            else:
                readers.append(item)

        def order(item: pytest.Item) -> tuple[int, bool, bool]:
            kills = self._kills[_file(mutant), _short(item.nodeid)]
            return -kills, item.path.stem != about, item.path.stem != "test_names"

        for position, item in enumerate(waiting):
            self._ask(item, waiting[position + 1 : position + 2])
        for position, item in enumerate(rest := [*sorted(readers, key=order), *others]):
            if self._noticed:
                return
            self._ask(item, rest[position + 1 : position + 2])

    @staticmethod
    def _ask(item: pytest.Item, following: Sequence[pytest.Item]) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following[0] if following else None)


def _file(mutant: Mutant) -> str:
    return mutant.module or mutant.path


def _short(nodeid: str) -> str:
    return nodeid.partition("unit/")[2]


def _reads(item: pytest.Item, mutant: Mutant) -> bool:
    modules = READERS.get(item.path.stem)
    return mutant.module in modules if modules and mutant.module else not modules and not mutant.module


def work(stack: str, mutants: Sequence[Mutant], noticed: MutableMapping[str, bool] | None) -> Verdict:
    """One worker's share."""
    originals = {mutant.path: (Path(stack) / mutant.path).read_text("utf-8") for mutant in mutants}
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "stack"
        shutil.copytree(
            stack, copy, ignore=shutil.ignore_patterns(".terraform", "__pycache__", ".pytest_cache")
        )

        class Restoring(Breaker):
            def _run(self, session: pytest.Session, mutant: Mutant) -> list[str]:
                try:
                    return super()._run(session, mutant)
                finally:
                    (copy / mutant.path).write_text(originals[mutant.path], encoding="utf-8")

        sys.path.insert(0, str(copy / "tests"))
        _warm(copy)
        breaker = Restoring(copy, mutants, noticed)
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            options = [
                "-q",
                "--tb=no",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:warnings",
                "--rootdir",
                str(copy / "tests"),
            ]
            pytest.main([*options, str(copy / "tests" / "unit")], plugins=[breaker])
        verdict.update(breaker.verdict)
    return verdict


def _warm(stack: Path) -> None:
    """Reads the files as they are, so that a child reads one anew: the rest is known by its text."""
    from support.blocks import read

    for path, text in read_stack(stack).items():
        read(path, text)


def run(stack: Path, mutants: Sequence[Mutant], *, every_case: bool, workers: int = 2) -> Verdict:
    """All workers' verdicts."""
    verdict = Verdict()
    with ProcessPoolExecutor(workers) as pool, Manager() as manager:
        shares = [list(mutants[start::workers]) for start in range(workers)]
        noticed = manager.dict() if every_case else None
        for part in pool.map(work, [str(stack)] * workers, shares, [noticed] * workers):
            verdict.update(part)
    return verdict


def cases_of(stack: Path) -> list[str]:
    """The names of the suite's cases."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        f"{stack}/tests/unit",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.partition("unit/")[2] for line in done.stdout.splitlines() if "::" in line]


def report(mutants: Sequence[Mutant], verdict: Verdict, cases: Sequence[str]) -> dict[str, Any]:
    """What a run found: the share, the survivors, the kill matrix and the cases that killed nothing."""
    survivors = [mutant for mutant in mutants if not verdict[mutant.name]]
    by_case: dict[str, list[int]] = defaultdict(list)
    for number, mutant in enumerate(mutants):
        for case in verdict[mutant.name]:
            by_case[case].append(number)
    return {
        "mutants": len(mutants),
        "killed": len(mutants) - len(survivors),
        "share": round(1 - len(survivors) / len(mutants), 4),
        "operators": {
            operator: {"mutants": count, "killed": count - sum(m.operator == operator for m in survivors)}
            for operator, count in sorted(Counter(mutant.operator for mutant in mutants).items())
        },
        "survivors": [mutant.name for mutant in survivors],
        "idle": [case for case in cases if case not in by_case],
        "names": [mutant.name for mutant in mutants],
        "kills": dict(sorted(by_case.items())),
    }


def main(arguments: Sequence[str]) -> int:
    """Runs from the command line; 1 if too few mutants were noticed, or a case noticed none in a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("stack", type=Path)
    parser.add_argument("--mutants", type=int, default=700)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    files = read_stack(asked.stack)
    every = list(every_mutant(files))
    chosen = choose(
        sample(every, 8 * asked.sample, asked.seed) if asked.sample else every,
        asked.sample or asked.mutants,
        lambda one: is_valid(one, files),
    )
    print(f"{len(chosen)} mutants of {len(every)}, chosen in {time.monotonic() - began:.0f} s", flush=True)
    verdict = run(asked.stack, chosen, every_case=not asked.sample, workers=asked.workers)
    found = report(chosen, verdict, [] if asked.sample else cases_of(asked.stack))
    if asked.report:
        asked.report.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(
        f"{found['killed']} of {found['mutants']} noticed: {found['share']:.1%}, in {time.monotonic() - began:.0f} s"
    )
    for survivor in found["survivors"]:
        print("  survived:", survivor)
    for case in found["idle"]:
        print("  noticed nothing:", case)
    return int(found["share"] < SHARE or bool(found["idle"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
