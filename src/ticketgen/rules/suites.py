"""The tests that a stack ships: Python files that pytest would collect."""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from ticketgen.rules.subject import Subject

__all__ = ["TEST_FILE", "test_files"]

TEST_FILE = re.compile(r"test_\w*\.py|\w+_test\.py")
"""Source: https://docs.pytest.org/en/stable/explanation/goodpractices.html#conventions-for-python-test-discovery"""


def test_files(subject: Subject) -> Iterator[tuple[str, ast.Module]]:
    """Each file of tests, and each ``conftest.py``, that is Python: path and tree."""
    for path, text in sorted(subject.configuration.texts.items()):
        if TEST_FILE.fullmatch(posixpath.basename(path)) or posixpath.basename(path) == "conftest.py":
            tree = _parsed(text)
            if tree is not None:
                yield path, tree


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return None
