"""IAM actions that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.iam_actions import iam_actions
from ticketgen.escaping import quoted
from ticketgen.findings import Location, Severity
from ticketgen.guesses import did_you_mean
from ticketgen.rules.grants import matches_pattern
from ticketgen.rules.policy_elements import policy_statements, texts_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "unknown_action"]

_MAX_CHARACTERS = 128
"""Longer texts are no names of actions."""
_VERBS = frozenset(
    {"get", "list", "describe", "view", "batchget", "read", "search", "create", "delete", "put", "update"}
)
"""Beginnings of patterns that many policies list for every service, whether or not it has such an action."""
_STEPS_OF_A_SEARCH = 500
"""Steps that a comparison with all actions of a service counts as."""


def _check(subject: Subject) -> Iterator[Problem]:
    judged: dict[str, tuple[str, str] | None] = {}
    for action, location in _actions(subject):
        if action not in judged:
            subject.spend(_STEPS_OF_A_SEARCH)
            judged[action] = unknown_action(action)
        problem = judged[action]
        if problem is not None:
            yield Problem(problem[0], location, problem[1])


def _actions(subject: Subject) -> Iterator[tuple[str, Location]]:
    for statement in policy_statements(subject):
        for name in ("Action", "NotAction"):
            for action in texts_of(statement.elements.get(name)):
                yield action, statement.location


def unknown_action(action: str) -> tuple[str, str] | None:
    """What is wrong with an action or a pattern of actions, and the help; None if it may exist."""
    service, colon, operation = action.partition(":")
    # Unknown parts of a policy are private-use characters, and variables begin with $.
    if action == "*" or len(action) > _MAX_CHARACTERS or not action.isascii() or "$" in action:
        return None
    if not colon:
        return f"{quoted(action)} is not an action", "write SERVICE:ACTION, such as s3:GetObject"
    known = iam_actions()
    if "*" in service or "?" in service:
        return None
    names = known.get(service.lower())
    if names is None:
        return f"no service has the prefix {service} of {action}", did_you_mean(service.lower(), known)
    pattern = operation.lower()
    if pattern.rstrip("*") in _VERBS and pattern.endswith("*"):
        return None
    if any(matches_pattern(pattern, name.lower()) for name in names):
        return None
    if "*" in pattern or "?" in pattern:
        return f"{action} matches no action", f"use the beginning of an action of {service}"
    return f"{service} has no action {operation}", did_you_mean(operation, names)


RULE = Rule(
    id="iam-unknown-action",
    severity=Severity.WARNING,
    summary="Every IAM action in a policy exists",
    why="IAM accepts an action that does not exist. The statement then grants or denies less than it says.",
    fix="write the action as the Service Authorization Reference does; a new one may be missing in ticketgen's list",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html",
    ),
)
