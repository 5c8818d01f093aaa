"""The two types that may cross from Python into a template's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

__all__ = ["Expression", "Quoted"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A raw HCL expression, ``local.app_name``, written by ticketgen's own code and never by a spec.

    Attributes:
        text: the expression. It is rendered as it stands.
    """

    text: str


class Quoted:
    """Text that a filter made fit for the output. No ``str``, so that nothing mixes with it by accident.

    It goes to the output whole (``__html__`` is how Jinja asks), or into a macro that puts it there. Whoever
    wants to build a larger text out of it builds it before quoting.
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
        raise TypeError(f"{self!r} is quoted already and mixes with nothing: put the text together first")

    __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __format__ = __str__ = _refuse
