"""Explain YAML errors: what is wrong, where to look, and what to write instead.

The parser reports where it gave up, which is often after the mistake: it notices a missing colon on the next line. So
each explanation searches the text around that place for common mistakes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import yaml

from ticketgen.findings import Finding, FindingKind, Location, Stage
from ticketgen.findings.spec import TAB, TYPOGRAPHIC_QUOTES
from ticketgen.findings.verification import SYNTAX
from ticketgen.spec.nodes import display_text

__all__ = ["QUOTE_MARKS", "explain_syntax"]

QUOTE_MARKS: Final = "“”„‟‘’‚‛«»"
"""Quotes that word processors write; YAML takes them as plain characters."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_CONFLICT: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)")
_KEY_WITHOUT_SPACE: Final = re.compile(r"(?P<blanks>\s*+(?:- ++)?+)(?P<key>[\w.-]++):(?P<value>[^\s:/].*)")
_KEY_WITH_EQUALS: Final = re.compile(r"(?P<blanks>\s*+(?:- ++)?+)(?P<key>[\w.-]++)\s*+=\s*+(?P<value>.*+)")
_KEY_AND_WORD: Final = re.compile(r"(?P<blanks>\s*+(?:- ++)?+)(?P<key>[\w.-]++)\s++(?P<value>\S.*+)")
_KEY_ALONE: Final = re.compile(r"(?P<blanks>\s*+(?:- ++)?+)(?P<key>[\w.-]++)\s*+")
_WORD: Final = re.compile(r"[^\s,:{}\[\]]+")
_CLOSING: Final = {"{": "}", "[": "]"}
_LOOKALIKES: Final = {
    "\xa0": "a space",
    "：": "a colon",
    "，": "a comma",
    "－": "a hyphen",
    "［": "[",
    "｛": "{",
}


@dataclass(frozen=True, slots=True)
class _Error:
    """A parser's error in its text.

    Attributes:
        problem: the parser's words.
        text: the whole file.
        lines: the same, split.
        line: of the place where the parser gave up, from 0.
        column: of that place, from 0.
        start: line and column of what the parser was reading, or None.
    """

    problem: str
    text: str
    lines: tuple[str, ...]
    line: int
    column: int
    start: tuple[int, int] | None

    def at(self, line: int) -> str:
        return self.lines[line] if line < len(self.lines) else ""

    @property
    def rest(self) -> str:
        """The line from the place on."""
        return self.at(self.line)[self.column :]


@dataclass(frozen=True, slots=True)
class _Mistake:
    """What is wrong, where (line and column from 0), and the fix; None for that of its kind."""

    what: str
    line: int
    column: int
    help: str | None = None
    kind: FindingKind = SYNTAX


def explain_syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Finding:
    """The finding for an error of the YAML parser."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "it cannot be read"
    if mark is None:
        message = f"the file is not valid YAML: {problem}"
        return SYNTAX.found(message, "correct it", at=Location(file), stage=Stage.LOAD)
    start = (error.context_mark.line, error.context_mark.column) if error.context_mark else None
    wrong = _Error(problem, text, tuple(_LINE_END.split(text)), mark.line, mark.column, start)
    slip = next(slip for explanation in _EXPLANATIONS if (slip := explanation(wrong)))
    prefix = "" if slip.kind is TAB else "the file is not valid YAML: "
    at = Location(file, slip.line + 1, slip.column + 1)
    return slip.kind.found(prefix + slip.what, slip.help, at=at, stage=Stage.LOAD)


def _conflict(error: _Error) -> _Mistake | None:
    for number, line in enumerate(error.lines):
        if _CONFLICT.match(line):
            return _Mistake(
                "a merge conflict is not resolved", number, 0, "resolve it, and delete the markers"
            )
    return None


def _tab(error: _Error) -> _Mistake | None:
    if not error.rest.startswith("\t"):
        return None
    return _Mistake("a tab is used for indentation", error.line, error.column, kind=TAB)


def _lookalike(error: _Error) -> _Mistake | None:
    """Characters that look like YAML's, in the line that the parser rejected."""
    number = error.start[0] if error.start and "expected ':'" in error.problem else error.line
    line = error.at(number)
    for column, mark in enumerate(line):
        if mark in _LOOKALIKES:
            what = f"U+{ord(mark):04X} ({unicodedata.name(mark)}) stands for {_LOOKALIKES[mark]}"
            return _Mistake(what, number, column, f"write {_LOOKALIKES[mark]}")
        if mark in QUOTE_MARKS:
            what = f"{mark} is not a quote in YAML"
            return _Mistake(what, number, column, TYPOGRAPHIC_QUOTES.fix)
    return None


