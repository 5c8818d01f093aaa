"""The weight of a text: the work and memory that its verification takes, known before a parser sees it.

The unit is a token of python-hcl2, which takes some 35 µs in all and 400 bytes in a tree. Whatever costs more or less
is counted as so many tokens. The factors are measured: see tests/verification/test_budget.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketgen.hcl.depth import scan

__all__ = ["OF_A_FILE", "Weight", "roughly", "weigh", "weigh_code"]

OF_A_FILE = 10
"""Tokens for the calls of both parsers."""

_TOKEN = re.compile(r"\w[\w-]*|\n|[^\w\s]")
_AT_ONCE = 65_536
"""Characters whose tokens are counted at once, so that the list of them stays small."""
_OF_A_PART = {"line": 0.25, "template": 4}
"""Tokens for a line of a heredoc, and for an expression in a template: for one in a heredoc, python-hcl2 is called."""
_COPIED = 150_000
"""Bytes that HCL's parser copies in the time of a token. It copies all literal text before each part of a template."""
_OF_CODE = 20
"""Characters of text, which may be code that the rules parse, for the work on a token."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a text costs.

    Attributes:
        tokens: the work, in tokens.
        longest: the characters of its longest string or heredoc; python-hcl2's lexer takes 200 bytes for each.
    """

    tokens: int
    longest: int


def weigh(text: str, most: int) -> Weight:
    """The weight of Terraform; the count ends when it exceeds the limit.

    Args:
        text: a text that has passed `guards.refusal`, valid or not.
        most: the limit of tokens.
    """
    tokens = float(OF_A_FILE)
    longest = 0
    last = 0
    # For each string or heredoc around a place: its parts so far, and their characters.
    templates: list[list[int]] = []
    for kind, where, before, match in scan(text):
        end = match.start()
        if not where:
            tokens += _tokens(text, before, end) + 1
        elif where == '"' and (lines := text.count("\n", before, end)):
            # Invalid: HCL's parser ends the string at the end of its line, and goes on with code.
            tokens += _tokens(text, before, end)
            templates[-1][0] += lines
        if where:
            own = templates[-1]
            own[0] += 1
            own[1] += match.end() - before
            tokens += _OF_A_PART.get(kind, 1)
        if kind in {"quote", "marker"}:
            templates.append([0, 0])
        elif kind in {"end", "marker end"}:
            parts, characters = templates.pop()
            longest = max(longest, characters)
            tokens += characters / _OF_CODE + parts * characters / _COPIED
        if tokens > most:
            break
        last = match.end()
    if templates:  # not closed: HCL's parser reads it all the same
        templates[-1][0] += text.count("\n", last)
        templates[-1][1] += len(text) - last
        longest = max(longest, *(characters for _, characters in templates))
        tokens += sum(parts * characters / _COPIED for parts, characters in templates)
    return Weight(int(tokens) + _tokens(text, last, len(text)), longest)


def roughly(text: str) -> int:
    """A limit of the weight of Terraform, much faster and never too low."""
    return OF_A_FILE + 5 * text.count("{") + len(text) + text.count("\n") * len(text) // _COPIED


def weigh_code(text: str) -> int:
    """The weight of a file that is not Terraform, such as a test."""
    return OF_A_FILE + len(text) // _OF_CODE


def _tokens(text: str, start: int, end: int) -> int:
    if end - start <= _AT_ONCE:
        return len(_TOKEN.findall(text, start, end)) if end > start else 0
    return sum(_tokens(text, each, min(each + _AT_ONCE, end)) for each in range(start, end, _AT_ONCE))
