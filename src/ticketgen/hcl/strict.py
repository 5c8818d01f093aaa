"""The second opinion: HCL's own parser, through pygohcl. It says yes, or where and why not; its values are never used.

Nothing is evaluated: pygohcl computes what a text's arguments are worth once it has parsed them, and hangs on
``1e99999999``. So every text is preceded by one argument set twice: HCL always complains of that, pygohcl always
stops there, and a text is right when there is no other complaint.

A text must have passed `guards.refusal`: HCL's parser recurses, and its stack overflow ends the process. It also
must not run in a forked process, where it hangs: processes that use it are spawned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketgen.findings import Location

__all__ = ["Complaint", "complaints"]

_TWICE = "ticketgen-never-evaluates = 0\n"
_COMPLAINT = re.compile(r"(?:^invalid HCL: |, )tmp\.hcl:(\d+),(\d+)-[\d,]+: ")
_PLACE = re.compile(r"tmp\.hcl:(\d+),\d+-[\d,]*\d")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What HCL's parser has against a text, and where: lines and columns count from 1."""

    line: int
    column: int
    summary: str
    detail: str

    def at(self, file: str) -> Location:
        """The place in the file of that name."""
        return Location(file, self.line, self.column)


def complaints(text: str) -> tuple[Complaint, ...]:
    """All that HCL's parser has against a text; nothing where the text is right."""
    import pygohcl

    try:
        pygohcl.attributes_loadb(f"{_TWICE}{_TWICE}{text}".encode())
    except pygohcl.HCLParseError as error:
        said = str(error)
    else:
        raise AssertionError("HCL accepted one argument set twice")
    pieces = _COMPLAINT.split(said)
    found = []
    for line, column, message in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if int(line) > 2:
            summary, _, detail = message.partition("; ")
            detail = _PLACE.sub(lambda place: f"line {int(place[1]) - 2}", detail)
            found.append(Complaint(int(line) - 2, int(column), summary, detail.strip()))
    return tuple(found)
