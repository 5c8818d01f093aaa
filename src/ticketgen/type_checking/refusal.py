"""The error for a call that Terraform refuses, and helpers that several checks share."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["Refused", "is_no_number"]

_WORD: Final = re.compile("[A-Za-z_ ]*")


class Refused(Exception):
    """Terraform refuses the call: the index of the argument, and why."""

    def __init__(self, argument: int, reason: str) -> None:
        super().__init__(reason)
        self.argument = argument
        self.reason = reason


def is_no_number(value: Any) -> bool:
    """Whether a value surely does not convert to a number."""
    if isinstance(value, str):
        return bool(_WORD.fullmatch(value)) and not value.lower().startswith(("inf", "nan"))
    return isinstance(value, bool | list | dict)
