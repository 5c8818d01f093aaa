"""Stage 5, verify: every file is read by two parsers that must agree, and makes its way to text and back.

A level that finds an error in a file ends the way for that file. References, the provider's schema and rules are
levels still to come; nothing here claims to check them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.roundtrip import round_trip, unreadable
from ticketgen.hcl.strict import complaints

__all__ = ["verify"]


def verify(files: Mapping[str, str], *, ours: bool) -> tuple[Finding, ...]:
    """Verify a directory of Terraform.

    Args:
        files: relative posix path to text; only ``*.tf`` are read.
        ours: whether ticketgen rendered them. Valid HCL that python-hcl2 cannot read is an error then, and on
            other people's files a note that they were not checked.
    """
    return tuple(
        finding
        for path, text in sorted(files.items())
        if path.endswith(".tf")
        for finding in _file(path, text.removeprefix("\ufeff"), ours)
    )


def _file(path: str, text: str, ours: bool) -> Iterator[Finding]:
    severity = Severity.ERROR if ours else Severity.NOTE
    refused = refusal(text)
    if refused:
        before = text[: refused.offset]
        place = Location(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        rule = "syntax" if refused.invalid else "not-checked"
        yield Finding(
            rule, refused.reason, Stage.VERIFY, place, Severity.ERROR if refused.invalid else severity
        )
        return
    strict = complaints(text)
    for complaint in strict:
        place = Location(path, complaint.line, complaint.column)
        yield Finding("syntax", complaint.summary, Stage.VERIFY, place, help=complaint.detail)
    if strict:
        return
    trouble = unreadable(text)
    if trouble:
        place = Location(path, trouble.line, trouble.column)
        message = f"python-hcl2 cannot read what HCL's parser takes: {trouble.reason}"
        yield Finding("not-checked", message, Stage.VERIFY, place, severity)
        return
    difference = round_trip(text)
    if difference:
        yield Finding("round-trip", difference, Stage.VERIFY, Location(path), severity)
