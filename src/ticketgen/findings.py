"""What a finding is. Everyone may import this module; it imports nothing from ticketgen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

__all__ = ["Checked", "Finding", "Location", "RuleInfo", "Severity", "Stage", "has_errors"]

T = TypeVar("T")


class Severity(StrEnum):
    """How bad a finding is. Only errors make a command fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Stage(StrEnum):
    """The stages of the pipeline, in the order in which they run."""

    LOAD = "load"
    RESOLVE = "resolve"
    SIZE = "size"
    RENDER = "render"
    VERIFY = "verify"
    WRITE = "write"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file: lines and columns count from 1, columns in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and how to fix it.

    Attributes:
        rule: the check that found it, in kebab case: ``unknown-key``, ``undeclared-reference``.
        message: what is wrong, with the offending value, as one sentence without a full stop.
        stage: the stage of the pipeline that found it.
        location: the place; None only if the finding is about no file.
        severity: errors make the command fail.
        help: how to fix it, as one sentence without a full stop; may be empty.
    """

    rule: str
    message: str
    stage: Stage
    location: Location | None = None
    severity: Severity = Severity.ERROR
    help: str = ""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule's metadata, for lists, documentation and reports.

    Attributes:
        id: what findings carry as their rule.
        severity: of its findings; the worst one if they differ.
        summary: what must hold, as one sentence without a full stop.
        why: what happens otherwise.
        fix: how to fix it, as one sentence without a full stop.
        sources: where the facts behind it are documented.
    """

    id: str
    severity: Severity
    summary: str
    why: str = ""
    fix: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """The result of a stage: its value, None if there is none, and all its findings."""

    value: T | None
    findings: tuple[Finding, ...] = ()


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding makes the command fail."""
    return any(finding.severity is Severity.ERROR for finding in findings)
