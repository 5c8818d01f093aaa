"""Levels 1 and 2, for each file: the syntax, and the round trip."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ticketgen.findings import Checked, Finding, Location, Severity
from ticketgen.findings.verification import NOT_CHECKED, ROUND_TRIP, SYNTAX
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.parse import parse
from ticketgen.hcl.raw_tree import read
from ticketgen.hcl.reference_parser import parser_errors
from ticketgen.hcl.roundtrip import write
from ticketgen.hcl.syntax import File
from ticketgen.hcl.tokenizer import Unreadable

__all__ = ["check_round_trip", "check_syntax", "round_trip_finding"]

_MAX_ERRORS = 100


def check_syntax(path: str, text: str, *, rendered: bool, first_line: int = 1) -> Checked[File]:
    """Parse one file; no value if it cannot be parsed.

    Args:
        path: the name of the file in findings.
        text: the text, without a byte order mark.
        rendered: whether ticketgen rendered the file; see `verify_within`.
        first_line: the number of its first line in the model; findings about the syntax count from 1.
    """
    refused = refusal(text)
    if refused:
        before = text[: refused.offset]
        location = Location(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        severity = Severity.ERROR if refused.invalid else _severity(rendered)
        kind = SYNTAX if refused.invalid else NOT_CHECKED
        return Checked(None, (kind.found(refused.reason, refused.help, at=location, severity=severity),))
    errors = parser_errors(text)
    if errors:
        from ticketgen.verification.syntax_corrections import syntax_edits

        lines = text.split("\n")
        findings = [
            SYNTAX.found(each.summary, each.detail, at=each.at(path), edits=syntax_edits(path, lines, each))
            for each in errors[:_MAX_ERRORS]
        ]
        if len(errors) > _MAX_ERRORS:
            message = f"the file has {len(errors) - _MAX_ERRORS:,} more syntax errors"
            location = errors[_MAX_ERRORS].at(path)
            findings.append(SYNTAX.found(message, "correct the others first", at=location))
        return Checked(None, tuple(findings))
    file = parse(path, text, first_line)
    if isinstance(file, Unreadable):
        message = f"valid HCL, but not checked: {file.reason}"
        help = "simplify the expression, or check the file with terraform validate"
        finding = NOT_CHECKED.found(message, help, at=file.at(path), severity=_severity(rendered))
        return Checked(None, (finding,))
    return Checked(file, ())


def check_round_trip(path: str, text: str, *, rendered: bool) -> Iterator[Finding]:
    """Make the round trip of a file that `check_syntax` accepts; see there for the arguments."""
    difference = _difference(text)
    if isinstance(difference, Unreadable):
        message = (
            f"the round trip is not checked, because python-hcl2 cannot read the file: {difference.reason}"
        )
        help = "simplify the expression"
        yield NOT_CHECKED.found(message, help, at=difference.at(path), severity=_severity(rendered))
    elif difference:
        yield round_trip_finding(path, difference, rendered=rendered)


@lru_cache(maxsize=512)
def _difference(text: str) -> str | Unreadable:
    """What a round trip changes; "" for nothing. Remembered for an editor, which changes one file of many."""
    tree = read(text)
    if isinstance(tree, Unreadable):
        return tree
    written = write(tree)
    del tree
    return written.difference()


def round_trip_finding(path: str, difference: str, *, rendered: bool) -> Finding:
    """The finding about a file that a round trip changes."""
    help = "simplify the expression"
    return ROUND_TRIP.found(difference, help, at=Location(path), severity=_severity(rendered))


def _severity(rendered: bool) -> Severity:
    return Severity.ERROR if rendered else Severity.NOTE
