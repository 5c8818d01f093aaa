"""HCL's own parser, through pygohcl. Only its errors are used, never its values.

pygohcl evaluates the arguments of a valid text, and hangs on ``1e99999999``. Therefore every text is prefixed with one
argument that is set twice. HCL always reports that error, so pygohcl never evaluates anything, and a text is valid if
there is no other error.

A text must have passed `guards.refusal`: HCL's parser recurses, and a stack overflow ends the process. The parser hangs
in a forked process, so processes that use it are spawned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketgen.findings import Location

__all__ = ["ParserError", "parser_errors"]

_SENTINEL = "ticketgen-never-evaluates = 0\n"
_ERROR = re.compile(r"(?:^invalid HCL: |, )tmp\.hcl:(\d+),(\d+)-[\d,]+: ")
_LOCATION = re.compile(r"tmp\.hcl:(\d+),\d+-[\d,]*\d")


@dataclass(frozen=True, slots=True)
class ParserError:
    """An error of HCL's parser; lines and columns count from 1."""

    line: int
    column: int
    summary: str
    detail: str

    def at(self, file: str) -> Location:
        """The location in a file."""
        return Location(file, self.line, self.column)


def parser_errors(text: str) -> tuple[ParserError, ...]:
    """All errors that HCL's parser reports for a text; empty if the text is valid."""
    import pygohcl

    try:
        pygohcl.attributes_loadb(f"{_SENTINEL}{_SENTINEL}{text}".encode())
    except pygohcl.HCLParseError as error:
        output = str(error)
    else:
        raise AssertionError("HCL accepted one argument set twice")
    pieces = _ERROR.split(output)
    found = []
    for line, column, message in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if int(line) > 2:
            summary, _, detail = message.partition("; ")
            detail = _LOCATION.sub(lambda location: f"line {int(location[1]) - 2}", detail)
            found.append(ParserError(int(line) - 2, int(column), summary, detail.strip()))
    return tuple(found)
