"""Corrections of misspelled names: the help for people, and the edit for ``validate --fix``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ticketgen.findings import Location, TextEdit
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.misspellings import is_misspelling

__all__ = ["Correction", "correct"]


class Correction(NamedTuple):
    """How to correct an unknown name.

    Attributes:
        help: the name that was probably meant, as a question; "" if none is similar.
        edits: the correction, if it is obvious.
    """

    help: str
    edits: tuple[TextEdit, ...] = ()


def correct(
    guesses: Guesses,
    word: str | Address,
    known: Iterable[str | Address],
    at: Location,
    otherwise: str = "",
    *,
    before: str = "",
) -> Correction:
    """The correction of an unknown name or address.

    Args:
        guesses: those of the directory.
        word: as it is written at the place.
        known: the names that exist.
        at: where the word begins, or the text before it.
        otherwise: the help if no known name is similar.
        before: text between the place and the word, such as the dot of an attribute.
    """
    if guesses.spent:  # or each of many findings would read all names
        return Correction(otherwise)
    names = list(known)
    best = guesses.most_similar_to(word, names)
    if not best:
        return Correction(otherwise)
    written = str(word)
    twins = (str(each) for each in names if str(each) != best)
    obvious = is_misspelling(written, best) and not any(is_misspelling(written, each) for each in twins)
    return Correction(
        f"did you mean {best}?", (TextEdit(at, before + written, before + best),) if obvious else ()
    )
