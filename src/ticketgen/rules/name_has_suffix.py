"""Failure 3: some names lack the suffix."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.names import Name, chosen_freely, is_input, names, suffixes
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for name in names(subject):
        declared = suffixes(name.found.scope)
        if declared and _lacks(name, declared):
            suffix = min(declared, key=lambda variable: (not variable.endswith("suffix"), variable))
            message = f"{name.found.address} has a {name.attribute} that does not depend on {suffix}"
            yield Problem(message, name.found.at(name.attribute))


def _lacks(name: Name, declared: frozenset[str]) -> bool:
    origins = name.origins
    if declared & origins or chosen_freely(origins) or is_input(name.expression):
        return False
    # Where the suffix is but one of the inputs that a stack is named by, any of them will do.
    return any(variable.endswith("suffix") for variable in declared) or not any(
        origin.startswith("var.") for origin in origins
    )


RULE = Rule(
    id="name-has-suffix",
    severity=Severity.ERROR,
    summary="Every name that is unique in an account depends on the environment suffix",
    why=(
        "One name without the suffix is enough for the second deployment to fail, or to take over what belongs to the "
        "first. It shows only when somebody deploys the second one."
    ),
    fix='write it as "${local.app_name}-<what>-${var.environment_suffix}"',
    check=_check,
)
