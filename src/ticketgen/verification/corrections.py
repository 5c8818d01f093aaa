"""Corrections of misspelled names and values: the help for people, and the edit for ``validate --fix``.

An edit may begin before its text, on the same line; `edit_places` finds the exact place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from ticketgen.findings import Location, TextEdit
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.syntax import Attribute, Block, Expression, Literal, Object
from ticketgen.misspellings import is_misspelling, meant_name

__all__ = [
    "Correction",
    "as_argument",
    "as_block",
    "correct",
    "obvious_choice",
    "quoted_edit",
    "unquoted",
]

_PLAIN: Final = re.compile(r'[^"\\$%\x00-\x1f\x7f]*+')
"""A string that is written as it is, without escapes."""
_SEPARATORS: Final = "-_. "


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
) -> Correction:
    """The correction of an unknown name or address.

    Args:
        guesses: those of the directory.
        word: as it is written at the place.
        known: the names that exist.
        at: where the word begins, or a place before it on the line.
        otherwise: the help if no known name is similar.
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
    return Correction(f"did you mean {best}?", (TextEdit(at, written, best),) if obvious else ())


def obvious_choice(value: str, choices: Iterable[str]) -> str:
    """The only choice that a value is a misspelling or the beginning of; "" if there is none, or more than one."""
    known = list(choices)
    same = [each for each in known if each.casefold() == value.casefold()]
    if same:
        return same[0] if len(same) == 1 else ""
    if meant := meant_name(value, known):
        return meant
    longer = [each for each in known if value and each.startswith(tuple(value + end for end in _SEPARATORS))]
    return longer[0] if len(longer) == 1 and not any(is_misspelling(value, each) for each in known) else ""


def quoted_edit(node: Expression, new: str, file: str) -> tuple[TextEdit, ...]:
    """Write another string instead of a literal one."""
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        return ()
    if not (_PLAIN.fullmatch(node.value) and _PLAIN.fullmatch(new)):
        return ()
    return (TextEdit(node.at(file), f'"{node.value}"', f'"{new}"'),)


def unquoted(node: Expression, file: str, new: str | None = None) -> tuple[TextEdit, ...]:
    """Write the content of a literal string, or another text, as an expression."""
    if not isinstance(node, Literal) or not isinstance(node.value, str) or not _PLAIN.fullmatch(node.value):
        return ()
    return (TextEdit(node.at(file), f'"{node.value}"', node.value if new is None else new),)


def as_block(attribute: Attribute, file: str) -> tuple[TextEdit, ...]:
    """Write an argument as a block: an object of names, of which no two stand on one line."""
    value = attribute.value
    if not isinstance(value, Object):
        return ()
    names = [item.key.value for item in value.items if isinstance(item.key, Literal)]
    lines = {item.line for item in value.items}
    is_body = len(names) == len(value.items) == len(lines) and all(
        isinstance(name, str) and name.replace("-", "_").isidentifier() for name in names
    )
    if not is_body:
        return ()
    return (TextEdit(attribute.at(file), f"{attribute.name} = {{", f"{attribute.name} {{"),)


def as_argument(block: Block, file: str) -> tuple[TextEdit, ...]:
    """Write a block without labels and nested blocks as an argument."""
    if block.labels or block.body.blocks:
        return ()
    return (TextEdit(block.at(file), f"{block.type} {{", f"{block.type} = {{"),)
