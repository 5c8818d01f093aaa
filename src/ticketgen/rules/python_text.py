"""Python's own parser with limits, so that no text makes it slow, large or fail.

The time and memory of `ast.parse` are not linear in every text. CPython 3.11 needs 10 GB for an import of a name with
100,000 parts, and 45 seconds for an f-string of 100,000 expressions. A syntax tree takes about 2 kB for each word.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from itertools import islice

__all__ = ["MAX_WORDS", "NotRead", "PythonLimit", "parse_python"]

MAX_WORDS = 60_000
"""Limit of names, numbers and signs in one file, including comments and strings: about 250 kB of usual code."""
_MAX_IN_ALL = 500_000
"""Limit of names, numbers and signs in all files of a directory together: some seconds."""
_MAX_CHARACTERS = 1024 * 1024
_MAX_DOTTED = 10**8
"""Limit of the characters that the parser copies for dotted names: for each, its length times its dots."""
_MAX_FORMATTED = 2 * 10**8
"""Limit of the characters that the parser scans in f-strings: for each, its length times its expressions."""

_WORD = re.compile(r"\w++|[^\w\s]")
_DOTTED = re.compile(
    r"[\w\x80-\U0010ffff]++(?:\.[\s\\]*+[\w\x80-\U0010ffff]*+[\s\\]*+)*+|(?:\.[\s\\]*+\w*+)++"
)
_STRING = re.compile(
    r'''#[^\n]*+
    |"""(?:[^"\\]++|\\.|"(?!""))*+ | \'\'\'(?:[^'\\]++|\\.|'(?!''))*+
    |"(?:[^"\\\n]++|\\.)*+["]?+   | '(?:[^'\\\n]++|\\.)*+[']?+''',
    re.DOTALL | re.VERBOSE,
)
# https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
_ENCODING = re.compile(r"[ \t\f]*+#.*?coding[:=][ \t]*+([-\w.]++)")
_UTF_8 = frozenset({"utf-8", "utf8", "utf-8-sig", "utf_8", "utf_8_sig"})
_WITH_ASCII = frozenset({"ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252"})


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a text is not parsed although it may be valid; without a full stop."""

    reason: str


class PythonLimit:
    """The limit of the Python code of a directory."""

    def __init__(self) -> None:
        self._left = _MAX_IN_ALL

    def refusal(self, text: str) -> NotRead | None:
        """Count a text; return why it is not read, or None if it may be read."""
        if self._left > 0:
            self._left -= min(_words(text), MAX_WORDS)
        if self._left > 0:
            return None
        return NotRead(
            f"the Python files before it have {_MAX_IN_ALL:,} names, numbers and signs, the limit for a directory"
        )


def _words(text: str) -> int:
    """The number of names, numbers and signs in a text, up to one over the limit."""
    return sum(1 for _ in islice(_WORD.finditer(text), MAX_WORDS + 1))


def parse_python(text: str) -> ast.Module | SyntaxError | NotRead:
    """The syntax tree of a module, or why there is none. Never raises."""
    reason = _refusal(text)
    if reason:
        return NotRead(reason)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error.with_traceback(None)  # the traceback would keep the text alive
    except ValueError as error:  # a NUL or a lone surrogate
        return SyntaxError(str(error))
    except (RecursionError, MemoryError):
        return NotRead("it is nested too deeply for Python's parser")


def _refusal(text: str) -> str:
    if len(text) > _MAX_CHARACTERS or _words(text) > MAX_WORDS:
        return f"it has more than {MAX_WORDS:,} names, numbers and signs"
    for line in text.split("\n", 2)[:2]:
        declared = _ENCODING.match(line)
        if declared:
            encoding = declared[1].lower()
            if encoding not in _UTF_8 and not (encoding in _WITH_ASCII and text.isascii()):
                return f"it declares the encoding {encoding[:40]}, and only UTF-8 is read"
    if text.count(".") * len(text) > _MAX_DOTTED and _dotted(text) > _MAX_DOTTED:
        return "a dotted name has too many parts"
    if text.count("{") * len(text) > _MAX_FORMATTED and _formatted(text) > _MAX_FORMATTED:
        return "an f-string has too many expressions"
    return ""


def _dotted(text: str) -> int:
    return sum(match[0].count(".") * len(match[0]) for match in _DOTTED.finditer(text))


def _formatted(text: str) -> int:
    return sum(
        match[0].count("{") * len(match[0])
        for match in _STRING.finditer(text)
        if "f" in text[max(0, match.start() - 2) : match.start()].lower()
    )
