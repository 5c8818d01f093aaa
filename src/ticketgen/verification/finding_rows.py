"""Findings of the verification as JSON, for the cache and between processes."""

from __future__ import annotations

from typing import Any

from ticketgen.findings import Category, Finding, Location, Severity, Stage, TextEdit

__all__ = ["from_row", "to_row"]


def to_row(finding: Finding) -> list[object]:
    """A finding as JSON represents it."""
    return [
        finding.rule,
        finding.message,
        _place(finding.location) if finding.location else None,
        finding.severity.value,
        finding.help,
        finding.category.name,
        [[_place(edit.at), edit.old, edit.new] for edit in finding.edits],
        finding.unlisted,
        list(map(_place, finding.mentions)),
    ]


def from_row(row: list[Any]) -> Finding:
    """The finding that `to_row` represented."""
    rule, message, where, severity, help, category, edits, unlisted, mentions = row
    # Without the declaration of the rule, so that a cached result does not import the rules.
    return Finding(
        rule,
        message,
        Stage.VERIFY,
        Location(*where) if where is not None else None,
        Severity(severity),
        help,
        Category[category],
        tuple(TextEdit(Location(*at), old, new) for at, old, new in edits),
        unlisted,
        tuple(Location(*at) for at in mentions),
    )


def _place(location: Location) -> list[object]:
    return [location.file, location.line, location.column]
