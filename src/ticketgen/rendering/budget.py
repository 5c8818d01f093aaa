"""The work that the templates of a stack may do, counted so that it is the same on every machine.

A unit is about what one character of output takes. `spend` is called for whatever a template can repeat: the nodes of
a body each time that it runs, the values that filters and comparisons go through, and the output.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from jinja2 import TemplateRuntimeError, Undefined
from markupsafe import Markup

from ticketgen.rendering.plain import PLAIN, Data, Items, depth, plain, weight

__all__ = [
    "CALL", "ELEMENT", "LAYOUT", "MOST_CALLS", "MOST_DEPTH", "MOST_NUMBER", "MOST_OUTPUT", "MOST_WEIGHT", "MOST_WORK",
    "NODE", "Budget", "TooMuch",
]  # fmt: skip

MOST_WORK: Final = 50_000_000
"""Units of work for all templates of one environment."""

MOST_OUTPUT: Final = 1_000_000
"""Characters of one rendered file."""

MOST_WEIGHT: Final = 4_000_000
"""Characters of one value that a template makes, with everything in it."""

MOST_DEPTH: Final = 50
"""Nesting of lists and mappings."""

MOST_CALLS: Final = 40
"""Macros that call each other."""

MOST_NUMBER: Final = 2**63
"""The size of a number that arithmetic gives."""

NODE: Final = 50
"""The units that one node of a template's syntax takes."""


ELEMENT: Final = 20
"""The units that one element of a list takes, whenever the list is made or gone through."""

CALL: Final = 500
"""The units that a call of a function, a filter or a test takes beside its arguments."""

CHARACTER: Final = 4
"""The units that a character of the output takes."""

LAYOUT: Final = 20
"""The units that the layout of a character of Terraform takes."""


class TooMuch(TemplateRuntimeError):
    """A template exceeds a limit."""


class Budget:
    """The work that is left, and what uses it."""

    def __init__(self, work: int = MOST_WORK) -> None:
        self.left = work
        self.calls = 0

    def spend(self, units: int) -> None:
        """Charge work before it is done.

        Raises:
            TooMuch: not so much is left.
        """
        self.left -= max(0, units)
        if self.left < 0:
            raise TooMuch("the templates do too much work: shorten their loops, and repeat less")

    def made(self, value: object) -> Any:
        """A value that a template made, as plain data. It costs what a list of references to its parts does.

        Raises:
            TooMuch: it is too large or too deep.
            TypeError: it is not plain data.
        """
        if isinstance(value, Undefined):
            return value
        if type(value) not in PLAIN and type(value) is not Markup:
            if not isinstance(value, Iterable):
                raise TypeError(f"a {type(value).__name__} is not data")
            value = Items(plain(each) for each in value)
        elif isinstance(value, int) and abs(value) > MOST_NUMBER:
            raise TooMuch("a number of over 63 bits is too large")
        if weight(value) > MOST_WEIGHT:
            raise TooMuch(f"a value of over {MOST_WEIGHT:,} characters is too large")
        if depth(value) > MOST_DEPTH:
            raise TooMuch(f"more than {MOST_DEPTH} lists inside each other are too deep")
        self.spend(ELEMENT * len(value) if isinstance(value, Items | Data) else 1)
        return value

    def joined(self, parts: Iterable[str]) -> str:
        """The text of the parts of an output, paid for before it is put together."""
        kept: list[str] = []
        total = 0
        for part in parts:
            total += len(part)
            if total > MOST_OUTPUT:
                raise TooMuch(f"an output of over {MOST_OUTPUT:,} characters is too large")
            kept.append(part)
        self.spend(CHARACTER * total + NODE)
        return "".join(kept)
