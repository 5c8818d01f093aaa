"""The two types that may pass from Python into a template's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

__all__ = ["Quoted", "RawExpression"]


@dataclass(frozen=True, slots=True)
class RawExpression:
    """A raw HCL expression such as ``local.app_name``, only from ticketgen's own code.

    Attributes:
        text: the expression, which is rendered verbatim.
    """

    text: str


class Quoted:
    """Text that a filter quoted for the output; not a ``str``, so nothing can be added.

    Jinja writes it unchanged, through ``__html__``, also as an argument of a macro. To build a larger text, combine the
    parts before quoting.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __html__(self) -> str:
        """The text, for Jinja's output."""
        return self._text

    def __repr__(self) -> str:
        return f"Quoted({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quoted) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Quoted, self._text))

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"{self!r} is already quoted: combine the parts of a text before quoting")

    __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __format__ = __str__ = _refuse
