"""Version constraints in Terraform's syntax.

Source: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

from __future__ import annotations

import re
from typing import TypeAlias

from ticketgen.hcl.syntax import Expression, Literal

__all__ = ["Terms", "allows", "constraint_terms", "holds"]

Terms: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""The operators and versions of a constraint, such as ``((">=", (5, 100)), ("<", (7,)))``."""

_TERM = re.compile(r"(=|!=|>=|<=|>|<|~>)?+\s*+v?+(\d++(?:\.\d++)*+)(?:[-+][\w.+-]*+)?+")
_MAX_LENGTH = 200
"""Limit of characters in a constraint; a longer one counts as unreadable."""


def allows(constraint: Expression, version: tuple[int, ...]) -> bool:
    """Whether a constraint allows a version.

    True if the constraint is unreadable, because Terraform itself reports that.
    """
    return all(holds(*term, version) for term in constraint_terms(constraint))


def constraint_terms(constraint: Expression) -> Terms:
    """The operators and versions of a constraint; none for what is unreadable."""
    if not isinstance(constraint, Literal) or not isinstance(constraint.value, str):
        return ()
    if len(constraint.value) > _MAX_LENGTH:
        return ()
    matches = [_TERM.fullmatch(term.strip()) for term in constraint.value.split(",")]
    return tuple(
        (match[1] or "=", tuple(int(part[:9]) for part in match[2].split("."))) for match in matches if match
    )


def holds(operator: str, bound_version: tuple[int, ...], version: tuple[int, ...]) -> bool:
    """Whether a version is within one term of a constraint."""
    width = max(len(bound_version), len(version))
    bound, value = (each + (0,) * (width - len(each)) for each in (bound_version, version))
    match operator:
        case "=":
            return value == bound
        case "!=":
            return value != bound
        case ">=":
            return value >= bound
        case "<=":
            return value <= bound
        case ">":
            return value > bound
        case "<":
            return value < bound
    # ~> 5.1 allows 5.1 or later, before 6; ~> 5.1.2 allows 5.1.2 or later, before 5.2; ~> 5 allows 5 or later.
    return value >= bound and (
        len(bound_version) < 2 or value[: len(bound_version) - 1] == bound_version[:-1]
    )