def _brackets(error: _Error) -> _Mistake | None:
    """A bracket that is not closed, or items in it without a comma between them."""
    if error.start is None or not re.search("expected ',' or '[]}]'", error.problem):
        return None
    opened, column = error.start
    bracket = error.at(opened)[column : column + 1]
    closing = _CLOSING.get(bracket)
    if closing is None:
        return None
    name = f"the {bracket} on line {opened + 1}"
    if error.rest[:1] in set(_CLOSING.values()) - {closing}:
        return _Mistake(
            f"{name} is closed by {error.rest[0]}", error.line, error.column, f"write {closing} before it"
        )
    comment = re.compile(r"\s#.*").search(error.at(opened), column)
    if comment and closing in comment[0] and error.line > opened:
        what = f"{name} is not closed, because a comment begins at the #"
        help = f"put text with a # in quotes, or write {closing} before the comment"
        return _Mistake(what, opened, comment.start() + 1, help)
    if _is_outside_bracket(error, opened):
        return _Mistake(
            f"{name} is not closed",
            opened,
            column,
            f"close the bracket: write {closing} at the end of its items",
        )
    return _unquoted_brace(error) or _missing_comma(error)


def _unquoted_brace(error: _Error) -> _Mistake | None:
    """A value such as my-{region}-states, in which YAML takes the brace for the start of a map."""
    word = re.search(r":\s+([^\s,:{}\[\]\"']+)$", error.at(error.line)[: error.column])
    if not word or not error.rest.startswith("{"):
        return None
    return _Mistake(
        f"a {{ follows {display_text(word[1])}",
        error.line,
        error.column,
        "put text that has a { in it in quotes",
    )


def _is_outside_bracket(error: _Error, opened: int) -> bool:
    """Whether the parser's line is outside of the bracket by its indentation."""
    if error.line == opened:
        return False
    line = error.at(error.line)
    return not line.strip() or _indent(line) <= _indent(error.at(opened))


def _missing_comma(error: _Error) -> _Mistake:
    before = error.at(error.line)[: error.column]
    column = error.column
    if error.rest.startswith(":"):
        word = re.search(r"(?:\"[^\"]*\"|'[^']*'|[^\s,:{}\[\]]+)\s*$", before)
        column = word.start() if word else column
    named = re.match(r"\"[^\"]*\"|'[^']*'|[^\s,:{}\[\]]+", error.at(error.line)[column:])
    what = named[0].strip("\"'") if named else "this"
    help = "put a comma between the items"
    if error.rest.startswith(":") and before[:column].rstrip().endswith(":"):
        return _Mistake(
            'the value has a ":" in it', error.line, error.column, 'put text that has ": " in it in quotes'
        )
    if error.rest.startswith(":") and re.search(r":\s+\S", before[:column]):
        help += ', or put text that has ": " in it in quotes'
    return _Mistake(f"a comma is missing before {display_text(what)}", error.line, column, help)


def _colon(error: _Error) -> _Mistake | None:
    """A key without its colon, or a colon without its space."""
    if "could not find expected ':'" not in error.problem or error.start is None:
        return None
    number, column = error.start
    return _key_mistake(error.at(number), number) or _Mistake(
        f"a colon is missing after {display_text(error.at(number)[column:].strip())}",
        number,
        column,
        "write key: value, with a space after the colon",
    )


def _key_mistake(line: str, number: int) -> _Mistake | None:
    for pattern, what in (
        (_KEY_WITHOUT_SPACE, "a space is missing after the colon of {}"),
        (_KEY_WITH_EQUALS, "{} is followed by an equals sign"),
        (_KEY_AND_WORD, "a colon is missing after {}"),
        (_KEY_ALONE, "a colon is missing after {}"),
    ):
        match = pattern.fullmatch(line.rstrip())
        if match:
            value = match.groupdict().get("value") or ""
            column = match.end("key")
            written = f"{match['key']}: {value}".rstrip()
            short = written if len(written) <= 60 else f"{match['key']}: …"
            return _Mistake(what.format(display_text(match["key"])), number, column, f"write {short}")
    return None


