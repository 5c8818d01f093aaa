"""Run the unit suite of a stack on mutants of the stack, and record which cases fail.

Each worker has a copy of the stack and collects the suite once. It forks for every mutant: the child writes the mutated
file, runs the cases that read it, then the other cases, and stops at the first that fails. If every case must notice a
mutant, the cases that have noticed none yet run on each mutant that they read; the others run only if none of those
fails. A child that hangs is killed with its processes, and its mutant counts as noticed, because a hanging build would
be noticed, too.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import Manager
from pathlib import Path

import pytest
from mutants import Mutant, read_stack

from ticketgen.assets import asset_folder
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.sources import siblings

__all__ = ["Verdict", "functions_run", "readers", "run"]

TIMEOUT_S = 120
"""A child that runs for longer hangs."""


@cache
def functions_run() -> Mapping[str, set[str]]:
    """The functions whose code each file of the suite runs; the rest of the suite reads HCL."""
    found = {}
    for path in sorted((asset_folder("templates") / "suites/unit").glob("test_*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        names = {
            str(argument.value)
            for call in calls
            if ast.unparse(call.func) in ("cloud.function", "started", "self.started")
            for argument in call.args
            if isinstance(argument, ast.Constant) and argument.value in FUNCTIONS
        }
        if names:
            found[path.stem] = names
    return found


@cache
def readers() -> Mapping[str, set[str]]:
    """The modules whose code each file of the suite runs."""
    return {
        file: {module for name in names for module in (name, *siblings(name))}
        for file, names in functions_run().items()
    }


# The test files that run first, by the name of the mutated file.
ABOUT = {
    "alarms": "alarms", "api": "api", "aurora": "analytics", "cache": "cache", "domain": "domain",
    "encryption": "encryption", "functions": "functions", "identity": "identity", "kinesis": "analytics",
    "locks": "tables", "main": "regions", "network": "network", "outputs": "outputs", "provider": "providers",
    "refunds": "streams", "replicas": "tables", "roles": "roles", "state_machines": "state_machines",
    "streams": "streams", "tables": "tables", "variables": "names", "versions": "providers",
}  # fmt: skip


class Verdict(dict[str, list[str]]):
    """The cases that noticed each mutant, by its name."""


class Breaker:
    """A pytest plugin: instead of running the cases once, it runs them on every mutant.

    Args:
        stack: a copy that may be broken.
        mutants: the changes of the copy.
        waiting: the cases that have noticed no mutant yet, shared by the workers: they run first, on each mutant that
            they read, until they notice one.
        others: also run the other cases if none of those fails.
    """

    def __init__(
        self, stack: Path, mutants: Sequence[Mutant], waiting: MutableMapping[str, bool], *, others: bool
    ) -> None:
        self._stack = stack
        self._mutants = mutants
        self._shared = waiting
        self._waiting: set[str] = set()
        self._others = others
        self._kills: Counter[tuple[str, str]] = Counter()  # of a file or module, and a case
        self._noticed: list[str] = []
        self.verdict = Verdict()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the collected cases on each mutant."""
        for mutant in self._mutants:
            self._waiting = set(self._shared.keys())
            if not (self._waiting or self._others):
                break
            self.verdict[mutant.name] = noticed = self._run(session, mutant)
            for case in noticed:
                self._shared.pop(case, None)
            self._kills.update((_file(mutant), case) for case in noticed)
            print(f"{len(noticed):4} {mutant.name}", file=sys.stderr, flush=True)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the cases that fail, in the child."""
        if report.failed:
            self._noticed.append(_short(report.nodeid))

    def _run(self, session: pytest.Session, mutant: Mutant) -> list[str]:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()  # so that its processes end with it
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
        deadline = time.monotonic() + TIMEOUT_S
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
        waiting: list[pytest.Item] = []  # have noticed no mutant yet
        readers: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in session.items:
            if not _reads(item, mutant):
                others.append(item)
            elif _short(item.nodeid) in self._waiting:
                waiting.append(item)
            else:
                readers.append(item)

        def order(item: pytest.Item) -> tuple[int, bool, bool]:
            kills = self._kills[_file(mutant), _short(item.nodeid)]
            return -kills, item.path.stem != about, item.path.stem != "test_names"

        for position, item in enumerate(waiting):
            self._ask(item, waiting[position + 1 : position + 2])
        rest = [*sorted(readers, key=order), *others] if self._others else []
        for position, item in enumerate(rest):
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
    modules = readers().get(item.path.stem)
    return mutant.module in modules if modules and mutant.module else not modules and not mutant.module


def _work(stack: str, mutants: Sequence[Mutant], waiting: MutableMapping[str, bool], others: bool) -> Verdict:
    """Run the mutants of one worker."""
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
        breaker = Restoring(copy, mutants, waiting, others=others)
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
    """Parse the unchanged files once, so that a child parses only the mutated one."""
    from support.blocks import read

    for path, text in read_stack(stack).items():
        read(path, text)


def run(
    stack: Path,
    mutants: Sequence[Mutant],
    waiting: Iterable[str] = (),
    *,
    others: bool = True,
    workers: int = 2,
) -> Verdict:
    """Find the cases that notice each mutant.

    Args:
        stack: a rendered stack, which is not changed.
        mutants: the changes of copies of it.
        waiting: the cases that run on each mutant that they read, until they have noticed one.
        others: also run the other cases if none of those fails; otherwise, the run ends when no case waits any longer.
        workers: the number of processes.
    """
    verdict = Verdict()
    with ProcessPoolExecutor(workers) as pool, Manager() as manager:
        shares = [list(mutants[start::workers]) for start in range(workers)]
        shared = manager.dict(dict.fromkeys(waiting, True))
        for part in pool.map(_work, [str(stack)] * workers, shares, [shared] * workers, [others] * workers):
            verdict.update(part)
    return verdict
