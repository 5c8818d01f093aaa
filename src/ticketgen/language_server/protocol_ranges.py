"""Places in the protocol: lines and UTF-16 code units from 0, instead of lines and characters from 1.

Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position
"""

from __future__ import annotations

import re
from typing import Final

from lsprotocol.types import Position, Range

from ticketgen.findings import Finding, Location, TextEdit
from ticketgen.language_server.utf_16 import utf_16_units

__all__ = ["edit_range", "finding_range", "to_position"]

_WORD: Final = re.compile(r'[\w-]++(?:\.[\w-]++)*+|"(?:[^"\\]++|\\.)*+"|\S')
"""What an editor underlines: a name with its attributes, a string, or a sign."""


def to_position(at: Location, lines: list[str]) -> Position:
    """The position of a location in a text with these lines."""
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    return Position(at.line - 1, utf_16_units(line[: at.column - 1]))


def finding_range(finding: Finding, lines: list[str]) -> Range:
    """The text that a finding is about: from its place to the end of the word there."""
    at = finding.location or Location("")
    start = to_position(at, lines)
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    word = _WORD.match(line, at.column - 1)
    return Range(start, Position(start.line, start.character + utf_16_units(word[0] if word else "")))


def edit_range(edit: TextEdit, lines: list[str]) -> Range:
    """The text that an edit replaces."""
    *before, last = edit.old.split("\n")
    start = to_position(edit.at, lines)
    if not before:
        return Range(start, Position(start.line, start.character + utf_16_units(last)))
    return Range(start, Position(start.line + len(before), utf_16_units(last)))
