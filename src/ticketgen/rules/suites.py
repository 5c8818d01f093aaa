"""The tests that come with a stack: Python files that pytest would collect.

Each file is parsed once, and its tree is released: a syntax tree takes forty times the memory of the text.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ticketgen.findings import Location
from ticketgen.rules.hollow_tests import HollowTest, hollow_tests
from ticketgen.rules.named_files import NamedFile, named_files
from ticketgen.rules.python_text import NotRead, PythonLimit, parse_python
from ticketgen.rules.subject import Subject

__all__ = ["TEST_FILE", "Suite", "read_suite", "suites"]

TEST_FILE = re.compile(r"(?s:test_.*|.*_test)\.py")
"""Source: https://docs.pytest.org/en/stable/reference/reference.html#confval-python_files"""


@dataclass(frozen=True, slots=True)
class Suite:
    """One test file: its tests that cannot fail, and the files that it reads."""

    hollow_tests: tuple[HollowTest, ...]
    named_files: tuple[NamedFile, ...]


def suites(subject: Subject) -> Iterator[tuple[str, Suite]]:
    """Each test file and ``conftest.py`` that is valid Python, with its path."""
    limit = subject.memoized("python", PythonLimit)
    for path, text in sorted(subject.configuration.texts.items()):
        if TEST_FILE.fullmatch(posixpath.basename(path)) or posixpath.basename(path) == "conftest.py":
            suite = subject.memoized(("suite", text), partial(_read, text, limit))
            if isinstance(suite, NotRead):
                subject.note_skipped(Location(path), f"{path} is not checked: {suite.reason}")
            elif isinstance(suite, Suite):
                subject.spend()
                yield path, suite


def read_suite(text: str) -> Suite | SyntaxError | NotRead:
    """Read one test file, or return why it is invalid or not read."""
    tree = parse_python(text)
    return (
        Suite(tuple(hollow_tests(tree)), tuple(named_files(tree))) if isinstance(tree, ast.Module) else tree
    )


def _read(text: str, limit: PythonLimit) -> Suite | SyntaxError | NotRead:
    return limit.refusal(text) or read_suite(text)
