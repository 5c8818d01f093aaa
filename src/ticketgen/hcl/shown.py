"""Text from a file, as messages show it."""

from __future__ import annotations

import json

__all__ = ["shown"]


def shown(text: str) -> str:
    """The text in double quotes, with everything escaped that a terminal would act on."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else f"\\u{ord(mark):04x}" for mark in quoted)
