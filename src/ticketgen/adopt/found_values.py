"""Values of a stack that a spec can express, and values that it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from ticketgen.findings import Location

__all__ = ["COMMAND_LINE", "FoundValue", "LeftOut", "SpecPath", "SpecValue", "place_text"]

COMMAND_LINE: Final = "--var"
"""The name of the file of values that the command line gives."""

SpecPath: TypeAlias = tuple[str, ...]
"""Keys from the top of a spec, or of an environment, to a value."""

SpecValue: TypeAlias = "str | int | bool | tuple[str, ...] | None"


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A value for the spec.

    Attributes:
        path: its path in the spec.
        value: the value; a tuple for a list.
        basis: its source, or the assumption behind it, as a phrase without a full stop.
        location: where the stack sets it; None for an assumption.
        notes: for a list, the basis and the location of each element; empty if they are the same as for the list.
    """

    path: SpecPath
    value: SpecValue
    basis: str
    location: Location | None = None
    notes: tuple[tuple[str, Location | None], ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value of the stack that the spec does not have.

    Attributes:
        what: its description, with the value.
        reason: why it is not in the spec, and what to do, as a phrase without a full stop.
        location: where the stack sets it.
        region: the Region that is left out, which another environment may have; "" for anything else.
    """

    what: str
    reason: str
    location: Location | None = None
    region: str = ""


def place_text(location: Location | None) -> str:
    """A location as ``FILE:LINE``; "" for None, and ``--var`` for a value from the command line."""
    if location is None or location.file == COMMAND_LINE:
        return location.file if location else ""
    return f"{location.file}:{location.line}"
