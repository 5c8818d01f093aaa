"""The weight of a text: work and memory of its verification, estimated before it is parsed.

The unit is a token of python-hcl2, which takes some 35 µs in all and 400 bytes in a tree. Whatever costs more or less
is counted as so many tokens. The factors are measured: see tests/verification/test_budget.py.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ticketgen.hcl.scanner import scan

__all__ = ["TOKENS_PER_FILE", "Weight", "upper_bound", "weigh", "weigh_code"]

TOKENS_PER_FILE = 30
"""Tokens for the calls of both parsers."""

_TOKEN = re.compile(r"\w[\w-]*|\n|[^\w\s]")
_CHUNK = 16_384
"""Characters whose tokens are counted at once, so that the list of them stays small."""
_TOKENS_PER_PART = {"line": 0.25, "template": 4}
"""Tokens for a line of a heredoc, and for an expression in a template: for one in a heredoc, python-hcl2 is called."""
_COPIED = 12_000
"""Bytes that HCL's parser copies in the time of a token. It copies all literal text before each part of a template."""
_TOKENS_PER_CODE = 25
"""Characters of text, which may be code that the rules parse, for the work on a token."""

_TOKENS_PER_COMMENT = 50
"""Characters of comments for a token. HCL's parser and python-hcl2's lexer read each of them one by one, twice."""
_TOKENS_PER_OTHER_CHARACTER = 20
"""Bytes of characters beyond ASCII, without one for each: whether one hides is looked up, also from those around it."""

_MAX_CODE_TOKENS = 125_000
"""Limit of the tokens in a file of code; a file with more weighs as much as if every character were one."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a text costs.

    Attributes:
        tokens: the work, in tokens.
        longest: the characters of its longest string, heredoc or comment in ``/* */``; python-hcl2's lexer takes 200
            bytes for each.
    """

    tokens: int
    longest: int


def weigh(text: str, limit: int) -> Weight:
    """The weight of Terraform; the count ends when it exceeds the limit.

    Args:
        text: a text of valid characters, which may be invalid HCL.
        limit: the limit of tokens.
    """
    tokens = TOKENS_PER_FILE + _other_script_tokens(text)
    longest = 0
    last = 0
    kind = ""
    # For each string or heredoc around a place: its parts so far, and their characters.
    templates: list[list[int]] = []
    for kind, where, before, match in scan(text):
        end = match.start()
        tokens += (
            before - last
        ) / _TOKENS_PER_COMMENT  # what the scan has skipped is the inside of a comment
        longest = max(longest, before - last)
        if kind == "remark":
            tokens += (match.end() - end) / _TOKENS_PER_COMMENT
        if not where:
            tokens += _tokens(text, before, end, limit) + 1
        elif where == '"' and (lines := text.count("\n", before, end)):
            # Invalid: HCL's parser ends the string at the end of its line, and goes on with code.
            tokens += _tokens(text, before, end, limit)
            tokens -= 1
            templates[-1][0] += lines
        if where:
            own = templates[-1]
            own[0] += 1
            own[1] += match.end() - before
            tokens += _TOKENS_PER_PART.get(kind, 1) + (where == '"' and before < end)
            if own[0] * own[1] > limit * _COPIED:  # already too heavy, long before the template ends
                return Weight(limit + 1, max(longest, own[1]))
        if kind in {"quote", "marker"}:
            templates.append([0, 0])
        elif kind in {"end", "marker end"}:
            parts, characters = templates.pop()
            longest = max(longest, characters)
            tokens += characters / _TOKENS_PER_CODE + parts * characters / _COPIED
        if tokens > limit:
            return Weight(math.ceil(tokens), longest)
        last = match.end()
    closed = text.find("*/", last) + 2 if kind == "comment" else last
    if closed > last:
        tokens += (closed - last) / _TOKENS_PER_COMMENT
        longest = max(longest, closed - last)
        last = closed
    if templates:  # not closed: HCL's parser reads it all the same
        templates[-1][0] += text.count("\n", last)
        templates[-1][1] += len(text) - last
        longest = max(longest, *(characters for _, characters in templates))
        tokens += sum(parts * characters / _COPIED for parts, characters in templates)
    return Weight(math.ceil(tokens) + _tokens(text, last, len(text), limit), longest)


def upper_bound(text: str) -> int:
    """An upper bound of the weight of Terraform, which is much faster to compute."""
    size = len(text)
    copied = (text.count("\n") + text.count("{")) * size // _COPIED
    rest = (
        size
        - text.count(" ")
        + 5 * text.count("{")
        + size // _TOKENS_PER_CODE
        + math.ceil(_other_script_tokens(text))
    )
    return TOKENS_PER_FILE + rest + copied


def weigh_code(text: str) -> Weight:
    """The weight of a file that is not Terraform, such as a test; Python's parser takes 500 bytes for a token."""
    tokens = TOKENS_PER_FILE + len(text) // _TOKENS_PER_CODE + math.ceil(_other_script_tokens(text))
    if len(text) <= _MAX_CODE_TOKENS or _tokens(text, 0, len(text), _MAX_CODE_TOKENS) <= _MAX_CODE_TOKENS:
        return Weight(tokens, 0)
    return Weight(max(tokens, len(text)), 0)


def _other_script_tokens(text: str) -> float:
    """The tokens for characters beyond ASCII."""
    return (
        0.0
        if text.isascii()
        else (len(text.encode("utf-8", "replace")) - len(text)) / _TOKENS_PER_OTHER_CHARACTER
    )


def _tokens(text: str, start: int, end: int, limit: int) -> int:
    """The tokens of a piece of code; the count ends when it exceeds the limit."""
    count = 0
    for each in range(start, end, _CHUNK):
        count += len(_TOKEN.findall(text, each, min(each + _CHUNK, end)))
        if count > limit:
            break
    return count