def _second_colon(error: _Error) -> _Mistake | None:
    if "mapping values are not allowed" not in error.problem:
        return None
    line = error.at(error.line)
    above = next((n for n in reversed(range(error.line)) if error.at(n).split("#")[0].strip()), None)
    if above is not None:
        unspaced = _KEY_WITHOUT_SPACE.fullmatch(error.at(above).rstrip())
        slip = _key_mistake(error.at(above), above) if unspaced else None
        if slip:
            return slip
        first = line.find(": ") if ": " in line else len(line.rstrip()) - 1
        if _indent(line) > _indent(error.at(above)) and error.column <= first:
            what = f"the line is indented deeper than line {above + 1}, which has its value already"
            help = f"indent it like line {above + 1}"
            return _Mistake(what, error.line, _indent(line), help)
    what = f'a second ": " in {display_text(line.strip())}'
    return _Mistake(what, error.line, error.column, 'put text that has ": " in it in quotes')


def _unspaced_flow(error: _Error) -> _Mistake | None:
    if "unexpected ':'" not in error.problem:
        return None
    word = re.search(r"(?<![\w.-])[\w.-]++$", error.at(error.line)[: error.column])
    key = word[0] if word else "key"
    what = f"a space is missing after the colon of {display_text(key)}"
    return _Mistake(what, error.line, error.column, f"write {key}: with a space after the colon")


def _text_after_brace(error: _Error) -> _Mistake | None:
    """A value such as {region}-states, in which YAML takes the braces for a map."""
    value = re.search(r":\s+(\{[^\s{}]*+\})$", error.at(error.line)[: error.column])
    if not value or not re.match(r"[^\s,}\]]", error.rest):
        return None
    what = f"text follows {display_text(value[1])}"
    return _Mistake(what, error.line, value.start(1), "put text that begins with a { in quotes")


def _columns(error: _Error) -> _Mistake | None:
    """A line that belongs to no section: stray characters, or a wrong column."""
    dashes = "expected '-' indicator" in error.problem
    if "did not find expected key" not in error.problem and not dashes:
        return None
    line = error.at(error.line)
    if error.rest[:1] in {"}", "]"}:
        return _Mistake(f"{error.rest[0]} closes nothing", error.line, error.column, "delete it")
    quote = re.search(r"([\"'])\s*$", line[: error.column]) or re.search(r"([\"']).*", line[: error.column])
    if quote and line[: error.column].strip():
        what = f"text follows the closing {quote[1]}"
        help = "put the whole text in one pair of quotes; inside of single quotes, write '' for '"
        return _Mistake(what, error.line, error.column, help)
    kind = "dashes of a list" if dashes or error.rest.startswith("-") else "keys of a section"
    since = (
        f" that begins on line {error.start[0] + 1}" if error.start and error.start[0] != error.line else ""
    )
    what = f"{display_text(line.strip())} does not fit the section{since}"
    return _Mistake(what, error.line, error.column, f"line up the {kind} in one column")


def _start_of_text(error: _Error) -> _Mistake | None:
    """A value that begins with a character that means something in YAML."""
    mark = error.rest[:1]
    if "alphabetic or numeric" in error.problem:
        mark = error.at(error.line)[error.column - 1 : error.column]
    elif "cannot start any token" not in error.problem:
        return None
    line = display_text(error.at(error.line).strip())
    what = f"a value begins with {mark}, which has a meaning in YAML, in {line}"
    return _Mistake(what, error.line, error.column, "put the text in quotes")


def _quotes(error: _Error) -> _Mistake | None:
    if "unexpected end of stream" in error.problem and error.start:
        line, column = error.start
        return _Mistake("the quote is not closed", line, column, "write the closing quote")
    if "unknown escape" in error.problem:
        help = "write \\\\ for a backslash, or use single quotes"
        return _Mistake(f"unknown escape {error.rest[:2]}", error.line, error.column, help)
    return None


def _unexplained(error: _Error) -> _Mistake:
    line = display_text(error.at(error.line).strip())
    return _Mistake(
        f"{error.problem} in {line}", error.line, error.column, "correct this line or the one above it"
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_EXPLANATIONS: Final[tuple[Callable[[_Error], _Mistake | None], ...]] = (
    _conflict,
    _tab,
    _lookalike,
    _brackets,
    _colon,
    _second_colon,
    _unspaced_flow,
    _text_after_brace,
    _columns,
    _start_of_text,
    _quotes,
    _unexplained,
)
