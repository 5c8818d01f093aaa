"""UTF-16 code units, in which editors count columns.

Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position
"""

from __future__ import annotations

__all__ = ["column_at", "utf_16_units"]


def utf_16_units(text: str) -> int:
    """The number of units of a text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def column_at(units: int, line: str) -> int:
    """The column of the character after some units of a line, counted from 1."""
    before = line.encode("utf-16-le", "surrogatepass")[: 2 * units]
    return len(before.decode("utf-16-le", "replace")) + 1
