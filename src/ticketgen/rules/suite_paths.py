"""Failure 6: tests name files that do not exist."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject
from ticketgen.rules.suites import suites

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    paths = subject.configuration.paths
    if paths is None:
        return
    known = _endings(paths)
    mentioned = _mentioned(subject)
    for path, suite in suites(subject):
        for file in suite.named_files:
            name = posixpath.normpath(file.path).lstrip("./")
            if name not in known and name not in mentioned:
                yield Problem(f"{file.path} does not exist", Location(path, file.line, file.column))


def _endings(paths: frozenset[str]) -> frozenset[str]:
    """Every path with and without leading folders: a test may run in any folder."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[start:]) for start in range(len(parts)))
    return frozenset(found)


def _mentioned(subject: Subject) -> frozenset[str]:
    """File names that Terraform creates, such as those in an archive."""
    found: set[str] = set()
    max_length = 4096  # characters of a path: PATH_MAX of Linux
    for archive in subject.data("archive_file"):
        for name in ("output_path", "source_content_filename"):
            value = archive.value_with_defaults(name)
            if isinstance(value, str) and len(value) <= max_length:
                found.add(posixpath.basename(value))
        for source in archive.nested_blocks("source"):
            value = source.value_with_defaults("filename")
            if isinstance(value, str) and len(value) <= max_length:
                found.update((value, posixpath.basename(value)))
    return frozenset(found)


RULE = Rule(
    id="suite-paths",
    severity=Severity.ERROR,
    certain=True,
    summary="Every file that a stack's tests read exists",
    why=(
        "A test that opens lib/main.tf when the stack has main.tf fails or is skipped before it tests anything, and "
        "hides the faults that it was written to find."
    ),
    fix="use the path of an existing file, or render tests and stack from one list of names",
    check=_check,
)
