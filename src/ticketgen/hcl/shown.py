"""Text from a file, as messages show it."""

from __future__ import annotations

import json

from ticketgen.escaping import visible

__all__ = ["shown"]


def shown(text: str) -> str:
    """The text in double quotes, with everything escaped that a terminal would act on."""
    return visible(json.dumps(text, ensure_ascii=False))
