"""A titled table of a report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row", "Section", "changed", "format_short"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, and longer details about it."""

    cells: tuple[str, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table.

    Attributes:
        title: one line.
        headers: of the cells; the first column is text, the others are aligned right unless they are in `text`.
        rows: below the headers.
        notes: sentences below the rows.
        commands: shell commands below the notes.
        text: the headers of further text columns.
        details: the headers of the rows' details.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    text: frozenset[str] = frozenset()
    details: tuple[str, ...] = ()


def format_short(number: float) -> str:
    """A number with about four digits: ``0.002146``, ``12.5``, ``1,320``."""
    if number == 0 or abs(number) >= 1000 or number == int(number):
        return f"{round(number):,}"
    return f"{float(f'{number:.4g}'):,.10f}".rstrip("0").rstrip(".")


def changed(before: str, after: str) -> str:
    """The new value, marked if it differs from the old one."""
    return after if after == before else f"→ {after}"
