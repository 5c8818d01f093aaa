"""Levels 1 and 2, for each file: two parsers that must agree, and the round trip."""

from __future__ import annotations

from ticketgen.findings import Checked, Finding, Location, Severity
from ticketgen.findings.verification import NOT_CHECKED, ROUND_TRIP, SYNTAX
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.parse import to_file
from ticketgen.hcl.raw_tree import Unreadable, read
from ticketgen.hcl.reference_parser import parser_errors
from ticketgen.hcl.roundtrip import write
from ticketgen.hcl.syntax import File

__all__ = ["check_syntax", "round_trip_finding"]

_MAX_ERRORS = 100


def check_syntax(path: str, text: str, *, rendered: bool, round_trips: bool = True) -> Checked[File]:
    """Parse one file; no value if it cannot be parsed.

    Args:
        path: the name of the file in findings.
        text: the text, without a byte order mark.
        rendered: whether ticketgen rendered the file; see `verify_within`.
        round_trips: whether to make the round trip here; False if the second process makes it.
    """
    severity_if_unchecked = Severity.ERROR if rendered else Severity.NOTE
    refused = refusal(text)
    if refused:
        before = text[: refused.offset]
        location = Location(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        severity = Severity.ERROR if refused.invalid else severity_if_unchecked
        kind = SYNTAX if refused.invalid else NOT_CHECKED
        return Checked(None, (kind.found(refused.reason, refused.help, at=location, severity=severity),))
    errors = parser_errors(text)
    if errors:
        findings = [
            SYNTAX.found(each.summary, each.detail, at=each.at(path)) for each in errors[:_MAX_ERRORS]
        ]
        if len(errors) > _MAX_ERRORS:
            message = f"the file has {len(errors) - _MAX_ERRORS:,} more syntax errors"
            location = errors[_MAX_ERRORS].at(path)
            findings.append(SYNTAX.found(message, "correct the others first", at=location))
        return Checked(None, tuple(findings))
    tree = read(text)
    file = tree if isinstance(tree, Unreadable) else to_file(path, tree)
    if isinstance(file, Unreadable):
        message = f"valid HCL, but not checked, because python-hcl2 cannot read it: {file.reason}"
        help = "simplify the expression, or check the file with terraform validate"
        return Checked(
            None, (NOT_CHECKED.found(message, help, at=file.at(path), severity=severity_if_unchecked),)
        )
    written = write(tree) if round_trips else None
    del tree
    difference = written.difference() if written else ""
    return Checked(file, (round_trip_finding(path, difference, rendered=rendered),) if difference else ())


def round_trip_finding(path: str, difference: str, *, rendered: bool) -> Finding:
    """The finding about a file that a round trip changes."""
    severity = Severity.ERROR if rendered else Severity.NOTE
    help = "simplify the expression"
    return ROUND_TRIP.found(difference, help, at=Location(path), severity=severity)
