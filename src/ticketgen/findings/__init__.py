"""Findings and their kinds. This package imports nothing from ticketgen.

Every kind is declared once: in a module of this package, as a rule, or beside the data of its family. Only a kind makes
findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import Generic, TypeVar

__all__ = [
    "Category",
    "Checked",
    "Finding",
    "FindingKind",
    "Location",
    "Severity",
    "Stage",
    "TextEdit",
    "errors",
    "gather",
    "has_errors",
]

T = TypeVar("T")
U = TypeVar("U")


class Severity(StrEnum):
    """How bad a finding is. Only errors make a command fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Its place in the order, from 0 for errors."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Category(Enum):
    """Who has to act on an error; the exit code has the same name."""

    FINDINGS = auto()
    USAGE = auto()
    INVALID_SPEC = auto()
    HAND_EDIT = auto()
    CANNOT_WRITE = auto()


class Stage(StrEnum):
    """The stages of the pipeline, in the order in which they run."""

    LOAD = "load"
    RESOLVE = "resolve"
    SIZE = "size"
    RENDER = "render"
    VERIFY = "verify"
    WRITE = "write"

    @property
    def category(self) -> Category:
        """The category of its errors, unless their kind has another one."""
        late = self in {Stage.VERIFY, Stage.WRITE}
        return Category.FINDINGS if late else Category.INVALID_SPEC


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file: lines and columns count from 1, columns in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A replacement of some text in a file, such as the correction of a misspelled name.

    Attributes:
        at: where the text begins.
        old: the text that must be there; "" to insert only.
        new: the text to write instead.
    """

    at: Location
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and how to fix it. Its kind makes it.

    Attributes:
        rule: the id of its kind, in kebab case: ``unknown-key``, ``undeclared-reference``.
        message: what is wrong, with the offending value, as one sentence without a full stop.
        stage: the stage of the pipeline that found it.
        location: the place; None only if the finding is about no file.
        severity: errors make the command fail.
        help: how to fix it, as one sentence without a full stop; may be empty.
        category: decides the exit code of an error.
        edits: the one obvious correction, which ``validate --fix`` makes; empty if there is none.
        unlisted: the number of findings of its rule that it stands for; 0 if it is a finding of its own.
        mentions: the places that the message or the help names.
    """

    rule: str
    message: str
    stage: Stage
    location: Location | None = None
    severity: Severity = Severity.ERROR
    help: str = ""
    category: Category = Category.FINDINGS
    edits: tuple[TextEdit, ...] = ()
    unlisted: int = 0
    mentions: tuple[Location, ...] = ()

    def placed(self, place: Callable[[Location], Location]) -> Finding:
        """The finding with other places, also in its edits and texts; a finding about no file as it is."""
        if self.location is None:
            return self
        edits = tuple(replace(edit, at=place(edit.at)) for edit in self.edits)
        mentions = tuple(map(place, self.mentions))
        message, help = self.message, self.help
        for before, after in zip(self.mentions, mentions, strict=True):
            message, help = (text.replace(str(before), str(after)) for text in (message, help))
        return replace(
            self,
            location=place(self.location),
            edits=edits,
            mentions=mentions,
            message=message,
            help=help,
        )


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What findings with the same id have in common.

    Attributes:
        id: what findings carry as their rule.
        summary: what must hold, as one sentence without a full stop.
        why: what happens otherwise, as full sentences.
        fix: what to do, as an imperative without a full stop.
        stage: the stage of the pipeline that reports it.
        severity: of its findings; the worst one if they differ.
        category: decides the exit code; None for that of the stage.
        sources: where the facts behind it are documented.
    """

    id: str
    summary: str
    why: str
    fix: str
    stage: Stage
    severity: Severity = Severity.ERROR
    category: Category | None = None
    sources: tuple[str, ...] = ()

    def found(
        self,
        message: str,
        help: str | None = None,
        *,
        at: Location | None = None,
        severity: Severity | None = None,
        stage: Stage | None = None,
        edits: tuple[TextEdit, ...] = (),
        mentions: tuple[Location, ...] = (),
    ) -> Finding:
        """A finding.

        Args:
            message: what is wrong, with the offending value, as one sentence without a full stop.
            help: the fix for this place; None for the general one, "" for none.
            at: the place; None if it is about no file.
            severity: if it is not that of the kind.
            stage: if it is not that of the kind.
            edits: the one obvious correction, if there is one.
            mentions: the places that the message or the help names.
        """
        stage = stage or self.stage
        return Finding(
            self.id,
            message,
            stage,
            at,
            severity or self.severity,
            self.fix if help is None else help,
            self.category or stage.category,
            edits,
            mentions=mentions,
        )


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """The result of a stage: its value, None if there is none, and all its findings."""

    value: T | None
    findings: tuple[Finding, ...] = ()

    def then(self, stage: Callable[[T], Checked[U]]) -> Checked[U]:
        """The result of the next stage with the findings of both; skipped after errors."""
        if self.value is None or has_errors(self.findings):
            return Checked(None, self.findings)
        after = stage(self.value)
        return Checked(after.value, self.findings + after.findings)


def gather(results: Iterable[Checked[T]]) -> Checked[tuple[T, ...]]:
    """Many results as one: all findings, and all values if there are no errors."""
    every = tuple(results)
    findings = tuple(finding for each in every for finding in each.findings)
    values = tuple(each.value for each in every if each.value is not None)
    return Checked(None if len(values) < len(every) or has_errors(findings) else values, findings)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that make the command fail."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding makes the command fail."""
    return any(finding.severity is Severity.ERROR for finding in findings)
