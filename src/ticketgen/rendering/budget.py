"""The work that a stack's templates may do, counted the same on every machine.

A unit is about the work for one character of output. `spend` is called for everything that a template can repeat: the
nodes of a body on each run, the values that filters and comparisons read, and the output.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from jinja2 import TemplateRuntimeError, Undefined
from markupsafe import Markup

from ticketgen.rendering.plain_data import PLAIN, Data, Items, depth, to_plain, weight

__all__ = [
    "CALL", "ELEMENT", "LAYOUT", "MAX_CALLS", "MAX_DEPTH", "MAX_NUMBER", "MAX_OUTPUT", "MAX_WEIGHT", "MAX_WORK",
    "NODE", "BudgetExceeded", "TemplateBudget",
]  # fmt: skip

MAX_WORK: Final = 50_000_000
"""Units of work for all templates of one environment."""

MAX_OUTPUT: Final = 1_000_000
"""Characters of one rendered file."""

MAX_WEIGHT: Final = 4_000_000
"""Characters of one value that a template makes, with all nested values."""

MAX_DEPTH: Final = 50
"""Nesting of lists and mappings."""

MAX_CALLS: Final = 40
"""Macros that call each other."""

MAX_NUMBER: Final = 2**63
"""The size of a result of arithmetic."""

NODE: Final = 50
"""The units that one node of a template's syntax takes."""


ELEMENT: Final = 20
"""The units that one element of a list takes, whenever the list is made or read."""

CALL: Final = 500
"""The units that a call of a function, a filter or a test takes beside its arguments."""

_CHARACTER: Final = 4
"""The units that a character of the output takes."""

LAYOUT: Final = 20
"""The units that the layout of a character of Terraform takes."""


class BudgetExceeded(TemplateRuntimeError):
    """A template exceeds a limit."""


class TemplateBudget:
    """The work that is left, and methods that use it."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self.left = work
        self.calls = 0

    def spend(self, units: int) -> None:
        """Charge work before it is done.

        Raises:
            BudgetExceeded: less is left.
        """
        self.left -= max(0, units)
        if self.left < 0:
            raise BudgetExceeded("the templates do too much work: shorten their loops, and repeat less")

    def charge_value(self, value: object) -> Any:
        """A value that a template made, as plain data.

        It costs as much as a list of references to its parts.

        Raises:
            BudgetExceeded: it is too large or too deep.
            TypeError: it is not plain data.
        """
        if isinstance(value, Undefined):
            return value
        if type(value) not in PLAIN and type(value) is not Markup:
            if not isinstance(value, Iterable):
                raise TypeError(f"a {type(value).__name__} is not data")
            value = Items(to_plain(each) for each in value)
        elif isinstance(value, int) and abs(value) > MAX_NUMBER:
            raise BudgetExceeded("a number of over 63 bits is too large")
        if weight(value) > MAX_WEIGHT:
            raise BudgetExceeded(f"a value of over {MAX_WEIGHT:,} characters is too large")
        if depth(value) > MAX_DEPTH:
            raise BudgetExceeded(f"more than {MAX_DEPTH} lists inside each other are too deep")
        self.spend(ELEMENT * len(value) if isinstance(value, Items | Data) else 1)
        return value

    def join(self, parts: Iterable[str]) -> str:
        """The joined parts of an output, charged before they are joined."""
        kept: list[str] = []
        total = 0
        for part in parts:
            total += len(part)
            if total > MAX_OUTPUT:
                raise BudgetExceeded(f"an output of over {MAX_OUTPUT:,} characters is too large")
            kept.append(part)
        self.spend(_CHARACTER * total + NODE)
        return "".join(kept)
