"""What is refused before any parser sees it, because a parser would crash on it or never come back.

The limits are far above what people write, and each names what it protects from:

- python-hcl2 8.1: its heredoc pattern takes quadratic time over blank lines, and its reader recurses.
- pygohcl 1.2 (HCL 2.24): stops reading at a NUL, aborts the process with a stack overflow at some 100,000 nested
  brackets or operators, and takes quadratic time over nested template directives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketgen.hcl.depth import bracket_depth

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Refusal", "refusal"]

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 100
"""Nested brackets, and nested expressions. python-hcl2 writes a tree back by recursion, six calls a level."""

_HARMLESS_BRACKETS = 5_000
"""pygohcl needs some 100 MB for that many nested ones, and aborts at ten times as many."""
_MOST_OPERATORS = 100_000
_MOST_DIRECTIVES = 5_000
_MOST_BLANK_WORK = 10**8
"""Characters squared: about half a second in python-hcl2's heredoc pattern."""

_BLANK_RUN = re.compile(r"\n\s{200,}")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text is not parsed.

    Attributes:
        reason: a sentence without a full stop.
        offset: the character to blame.
        invalid: whether the text is wrong, and not merely too much for us.
    """

    reason: str
    offset: int = 0
    invalid: bool = False


def refusal(text: str) -> Refusal | None:
    """Why this text must not reach a parser; None where it may."""
    nul = text.find("\0")
    if nul >= 0:
        return Refusal("the file contains a NUL character", nul, invalid=True)
    surrogate = _SURROGATE.search(text)
    if surrogate:
        return Refusal(
            "the file contains half a surrogate pair, which is no text", surrogate.start(), invalid=True
        )
    size = len(text.encode())
    if size > MAX_BYTES:
        return Refusal(f"the file has {size:,} bytes, more than the {MAX_BYTES:,} that are read")
    if text.count("[") + text.count("(") + text.count("{") > _HARMLESS_BRACKETS:
        deepest = bracket_depth(text, MAX_DEPTH)
        if deepest is not None:
            return Refusal(f"brackets are nested deeper than {MAX_DEPTH} levels", deepest)
    if sum(map(text.count, "!-+*/%?<>&|")) > _MOST_OPERATORS:
        return Refusal(f"the file has more than {_MOST_OPERATORS:,} operators or dashes")
    if text.count("%{") > _MOST_DIRECTIVES:
        return Refusal(f"the file has more than {_MOST_DIRECTIVES:,} template directives")
    if "<<" in text:
        blank = [(run.end() - run.start(), run.start()) for run in _BLANK_RUN.finditer(text)]
        if sum(length * length for length, _ in blank) > _MOST_BLANK_WORK:
            return Refusal("the file has too many blank lines in a row", max(blank)[1])
    return None
