"""Refuse texts that would make a parser crash or hang.

The limits are far above what people write. They protect these parsers:

- python-hcl2 8.1: its heredoc pattern takes quadratic time over blank lines, and its reader recurses.
- pygohcl 1.2 (HCL 2.24): stops reading at a NUL, aborts the process with a stack overflow at some 100,000 nested
  brackets or operators, and takes quadratic time over nested template directives and the digits of a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketgen.escaping import SURROGATE
from ticketgen.hcl_tokens import scan_marks

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Refusal", "bracket_depth", "invalid_character", "refusal"]

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 100
"""Levels of nested brackets or expressions. python-hcl2 writes a tree by recursion, six calls per level."""

_HARMLESS_BRACKETS = 5_000
"""pygohcl needs some 100 MB for that many nested brackets, and aborts at ten times as many."""
_MAX_OPERATORS = 100_000
_MAX_DIRECTIVES = 5_000
_MAX_BLANK_WORK = 10**8
"""Squared characters: about half a second in python-hcl2's heredoc pattern."""

_MAX_DIGIT_WORK = 10**9
"""Squared digits of long numbers: a tenth of a second in pygohcl, which nothing can interrupt."""

_LONG_NUMBER = re.compile(r"[0-9]{1000,}")
_BLANK_RUN = re.compile(r"\n\s{200,}")
_OPENER = {"]": "[", ")": "(", "}": "{"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text is not parsed.

    Attributes:
        reason: what is wrong, without a full stop.
        offset: the index of the offending character.
        invalid: whether the text is invalid, and not only over a limit.
        help: the fix, as an imperative without a full stop.
    """

    reason: str
    offset: int = 0
    invalid: bool = False
    help: str = "split the file"


def invalid_character(text: str) -> Refusal | None:
    """The character that makes a text invalid, if any. Much faster than `refusal`."""
    nul = text.find("\0")
    if nul >= 0:
        return Refusal("the file contains a NUL character", nul, True, "remove the character")
    surrogate = SURROGATE.search(text)
    if surrogate:
        reason = "the file contains a lone surrogate, which is not a valid character"
        return Refusal(reason, surrogate.start(), True, "remove the character")
    return None


def refusal(text: str) -> Refusal | None:
    """Why this text must not reach a parser; None if it may."""
    invalid = invalid_character(text)
    if invalid:
        return invalid
    size = len(text.encode())
    if size > MAX_BYTES:
        return Refusal(f"the file has {size:,} bytes, but at most {MAX_BYTES:,} are checked")
    if text.count("[") + text.count("(") + text.count("{") > _HARMLESS_BRACKETS:
        deepest = bracket_depth(text, MAX_DEPTH)
        if deepest is not None:
            reason = f"brackets are nested deeper than {MAX_DEPTH} levels"
            return Refusal(reason, deepest, help="move inner values to locals")
    if sum(map(text.count, "!-+*/%?<>&|")) > _MAX_OPERATORS:
        return Refusal(f"the file has more than {_MAX_OPERATORS:,} operators or dashes")
    if text.count("%{") > _MAX_DIRECTIVES:
        return Refusal(f"the file has more than {_MAX_DIRECTIVES:,} template directives")
    digits = _too_long(_LONG_NUMBER, text, _MAX_DIGIT_WORK)
    if digits is not None:
        return Refusal("the file has too many digits in a row", digits, help="write shorter numbers")
    blank = _too_long(_BLANK_RUN, text, _MAX_BLANK_WORK) if "<<" in text else None
    if blank is not None:
        return Refusal("the file has too many blank lines in a row", blank, help="remove blank lines")
    return None


def _too_long(runs: re.Pattern[str], text: str, limit: int) -> int | None:
    """The offset of the longest run if the squared lengths exceed the limit."""
    found = [(run.end() - run.start(), run.start()) for run in runs.finditer(text)]
    return max(found)[1] if sum(length * length for length, _ in found) > limit else None


def bracket_depth(text: str, limit: int) -> int | None:
    """The first offset at which the depth of brackets exceeds the limit, if any.

    Brackets in comments and literal text do not count; ``${ }`` and ``%{ }`` count, and so do brackets inside them.
    """
    brackets: list[str] = []
    for kind, _, _, match in scan_marks(text):
        if kind in {"open", "template"}:
            brackets.append("${" if kind == "template" else match[0])
            if len(brackets) > limit:
                return match.start()
        elif kind in {"close", "template end"}:
            expected = "${" if kind == "template end" else _OPENER[match[0]]
            if brackets and brackets[-1] == expected:
                brackets.pop()
        elif kind == "marker" and not match["marker"].isascii():
            return match.start()
    return None
