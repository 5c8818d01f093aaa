"""Run the unit suites of many stacks, quickly: one folder and one process for all of them.

A process of its own takes one stack after another: it writes the files that differ, forgets the modules of the stack
before, and runs pytest on the unit suite as a user would. This is quicker than a process for each stack, because
unchanged test files stay compiled, and each text of HCL is parsed once.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Outcome", "Runner", "running"]


@dataclass(frozen=True)
class Outcome:
    """The result of a run of a suite.

    Attributes:
        code: pytest's exit code.
        passed: how many cases passed.
        skipped: the reasons of the cases that were skipped, with how many each.
        failures: the cases that failed, and how.
    """

    code: int
    passed: int
    skipped: Mapping[str, int]
    failures: Mapping[str, str]


@dataclass
class Runner:
    """A process that runs suites, and the folder that it runs them in."""

    folder: Path
    process: subprocess.Popen[str]
    _written: dict[str, str] = field(default_factory=dict)

    def run(self, files: Mapping[str, str]) -> Outcome:
        """Run the unit suite of a stack."""
        for path in self._written.keys() - files.keys():
            (self.folder / path).unlink()
        for path, text in files.items():
            if self._written.get(path) != text:
                file = self.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="")
        self._written = dict(files)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{self.folder}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process that runs the suites has ended"
        return Outcome(**json.loads(line))


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Runner]:
    """A runner that works in a folder, until the block ends."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHON", "AWS_"))
    }
    with subprocess.Popen(
        [sys.executable, "-P", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env=kept,
        text=True,
    ) as process:
        yield Runner(folder, process)
        assert process.stdin is not None
        process.stdin.close()


class _Noted:
    """A pytest plugin that notes how each case ends."""

    def __init__(self) -> None:
        self.passed = 0
        self.skipped: dict[str, int] = {}
        self.failures: dict[str, str] = {}

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failures[report.nodeid] = str(report.longrepr)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failures[report.nodeid] = crash.message if crash else str(report.longrepr)
        elif report.skipped:
            reason = report.longrepr[2].removeprefix("Skipped: ")
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        elif report.when == "call":
            self.passed += 1


def _suite(stack: Path) -> Outcome:
    """Run the unit suite of the stack in a folder, in this process."""
    import pytest

    noted, modules, path = _Noted(), set(sys.modules), list(sys.path)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:terminalreporter", "--rootdir", str(stack / "tests")]
    try:
        code = int(pytest.main([*options, str(stack / "tests" / "unit")], plugins=[noted]))
    finally:
        # The suite's own modules: another stack's have the same names.
        for name in set(sys.modules) - modules:
            if re.match(r"(conftest|demands|support|test_\w+)(\.|$)", name):
                del sys.modules[name]
        sys.path[:] = path
    return Outcome(code, noted.passed, noted.skipped, noted.failures)


def _serve() -> None:
    """Run suites, a folder a line, and answer with a line of JSON each."""
    import dataclasses
    from functools import cache

    import hcl2

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of a suite must not mix with the answers
    # The same text is the same tree, which nobody changes.
    hcl2.parses_to_tree = cache(hcl2.parses_to_tree)
    # The functions start hundreds of times, and each start makes the same dataclasses, of text that is compiled.
    compiled = cache(lambda text: compile(text, "<dataclass>", "exec"))
    dataclasses.exec = lambda text, *names: exec(compiled(text), *names)  # type: ignore[attr-defined]
    for line in sys.stdin:
        outcome = _suite(Path(line.rstrip("\n")))
        answers.write(json.dumps(outcome.__dict__) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
