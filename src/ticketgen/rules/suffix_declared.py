"""Failure 2: no environment suffix."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.names import Name, chosen_freely, names, suffixes
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    fixed: dict[int, list[Name]] = {}
    for name in names(subject):
        root = name.found.scope.root
        origins = name.origins
        if suffixes(name.found.scope) or chosen_freely(origins) or any(o.startswith("var.") for o in origins):
            continue
        fixed.setdefault(id(root), []).append(name)
    for found in fixed.values():
        first = min(found, key=lambda name: name.found.at(name.attribute))
        others = len({(name.found.address, name.attribute) for name in found}) - 1
        more = f", like {others} more" if others else ""
        message = (
            f"nothing tells one deployment from another: {first.found.address} is named {_shown(first)}{more}"
        )
        yield Problem(message, first.found.at(first.attribute))


def _shown(name: Name) -> str:
    value = name.found.assumed(name.attribute)
    return repr(value) if isinstance(value, str) else "the same everywhere"


RULE = Rule(
    id="suffix-declared",
    severity=Severity.ERROR,
    summary="A stack declares an environment suffix",
    why=(
        "Names are unique in an account, so a stack with fixed names can be deployed there once. The second "
        "environment, a test of the first, or a blue beside the green fails at its first resource."
    ),
    fix='declare variable "environment_suffix", and end every name with it',
    check=_check,
)
