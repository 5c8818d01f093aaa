"""The parts of an IAM policy: statements, conditions, and ARNs as HCL expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ticketgen.rendering.quoted import RawExpression

__all__ = ["ANY", "Condition", "Statement", "arn", "name"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a statement: IAM's test and variable, and an HCL expression."""

    test: str
    variable: str
    value: RawExpression


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy: actions on resources."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[RawExpression, ...]
    condition: Condition | None = None
    effect: Literal["Allow", "Deny"] = "Allow"


ANY = RawExpression('"*"')
"""Every resource, for actions that take no ARN."""


def arn(service: str, rest: str) -> RawExpression:
    """The ARN of a resource of this account, in any Region: see roles.tf.j2."""
    return RawExpression(f'"arn:${{local.partition}}:{service}:*:${{local.account_id}}:{rest}"')


def name(what: str) -> str:
    """The name of a resource of the stack, inside an HCL string of the root module."""
    return f"${{local.app_name}}-{what}-${{var.environment_suffix}}"
