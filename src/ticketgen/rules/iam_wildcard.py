"""Wildcards in IAM policies."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.policies import statements_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_POLICY_TYPES = ("aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy")
"""Resources whose argument ``policy`` is an IAM policy without principals."""

# Services whose data actions all take an ARN, according to the Service Authorization Reference.
_ARN_SERVICES = frozenset(
    {"dynamodb", "kinesis", "lambda", "rds-data", "s3", "secretsmanager", "sns", "sqs", "states"}
)
# Prefixes of the actions of these services that take no ARN, or apply to the account.
_ACTIONS_WITHOUT_ARN = (
    "list",
    "describe",
    "getaccount",
    "createevents",
    "batchget",
    "sendtask",
    "getlayer",
    "generate",
)


def _check(subject: Subject) -> Iterator[Problem]:
    for holder in subject.resources(*_POLICY_TYPES):
        yield from _check_policy(holder, "policy")
    for role in subject.resources("aws_iam_role"):
        for inline in role.nested_blocks("inline_policy"):
            yield from _check_policy(inline, "policy")


def _check_policy(holder: BlockInstance, attribute: str) -> Iterator[Problem]:
    for statement in statements_of(holder, attribute) or ():
        if not statement.allow or statement.has_principal:
            continue
        wildcards = [action for action in statement.actions or () if _matches_all(action)]
        if wildcards:
            yield Problem(f"{holder.address} grants {', '.join(wildcards)}", statement.location)
        elif statement.is_negated:
            yield Problem(f"{holder.address} grants every action except some", statement.location)
            continue
        if statement.has_condition:
            continue
        if any(isinstance(each, str) and each and not each.strip("*") for each in statement.resources or ()):
            # A broad action in the statement must not hide the others.
            named = [
                action for action in statement.actions or () if _takes_arn(action) and action not in wildcards
            ]
            if named:
                yield Problem(f"{holder.address} grants {_list(named)} on all resources", statement.location)


def _matches_all(action: str) -> bool:
    """Whether a pattern matches all actions, or all actions of a service."""
    operation = action.rpartition(":")[2]
    return "*" in operation and not operation.strip("*?")


def _takes_arn(action: str) -> bool:
    service, _, operation = action.lower().partition(":")
    return service in _ARN_SERVICES and not operation.startswith(_ACTIONS_WITHOUT_ARN)


def _list(actions: list[str]) -> str:
    return ", ".join(actions[:3]) + (f" and {len(actions) - 3} more" if len(actions) > 3 else "")


RULE = Rule(
    id="iam-wildcard",
    severity=Severity.WARNING,
    summary="A policy names each action and, if the action takes one, the ARN of its resource",
    why="A wildcard grants more than intended: other teams' tables, and actions that AWS adds later.",
    fix="name each action and the ARN of each resource",
    check=_check,
    sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",),
)
