"""Invisible characters, and characters that look like others.

Untrusted text can reorder the line that contains it, hide in it, or look like other text. The classes follow
Unicode's "Source Code Handling" (https://www.unicode.org/reports/tr55/), its "Security Mechanisms"
(https://www.unicode.org/reports/tr39/) and the attack in https://trojansource.codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

__all__ = ["Hidden", "HiddenCharacterKind", "describe", "find_hidden", "find_look_alikes", "is_hidden"]


class HiddenCharacterKind(StrEnum):
    """Why a character is hidden, for messages."""

    CONTROL = "control character"
    BIDI = "bidirectional control"
    INVISIBLE = "invisible character"
    UNKNOWN = "character without a known form"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hidden characters in a row.

    Attributes:
        start: the index of the first one.
        count: their number.
        kind: of the first one.
    """

    start: int
    count: int
    kind: HiddenCharacterKind


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS = frozenset("\u061c\u200e\u200f")
"""Bidirectional controls that do not open a run of text. https://www.unicode.org/reports/tr55/ allows them."""

_PRINTABLE_BLANKS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef"
)
"""Characters that Python calls printable although they show nothing: default-ignorable characters
(https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt), and blanks."""

_BLANK = re.compile(f"[{_PRINTABLE_BLANKS}]")
_CANDIDATE = re.compile(r"[^\w -~]|[\u115f\u1160\u3164\uffa0]")
"""Every character that can be hidden, for a fast search: no other letter, digit or ASCII character."""
_ZWNJ, _ZWJ, _KEYCAP, _BLACK_FLAG, _END_OF_TAGS = "\u200c", "\u200d", "\u20e3", "\U0001f3f4", "\U000e007f"
_CONTEXTUAL = (
    _MARKS | frozenset("\r\u200c\u200d\u180b\u180c\u180d\u180f") | frozenset(map(chr, range(0xFE00, 0xFE10)))
)
"""Hidden characters that some scripts need in some places; also tags and the selectors beside them."""
_TAG_RUN = re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")

_JOINING = frozenset(
    [
        *("ARABIC", "SYRIAC", "MONGOLIAN", "NKO", "MANDAIC", "PHAGS-PA", "ADLAM"),
        *(
            "DEVANAGARI",
            "BENGALI",
            "GURMUKHI",
            "GUJARATI",
            "ORIYA",
            "TAMIL",
            "TELUGU",
            "KANNADA",
            "MALAYALAM",
        ),
        *("SINHALA", "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE"),
    ]
)
"""Scripts whose spelling needs joiners: https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters."""

_WORD = re.compile(r"\w+")
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def is_hidden(mark: str) -> bool:
    """Whether messages always escape a character; line feeds are escaped, too."""
    return not mark.isprintable() or _BLANK.match(mark) is not None


def describe(mark: str) -> str:
    """Describe a character for a message: its code point, and its name if it has one."""
    name = unicodedata.name(mark, "") or _CONTROLS.get(mark, "")
    return f"U+{ord(mark):04X} ({name})" if name else f"U+{ord(mark):04X}"


_CONTROLS = {
    "\0": "NULL", "\a": "BELL", "\b": "BACKSPACE", "\v": "LINE TABULATION", "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE", "\x7f": "DELETE", "\x85": "NEXT LINE",
    "\x9b": "CONTROL SEQUENCE INTRODUCER",
}  # fmt: skip
"""Names of control characters, which Unicode's own table does not name."""


def find_hidden(line: str) -> Iterator[Hidden]:
    """The hidden characters of a line of a file, except where its script needs them.

    Scripts need a tab, the carriage return at the end of the line, a joiner between letters of a joining script, the
    characters that combine several into one emoji, a variation selector after the character that it varies, and a
    directional mark beside a right-to-left letter.
    """
    start = count = skip = 0
    first = HiddenCharacterKind.INVISIBLE
    for candidate in _CANDIDATE.finditer(line):
        mark = candidate[0]
        kind = _hidden_kind(mark)
        if kind is None:
            continue
        index = candidate.start()
        if index < skip:
            continue
        if mark in _CONTEXTUAL or mark > "\U000dffff":
            skip = _flag_end(line, index)
            if skip or _is_harmless(line, index, mark):
                continue
        if count and index == start + count:
            count += 1
            continue
        if count:
            yield Hidden(start, count, first)
        start, count, first = index, 1, kind
    if count:
        yield Hidden(start, count, first)


