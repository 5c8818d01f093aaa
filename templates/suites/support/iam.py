"""Evaluate the stack's own policies, so that a role that lacks an action fails here first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from support.answers import ACCOUNT
from support.stack import Resource, Stack
from support.values import Unknown

__all__ = ["actions_of", "allows", "as_list", "policies_of", "role_of", "statements_of"]

# A transaction needs the permissions of the actions that it consists of.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_PARTS = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Get": "GetItem", "Put": "PutItem"}


def as_list(value: Any) -> list[Any]:
    """A list, for values that IAM accepts with or without brackets."""
    return value if isinstance(value, list) else [value]


def role_of(stack: Stack, arn: Any) -> Resource:
    """The role behind an ARN, such as that of a function."""
    for role in stack.resources("aws_iam_role"):
        if arn == f"arn:{stack.partition}:iam::{ACCOUNT}:role/{role.get('name')}":
            return role
    raise AssertionError(f"{arn} is not a role of the stack")


def policies_of(stack: Stack, role: Resource) -> Iterator[Mapping[str, Any]]:
    """The inline policies of a role."""
    own_names = (Unknown(f"{role.address}.id"), Unknown(f"{role.address}.name"), role.get("name"))
    for policy in stack.resources("aws_iam_role_policy"):
        if policy.get("role") in own_names:
            yield json.loads(policy.get("policy"))


def statements_of(stack: Stack, role: Resource) -> list[Mapping[str, Any]]:
    """The statements of all inline policies of a role."""
    return [statement for policy in policies_of(stack, role) for statement in policy["Statement"]]


def allows(stack: Stack, role: Resource, action: str, arn: str) -> bool:
    """Whether the code with a role may call an action on an ARN.

    Conditions count as met, those of denials too; tests check them one by one.
    """
    effects = {
        statement["Effect"]
        for statement in statements_of(stack, role)
        if any(fnmatchcase(action, pattern) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(arn, str(pattern)) for pattern in as_list(statement["Resource"]))
    }
    return effects == {"Allow"}


def actions_of(
    partition: str, region: str, service: str, operation: str, parameters: Mapping[str, Any]
) -> set[tuple[str, str]]:
    """The pairs of action and ARN that a DynamoDB call needs. The fakes of other services know their own."""
    assert service == "dynamodb"

    def table(name: str) -> str:
        return f"arn:{partition}:dynamodb:{region}:{ACCOUNT}:table/{name}"

    if operation in ("TransactWriteItems", "TransactGetItems"):
        parts = [
            (kind, part["TableName"]) for item in parameters["TransactItems"] for kind, part in item.items()
        ]
        return {(f"dynamodb:{_PARTS[kind]}", table(name)) for kind, name in parts}
    if operation == "BatchGetItem":
        return {("dynamodb:BatchGetItem", table(name)) for name in parameters["RequestItems"]}
    return {(f"dynamodb:{operation}", table(parameters["TableName"]))}
