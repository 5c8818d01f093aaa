"""The meaning of a plain YAML scalar.

YAML 1.2's core schema, except for numbers that YAML readers disagree on. So ``no``, ``on``, ``1:30``,
``1_000``, ``0x1F``, ``.inf`` and ``2026-11-24`` are text, and so is ``010``, which is 8 to YAML 1.1 and 10 to
YAML 1.2: a field for a number refuses it and says what to write. No value changes silently.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["plain_value"]

_KEYWORDS: Final = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")  # within 64 bits
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar."""
    if text in _KEYWORDS:
        return _KEYWORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
