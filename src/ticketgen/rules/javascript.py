"""Imports and environment variables of JavaScript code, found without a parser.

A string that looks like code counts as code. Each pattern takes linear time on any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["environment", "imports"]

_IMPORT = re.compile(
    r"""(?:\brequire\s*+\(\s*+|^[^\S\n]*+(?:import|export)\b[^'"\n;]*?\bfrom\s*+|^[^\S\n]*+import\s++)"""
    r"""(?P<quote>['"])(?P<name>[^'"\n]++)(?P=quote)""",
    re.M,
)
_COMMENT = re.compile(r"(?P<block>/\*)|(?<![:'\"\w])//[^\n]*+")
_NOT_LINE_END = re.compile(r"[^\n]")

# The variable is used as a value, with no default beside it.
_READ = re.compile(r"[:=(,]\s*+process\.env\.(?P<name>[A-Za-z_]\w*+)[^\S\n]*+(?=[,;)}\n])")
# In a statement with a test, every variable after the test is assumed to be tested.
_TESTED = re.compile(
    r"(?P<test>if\s*+\(|\?\?|\|\||&&|!|typeof\s)|(?P<end>[\n;])|process\.env\.(?P<name>[A-Za-z_]\w*+)"
)


def imports(text: str) -> tuple[tuple[str, int], ...]:
    """Each imported module, with its line."""
    return tuple(_with_lines(text, _IMPORT.finditer(_without_comments(text))))


def environment(text: str) -> tuple[tuple[str, int], ...]:
    """Each environment variable that is read but never tested, with its line."""
    tested = set(_tested(text))
    return tuple(each for each in _with_lines(text, _READ.finditer(text)) if each[0] not in tested)


def _tested(text: str) -> Iterator[str]:
    testing = False
    for match in _TESTED.finditer(text):
        if match["name"] is None:
            testing = match["end"] is None
        elif testing:
            yield match["name"]


def _with_lines(text: str, matches: Iterable[re.Match[str]]) -> Iterator[tuple[str, int]]:
    line, counted = 1, 0
    for match in matches:
        line += text.count("\n", counted, match.start("name"))
        counted = match.start("name")
        yield match["name"], line


def _without_comments(text: str) -> str:
    """Replace comments with spaces, so that line numbers stay the same."""
    pieces = []
    position, last_end = 0, text.rfind("*/")
    while match := _COMMENT.search(text, position):
        start, end = match.span()
        if match["block"] and start + 2 > last_end:  # not closed, so it may be part of a string
            pieces.append(text[position:end])
        else:
            end = text.index("*/", end) + 2 if match["block"] else end
            pieces += [text[position:start], _NOT_LINE_END.sub(" ", text[start:end])]
        position = end
    return "".join([*pieces, text[position:]])
