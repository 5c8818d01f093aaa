"""Failure 3: some names lack the suffix."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.address import Address
from ticketgen.rules.resource_names import NameAttribute, is_input, names, suffixes, varies_without_variable
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for name in names(subject):
        declared = suffixes(subject, name.resource.scope)
        if declared and _lacks(name, declared):
            subject.spend(len(declared))
            suffix = min(declared, key=lambda variable: (not variable.name.endswith("suffix"), variable))
            message = f"the {name.attribute} of {name.resource.address} does not depend on {suffix}"
            help = f"add ${{{suffix}}} to the {name.attribute}"
            yield Problem(message, name.resource.at(name.attribute), help)


def _lacks(name: NameAttribute, declared: frozenset[Address]) -> bool:
    origins = name.origins
    if declared & origins or varies_without_variable(origins) or is_input(name.expression):
        return False
    # A stack without a variable named suffix may build its names from any of its inputs.
    return any(variable.name.endswith("suffix") for variable in declared) or not any(
        origin.kind == "var" for origin in origins
    )


RULE = Rule(
    id="name-has-suffix",
    severity=Severity.ERROR,
    certain=True,
    summary="Every name that must be unique in an account depends on the environment suffix",
    why=(
        "A single name without the suffix makes the second deployment fail, or lets it take over a resource of the "
        "first. The mistake stays hidden until somebody makes the second deployment."
    ),
    fix='end the name with the suffix, as in "${local.app_name}-refunds-${var.environment_suffix}"',
    check=_check,
)