@lru_cache(maxsize=4096)
def _hidden_kind(mark: str) -> HiddenCharacterKind | None:
    """Why a character is hidden; None if the text around it needs it."""
    category = unicodedata.category(mark)
    if not is_hidden(mark) or category == "Zs" or mark == "\t":
        return None
    if mark in _BIDI:
        return HiddenCharacterKind.BIDI
    if category in {"Cc", "Zl", "Zp"}:
        return HiddenCharacterKind.CONTROL
    is_noncharacter = ord(mark) & 0xFFFE == 0xFFFE or "\ufdd0" <= mark <= "\ufdef"
    return (
        HiddenCharacterKind.UNKNOWN
        if category in {"Co", "Cn"} and not is_noncharacter
        else HiddenCharacterKind.INVISIBLE
    )


def _is_harmless(line: str, index: int, mark: str) -> bool:
    before, after = line[max(0, index - 4) : index], line[index + 1 : index + 2]
    if mark == "\r":
        return index == len(line) - 1
    if mark in _MARKS:
        return _right_to_left(before[-1:]) or _right_to_left(after)
    return _is_needed(mark, before, after)


def _is_needed(mark: str, before: str, after: str) -> bool:
    last = before[-1:]
    if mark in {_ZWNJ, _ZWJ}:
        letter = next(
            (each for each in reversed(before) if not unicodedata.combining(each) and each != "\ufe0f"), ""
        )
        if _script(letter) in _JOINING and (_script(after) in _JOINING or (mark == _ZWJ and not after)):
            return True
        return mark == _ZWJ and _is_pictograph(letter) and _is_pictograph(after)
    if "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef":
        if mark == "\ufe0f" and last in set("0123456789#*"):
            return after == _KEYCAP
        return (
            _is_pictograph(last) or _script(last) == "CJK" or last in {"\u203c", "\u2049", "\u3030", "\u303d"}
        )
    if "\u180b" <= mark <= "\u180f":
        return _script(last) == "MONGOLIAN"
    return False


def _flag_end(line: str, index: int) -> int:
    """The end of a regional flag's tags (Scotland's) that begin here; 0 if none do."""
    run = (
        _TAG_RUN.match(line, index)
        if line[index] >= "\U000e0030" and line[index - 1 : index] == _BLACK_FLAG
        else None
    )
    return run.end() if run else 0


def _is_pictograph(mark: str) -> bool:
    """Whether a character may be part of an emoji: a symbol or a skin tone."""
    return mark != "" and not mark.isascii() and unicodedata.category(mark) in {"So", "Sk", "Sm"}


def _right_to_left(mark: str) -> bool:
    return mark != "" and unicodedata.bidirectional(mark) in {"R", "AL"}


@lru_cache(maxsize=4096)
def _script(mark: str) -> str:
    """The first word of a letter's name: its script."""
    return unicodedata.name(mark, "").partition(" ")[0] if mark else ""


def find_look_alikes(line: str) -> tuple[int, ...]:
    """The indices of letters that look Latin, in words that look like other words.

    These are words that mix such letters with ASCII letters, and words of such letters alone, unless the line is
    written in their script, that is, contains another word with a letter that does not look Latin. A single Greek
    letter is a symbol.
    """
    if line.isascii():
        return ()
    from ticketgen.look_alikes import LATIN

    found: list[int] = []
    whole: list[tuple[str, list[int]]] = []
    scripts: set[str] = set()
    for word in _WORD.finditer(line):
        text = word[0]
        if text.isascii():
            continue
        start = word.start()
        foreign = [start + place for place, mark in enumerate(text) if mark in LATIN or _is_styled(mark)]
        if any("a" <= mark <= "z" or "A" <= mark <= "Z" for mark in text):
            found += foreign
            continue
        own = {
            _script(mark)
            for mark in text
            if not mark.isascii() and mark.isalpha() and mark not in LATIN and not _is_styled(mark)
        }
        scripts |= own
        if foreign and not own:
            whole.append((text, foreign))
    for text, foreign in whole:
        script = _script(line[foreign[0]])
        symbol = script == "GREEK" and len(text) == 1
        wide = all(ord(mark) in _FULL_WIDTH for mark in text)
        if script not in scripts and not symbol and not wide:
            found += foreign
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def _is_styled(mark: str) -> bool:
    """Whether a character is a Latin letter or digit in another style, such as bold."""
    if mark < "\u2100":
        return False
    return (
        unicodedata.decomposition(mark).startswith(("<font>", "<wide>"))
        and unicodedata.normalize("NFKC", mark).isascii()
    )
