"""The syntax errors and the groups of Go's regular expressions, where they are certain.

Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["PatternGroups", "read_pattern", "surely_unmatched"]

_MAX_TEXT: Final = 100
"""Characters of a string that is matched: with `_MAX_QUANTIFIERS`, a million steps at most."""
_MAX_QUANTIFIERS: Final = 2
_SIMPLE: Final = re.compile(
    r"(?:[\w \-/:@,.^$|()=~!#%&;<>_+*?]|\\[dwDW.\-/+*?()\[\]{}]|\[\^?[\w\-. /]+\])*", re.ASCII
)
_NAMED: Final = re.compile(r"\(\?P?<(\w+)>", re.ASCII)


class PatternGroups(NamedTuple):
    """The groups of a pattern: the number of those without a name, the names of the others; or its fault."""

    unnamed: int
    names: tuple[str, ...]
    fault: str = ""


def read_pattern(pattern: str) -> PatternGroups | None:
    """The groups of a pattern; None if they are uncertain."""
    if "\\Q" in pattern:
        return None
    if pattern[:1] in {"*", "+", "?"} and pattern:
        return PatternGroups(0, (), "it begins with a repetition")
    unnamed, names, depth, position = 0, [], 0, 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            if position + 1 == len(pattern):
                return PatternGroups(0, (), "it ends with a backslash")
            position += 2
            continue
        if character == "[":
            end = _end_of_class(pattern, position)
            if end < 0:
                return PatternGroups(0, (), "a [ is not closed")
            position = end
        elif character == "(":
            depth += 1
            named = _NAMED.match(pattern, position)
            if named:
                names.append(named[1])
            elif pattern[position + 1 : position + 2] != "?":
                unnamed += 1
            elif pattern[position + 2 : position + 4] in {"<=", "<!"} or pattern[
                position + 2 : position + 3
            ] in {"=", "!"}:
                return PatternGroups(0, (), "it contains a lookaround, which Terraform does not support")
        elif character == ")":
            depth -= 1
            if depth < 0:
                return PatternGroups(0, (), "a ) has no (")
        position += 1
    if depth:
        return PatternGroups(0, (), "a ( is not closed")
    return PatternGroups(unnamed, tuple(names))


def _end_of_class(pattern: str, start: int) -> int:
    """The position of the bracket that closes a class; -1 if there is none."""
    position = start + 1
    if pattern[position : position + 1] == "^":
        position += 1
    first = position
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 2
            continue
        if character == "[" and pattern[position + 1 : position + 2] == ":":
            closing = pattern.find(":]", position + 2)
            if closing > 0:
                position = closing + 2
                continue
        if character == "]" and position > first:
            return position
        position += 1
    return -1


def surely_unmatched(pattern: str, text: str) -> bool:
    """Whether a pattern does not match a string; False if that is uncertain or takes long."""
    is_short = len(text) <= _MAX_TEXT and len(pattern) <= _MAX_TEXT
    if not is_short or not text.isascii() or not text.isprintable() or "(?" in pattern:
        return False
    if not _SIMPLE.fullmatch(pattern) or re.search(r"\)[+*?{]", pattern):
        return False
    if sum(map(pattern.count, "+*?")) > _MAX_QUANTIFIERS:
        return False
    try:
        return re.search(pattern, text, re.ASCII) is None
    except re.error:
        return False
