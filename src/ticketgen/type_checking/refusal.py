"""The error for a call that Terraform refuses, the receiver of problems, and a helper that checks share."""

from __future__ import annotations

import re
from typing import Any, Final, Protocol, TypeAlias

from ticketgen.hcl.syntax import Node

__all__ = ["Refused", "ReportProblem", "Rewrite", "is_no_number"]

_WORD: Final = re.compile("[A-Za-z_ ]*")


Rewrite: TypeAlias = tuple[str, str] | None
"""A text and what must stand there instead."""


class ReportProblem(Protocol):
    """Receives a problem."""

    def __call__(self, node: Node, message: str, help: str, rewrite: Rewrite = None) -> None:
        """Receive the place, what is wrong, the fix, and the text there with the obviously correct one."""


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
