"""Find hidden and look-alike characters in a file; `characters` defines them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ticketgen.characters import HiddenCharacterKind, describe, find_hidden, find_look_alikes
from ticketgen.escaping import visible
from ticketgen.findings import FindingKind, Severity, Stage

__all__ = ["HIDDEN_CHARACTERS", "MAX_PLACES", "HiddenText", "hidden_characters"]

MAX_PLACES = 20
"""Maximum locations reported for one file."""

HIDDEN_CHARACTERS = FindingKind(
    "hidden-characters",
    "Every character of Terraform, inline code and tests shows what it is",
    "Reviewers approve other code than the code that runs. Bidirectional controls show text in another order, "
    "invisible characters and control characters hide text or give one name two spellings, and letters of other "
    "scripts look like Latin letters. Letters that look like Latin ones are a warning, in a word that mixes them with "
    "Latin letters or has no other letters; characters that Unicode does not define are a warning too. Text in any "
    "language is fine, and so are emoji, joiners between letters of scripts that need them, and a byte order mark at "
    f"the start of a file. Of each file, {MAX_PLACES} places are reported. ticketgen.yaml is checked in the same "
    f"way when "
    "it is read.",
    "delete the character, or write it as an escape in double quotes",
    Stage.VERIFY,
    sources=(
        "https://trojansource.codes",
        "https://www.unicode.org/reports/tr39/",
        "https://www.unicode.org/reports/tr55/",
    ),
)
_FIX = HIDDEN_CHARACTERS.fix

_MAX_SCANNED = 50_000
"""Maximum hidden characters classified in a file; beyond it, any hidden character is an error."""

_MAX_SHOWN = 60
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Characters in a row, or a word.

    Attributes:
        line: from 1.
        column: from 1, in characters.
        message: a description of the characters.
        severity: an error for invisible characters; a warning for look-alikes, for undefined characters and for
            characters that each font draws differently.
        help: the fix for this place.
    """

    line: int
    column: int
    message: str
    severity: Severity
    help: str


def hidden_characters(text: str) -> Iterator[HiddenText]:
    """The first findings of a file, in order, and a summary of the others.

    Args:
        text: the whole file, without a byte order mark at its start.
    """
    text = text.removeprefix("\ufeff")
    if text.isascii() and not _CONTROL.search(text):
        return
    lines = enumerate(text.split("\n"), 1)
    found = 0
    for number, line in lines:
        if line.isascii() and not _CONTROL.search(line):
            continue
        for place in _of_line(number, line):
            found += 1
            if found > MAX_PLACES:
                yield _rest(chain([(number, line[place.column - 1 :])], lines))
                return
            yield place


def _rest(lines: Iterable[tuple[int, str]]) -> HiddenText:
    """The first error in the remaining lines, or else the first warning."""
    message = f"more hidden characters follow; of a file, {MAX_PLACES} places are reported"
    warned = seen = 0
    for number, line in lines:
        if line.isascii() and not _CONTROL.search(line):
            continue
        for each in find_hidden(line):
            seen += 1
            if each.kind is not HiddenCharacterKind.UNKNOWN or seen > _MAX_SCANNED:
                return HiddenText(number, 1, message, Severity.ERROR, _FIX)
        warned = warned or number
    return HiddenText(warned, 1, message, Severity.WARNING, _FIX)


def _of_line(number: int, line: str) -> Iterator[HiddenText]:
    places = [
        _describe_hidden(number, each.start, each.count, each.kind, line[each.start])
        for each in islice(find_hidden(line), MAX_PLACES + 1)
    ]
    others = find_look_alikes(line)
    if others:
        from ticketgen.look_alikes import latin_look_alike

        position, reported = 0, 0
        for word in _WORD.finditer(line):
            while position < len(others) and others[position] < word.start():
                position += 1
            if position == len(others) or reported > MAX_PLACES:
                break
            index = others[position]
            if index < word.end():
                reported += 1
                places.append(
                    _describe_look_alike(
                        number, word.start(), word[0], line[index], latin_look_alike(line[index])
                    )
                )
    yield from sorted(places, key=lambda place: place.column)


def _describe_hidden(number: int, start: int, count: int, kind: HiddenCharacterKind, mark: str) -> HiddenText:
    message = f"the {kind.value} {describe(mark)} cannot be seen"
    if count > 1:
        message = (
            f"{count:,} characters in a row cannot be seen; the first is the {kind.value} {describe(mark)}"
        )
    severity = Severity.WARNING if kind is HiddenCharacterKind.UNKNOWN else Severity.ERROR
    if kind is HiddenCharacterKind.BIDI:
        message += ", and shows the text around it in another order"
    return HiddenText(number, start + 1, message, severity, _FIX)


def _describe_look_alike(number: int, start: int, word: str, mark: str, latin: str) -> HiddenText:
    word = word if len(word) <= _MAX_SHOWN else f"{word[:_MAX_SHOWN]}…"
    message = f"{visible(word)} contains {describe(mark)}, which looks like {latin}"
    return HiddenText(
        number, start + 1, message, Severity.WARNING, f"write {latin}, or write the whole word in one script"
    )
