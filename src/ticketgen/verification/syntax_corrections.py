"""The obvious corrections of syntax errors, by the summary of HCL's error and the text around its place.

Each pattern matches a line, or what stands on it from the error on, and its group ``old`` is replaced.
The summaries are those of https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/parser.go and ``token.go`` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ticketgen.findings import Location, TextEdit
from ticketgen.hcl.reference_parser import ParserError
from ticketgen.language.blocks import TOP_LEVEL

__all__ = ["syntax_edits"]

_MAX_LINE: Final = 2_000
"""Characters of a line that is matched."""
_NAME: Final = r"[A-Za-z_][\w-]*+"
_STRING: Final = r'"[^"\\\n]*+"'
_COMMENT: Final = r"[ \t]*+(?:(?:#|//).*+)?+"
_VALUE: Final = r'(?:"|[\w\[{(!-])[^\n]*+'
_TOP: Final = "|".join(sorted(TOP_LEVEL))


class _Correction(NamedTuple):
    """One way to correct a line.

    Attributes:
        summary: the summary of the error.
        pattern: matches the rest of the line from the error on, or the whole line.
        new: what to write for the group ``old``, with references to other groups.
    """

    summary: str
    pattern: re.Pattern[str]
    new: str


def _corrections(*rows: tuple[str, str, str]) -> tuple[_Correction, ...]:
    return tuple(_Correction(summary, re.compile(pattern), new) for summary, pattern, new in rows)


_BLOCK: Final = "Invalid block definition"
_REQUIRED: Final = "Argument or block definition required"
_CHARACTER: Final = "Invalid character"
_NEWLINE: Final = "Missing newline after argument"
_SEPARATOR: Final = "Missing item separator"
_OF_LINES: Final = _corrections(
    # bucket "logs"
    (_BLOCK, rf"[ \t]*+(?!(?:{_TOP})\b){_NAME}[ \t]++(?P<old>)(?:{_STRING}|[\w.\[\]-]++){_COMMENT}", "= "),
    # resource "aws_vpc" "main" = {
    (_BLOCK, rf"[ \t]*+{_NAME}(?:[ \t]++{_STRING})++(?P<old>[ \t]*+=)[ \t]*+\{{.*+", ""),
    # resource "aws_vpc", "main" {
    (_BLOCK, rf"[ \t]*+{_NAME}[ \t]++{_STRING}(?P<old>[ \t]*+,)[ \t]*+{_STRING}[ \t]*+\{{.*+", ""),
    # backend = "s3" {
    (_NEWLINE, rf"[ \t]*+{_NAME}(?P<old>[ \t]*+=[ \t]*+)(?:{_STRING}[ \t]*+)++\{{.*+", " "),
    # bucket: "logs"
    (_REQUIRED, rf"[ \t]*+{_NAME}(?P<old>[ \t]*+(?::=|=>|={{2,3}}|:)[ \t]*+){_VALUE}", " = "),
    # count 2
    (_REQUIRED, rf"[ \t]*+(?!(?:{_TOP})\b){_NAME}[ \t]++(?P<old>)(?:[-\d\[]|{_STRING})[^\n]*+", "= "),
    # bucket = "logs
    ("Invalid multi-line string", rf'[ \t]*+{_NAME}[ \t]*+=[ \t]*+"[^"\\,#/${{}}]*+(?P<old>)', '"'),
)
_OF_PLACES: Final = _corrections(
    # bucket = "logs",
    ("Unexpected comma after argument", rf"(?P<old>,){_COMMENT}", ""),
    (_CHARACTER, rf"(?P<old>;){_COMMENT}", ""),
    # bucket = 'logs'
    (_CHARACTER, r"""(?P<old>'(?P<text>[^'"\\$%\n]*+)').*+""", r'"\g<text>"'),
    (_CHARACTER, r"(?P<old>[“”„‟]).*+", '"'),
    # bucket = ${var.bucket}
    (_CHARACTER, r"(?P<old>\$\{[ \t]*+(?P<text>[\w.\[\]-]++)[ \t]*+\}).*+", r"\g<text>"),
    # bucket = $var.bucket
    (_CHARACTER, r"(?P<old>\$)[A-Za-z_].*+", ""),
    # "bucket" = "logs"
    ("Invalid argument name", rf'(?P<old>"(?P<text>{_NAME})")[ \t]*+[=:].*+', r"\g<text>"),
    # { bucket "logs" }
    ("Missing key/value separator", rf"(?<=[ \t])(?P<old>){_VALUE}", "= "),
    # a & b, a | b, a and b, a or b, a === b
    ("Unsupported operator", r"(?P<old>&)[^&].*+", "&&"),
    ("Unsupported operator", r"(?P<old>\|)[^|].*+", "||"),
    (_NEWLINE, r"(?P<old>and)[ \t].*+", "&&"),
    (_NEWLINE, r"(?P<old>or)[ \t].*+", "||"),
    ("Invalid expression", r"(?<===)(?P<old>=).*+", ""),
)
_WHOLE: Final = frozenset(each.pattern for each in _OF_LINES)
_COMMENTED: Final = re.compile(r"#|//|\*/")
_SET_BEFORE: Final = re.compile(r"was already set at line (\d{1,9})\.")


def syntax_edits(path: str, lines: Sequence[str], error: ParserError) -> tuple[TextEdit, ...]:
    """The edits that correct an error; none if there is no obvious correction.

    Args:
        path: the file in the edits.
        lines: the lines of its text, without line feeds.
        error: the error.
    """
    written = lines[error.line - 1] if error.line <= len(lines) else ""
    line = written.removesuffix("\r")
    if len(line) > _MAX_LINE:
        return ()
    if error.summary == "Attribute redefined":
        return _without_repetition(path, lines, error)
    if error.summary == _BLOCK and error.line < len(lines) and lines[error.line].strip() == "{":
        # The brace stands on the next line.
        end = len(line.rstrip())
        old = f"{written[end:]}\n{lines[error.line].partition('{')[0]}{{"
        return (TextEdit(Location(path, error.line, end + 1), old, " {"),)
    if error.summary == _SEPARATOR:
        return _after_last_item(path, lines, error)
    for summary, pattern, new in (*_OF_LINES, *_OF_PLACES):
        if summary == error.summary:
            start = 0 if pattern in _WHOLE else error.column - 1
            match = pattern.fullmatch(line, start)
            if match is not None:
                at = Location(path, error.line, match.start("old") + 1)
                return (TextEdit(at, match["old"], match.expand(new)),)
    return ()


def _without_repetition(path: str, lines: Sequence[str], error: ParserError) -> tuple[TextEdit, ...]:
    """Remove a line that repeats another one."""
    found = _SET_BEFORE.search(error.detail)
    first = int(found[1]) if found else 0
    if not 0 < first <= len(lines) or error.line >= len(lines):
        return ()
    repeated = lines[error.line - 1]
    if lines[first - 1].split() != repeated.split() or repeated.rstrip().endswith(("{", "[", "(")):
        return ()
    return (TextEdit(Location(path, error.line), f"{repeated}\n", ""),)


def _after_last_item(path: str, lines: Sequence[str], error: ParserError) -> tuple[TextEdit, ...]:
    """Add a comma after the item before the error, which may stand at the end of the line above."""
    number, line = error.line, lines[error.line - 1][: error.column - 1].rstrip()
    if not line and number > 1:
        number -= 1
        line = lines[number - 1].rstrip()
    if not line or _COMMENTED.search(line):
        return ()
    return (TextEdit(Location(path, number, len(line) + 1), "", ","),)
