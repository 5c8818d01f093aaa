"""The weight of a text: the estimated work and memory of its verification.

The unit is a token, which takes some 6 µs in total and 150 bytes in the model; with a round trip, it takes 35 µs, and
400 bytes in python-hcl2's tree. Other costs are converted to tokens. The factors are measured: see
tests/verification/test_budget.py.
"""

from __future__ import annotations

import math
import re
import string
from dataclasses import dataclass

from ticketgen.hcl_tokens import scan_marks

__all__ = ["TOKENS_PER_FILE", "Weight", "upper_bound", "weigh", "weigh_code"]

TOKENS_PER_FILE = 30
"""Tokens for the calls of both parsers."""

_TOKEN = re.compile(r"\w[\w-]*|\n|[^\w\s]")
_WORD_BYTES = (string.ascii_letters + string.digits + "_").encode()
_WORDS = bytes(each if each in _WORD_BYTES else ord(" ") for each in range(256))
"""Replaces everything that is not part of an ASCII word by a blank."""
_NO_SIGNS = _WORD_BYTES + b" \t\r\f\v"
_CHUNK = 16_384
"""Characters whose tokens are counted at once, so that the list of tokens stays small."""
_TOKENS_PER_PART = {"line": 0.25, "template": 4}
"""Tokens for a line of a heredoc, and for an expression in a template, for which python-hcl2 may be called again."""
_COPIED_BYTES_PER_TOKEN = 12_000
"""HCL's parser copies all literal text before each part of a template."""
_CODE_CHARACTERS_PER_TOKEN = 25
"""For text that may be code, which the rules parse."""

_COMMENT_CHARACTERS_PER_TOKEN = 50
"""HCL's parser and python-hcl2's lexer read each character of a comment, twice."""
_NON_ASCII_BYTES_PER_TOKEN = 20
"""For the UTF-8 bytes after the first of a character. Every such character is checked, with those around it."""

_MAX_CODE_TOKENS = 125_000
"""Limit of the tokens in a file of code; in a file with more, every character weighs as much as a token."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The cost of a text.

    Attributes:
        tokens: the work, in tokens.
        longest: the number of characters in the longest string, heredoc or ``/* */`` comment; python-hcl2's lexer takes
            200 bytes for each character.
    """

    tokens: int
    longest: int


def weigh(text: str, limit: int) -> Weight:
    """The weight of Terraform code; the count ends when it exceeds the limit.

    Args:
        text: a text of valid characters, which may be invalid HCL.
        limit: the limit of tokens.
    """
    tokens = TOKENS_PER_FILE + _non_ascii_tokens(text)
    longest = 0
    last = 0
    kind = ""
    # For each enclosing string or heredoc: the number of parts so far, and their characters.
    templates: list[list[int]] = []
    for kind, where, before, match in scan_marks(text):
        end = match.start()
        # The scan skipped the inside of a comment.
        tokens += (before - last) / _COMMENT_CHARACTERS_PER_TOKEN
        longest = max(longest, before - last)
        if kind == "remark":
            tokens += (match.end() - end) / _COMMENT_CHARACTERS_PER_TOKEN
        if not where:
            tokens += _tokens(text, before, end, limit) + 1
        elif where == '"' and (lines := text.count("\n", before, end)):
            # Invalid: HCL's parser ends the string at the end of the line, and reads the next line as code.
            tokens += _tokens(text, before, end, limit)
            tokens -= 1
            templates[-1][0] += lines
        if where:
            own = templates[-1]
            own[0] += 1
            own[1] += match.end() - before
            tokens += _TOKENS_PER_PART.get(kind, 1) + (where == '"' and before < end)
            # Stop early: a template may be too heavy long before its end.
            if own[0] * own[1] > limit * _COPIED_BYTES_PER_TOKEN:
                return Weight(limit + 1, max(longest, own[1]))
        if kind in {"quote", "marker"}:
            templates.append([0, 0])
        elif kind in {"end", "marker end"}:
            parts, characters = templates.pop()
            longest = max(longest, characters)
            tokens += characters / _CODE_CHARACTERS_PER_TOKEN + parts * characters / _COPIED_BYTES_PER_TOKEN
        if tokens > limit:
            return Weight(math.ceil(tokens), longest)
        last = match.end()
    closed = text.find("*/", last) + 2 if kind == "comment" else last
    if closed > last:
        tokens += (closed - last) / _COMMENT_CHARACTERS_PER_TOKEN
        longest = max(longest, closed - last)
        last = closed
    if templates:  # HCL's parser also reads templates that are not closed
        templates[-1][0] += text.count("\n", last)
        templates[-1][1] += len(text) - last
        longest = max(longest, *(characters for _, characters in templates))
        tokens += sum(parts * characters / _COPIED_BYTES_PER_TOKEN for parts, characters in templates)
    return Weight(math.ceil(tokens) + _tokens(text, last, len(text), limit), longest)


def upper_bound(text: str) -> int:
    """An upper bound of the weight of Terraform code; much faster than `weigh`."""
    size, templates = len(text), text.count("${") + text.count("%{")
    written = text.encode("utf-8", "replace")
    words = len(written.translate(_WORDS).split())
    signs = len(written.translate(None, _NO_SIGNS)) + text.count('"') + 2 * text.count("\\")
    copied = (text.count("\n") + templates) * size // _COPIED_BYTES_PER_TOKEN
    characters = size // _CODE_CHARACTERS_PER_TOKEN + math.ceil(_non_ascii_tokens(text))
    return TOKENS_PER_FILE + words + signs + 5 * templates + characters + copied + 2  # rounded up


def weigh_code(text: str) -> Weight:
    """The weight of a file that is not Terraform, such as a test.

    Python's parser takes 500 bytes for a token.
    """
    tokens = TOKENS_PER_FILE + len(text) // _CODE_CHARACTERS_PER_TOKEN + math.ceil(_non_ascii_tokens(text))
    if len(text) <= _MAX_CODE_TOKENS or _tokens(text, 0, len(text), _MAX_CODE_TOKENS) <= _MAX_CODE_TOKENS:
        return Weight(tokens, 0)
    return Weight(max(tokens, len(text)), 0)


def _non_ascii_tokens(text: str) -> float:
    """The tokens for characters beyond ASCII."""
    return (
        0.0
        if text.isascii()
        else (len(text.encode("utf-8", "replace")) - len(text)) / _NON_ASCII_BYTES_PER_TOKEN
    )


def _tokens(text: str, start: int, end: int, limit: int) -> int:
    """The tokens of a piece of code; the count ends when it exceeds the limit."""
    count = 0
    for each in range(start, end, _CHUNK):
        count += len(_TOKEN.findall(text, each, min(each + _CHUNK, end)))
        if count > limit:
            break
    return count
