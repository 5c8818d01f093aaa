"""Failure 2: no environment suffix."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.rules.resource_names import NameAttribute, names, suffixes, varies_without_variable
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "fixed_names", "fixed_names_problem"]


def _check(subject: Subject) -> Iterator[Problem]:
    for names_of_root in fixed_names(subject):
        yield fixed_names_problem(names_of_root)


def fixed_names(subject: Subject) -> list[list[NameAttribute]]:
    """The names that every deployment of a root module has, for each root module without a suffix."""
    found: dict[int, list[NameAttribute]] = {}
    for name in names(subject):
        root = name.resource.scope.root
        origins = name.origins
        if (
            suffixes(subject, name.resource.scope)
            or varies_without_variable(origins)
            or any(origin.kind == "var" for origin in origins)
        ):
            continue
        found.setdefault(id(root), []).append(name)
    return list(found.values())


def fixed_names_problem(names_of_root: list[NameAttribute]) -> Problem:
    """The violation that fixed names of a root module are: the first one, and how many others there are."""
    first = min(names_of_root, key=lambda name: name.resource.at(name.attribute))
    others = len({(name.resource.address, name.attribute) for name in names_of_root}) - 1
    more = f", and {others} other name{'s are' if others > 1 else ' is'} fixed too" if others else ""
    message = f"{first.resource.address} {_describe(first)} in every deployment{more}"
    return Problem(message, first.resource.at(first.attribute))


def _describe(name: NameAttribute) -> str:
    value = name.resource.value_with_defaults(name.attribute)
    return f"is named {quoted(value)}" if isinstance(value, str) else "has the same name"


RULE = Rule(
    id="suffix-declared",
    severity=Severity.ERROR,
    certain=True,
    summary="A stack declares an environment suffix",
    why=(
        "Names are unique in an account, so a stack with fixed names can be deployed there only once. A second "
        "environment, a test deployment or a blue-green deployment fails at its first resource."
    ),
    fix='declare variable "environment_suffix", and end every name with it',
    check=_check,
)
