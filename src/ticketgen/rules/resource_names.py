"""Names that a configuration gives to resources, with the origins of each name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.hcl.address import WORKSPACE, Address
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.origins import UNKNOWN_ORIGIN
from ticketgen.hcl.syntax import Expression, Literal, Parentheses, Reference
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = [
    "NAME_ATTRIBUTES",
    "SUFFIX",
    "UNRESTRICTED",
    "NameAttribute",
    "is_input",
    "names",
    "suffixes",
    "varies_without_variable",
]

SUFFIX = re.compile(
    r"(?:\w+_)?suffix|(?:environment|env|stage|workspace|deployment)(?:_(?:name|id|type))?|name_prefix"
)
"""Names of variables that distinguish one deployment from another."""

UNRESTRICTED = frozenset({
    ("aws_elasticache_user", "user_name"),  # a group of engine redis must contain a user named default
    ("aws_rds_cluster", "database_name"),  # unique within the cluster only, and hyphens are invalid
    ("aws_db_instance", "db_name"),
    ("aws_rds_cluster", "final_snapshot_identifier"),
})  # fmt: skip
"""Names that need no suffix: AWS prescribes them, or they are unique only within their resource."""

# Further names that are unique in an account and missing from NAME_LIMITS.
_MORE_NAMES = frozenset({
    ("aws_cloudfront_function", "name"),
    ("aws_db_instance", "identifier"),
    ("aws_ecr_repository", "name"),
    ("aws_ecs_cluster", "name"),
    ("aws_eks_cluster", "name"),
    ("aws_iam_policy", "name"),
    ("aws_iam_user", "name"),
    ("aws_iam_instance_profile", "name"),
    ("aws_kinesis_firehose_delivery_stream", "name"),
    ("aws_lb", "name"),
    ("aws_msk_cluster", "cluster_name"),
    ("aws_s3_bucket", "bucket"),
    ("aws_scheduler_schedule", "name"),
    ("aws_secretsmanager_secret", "name"),
    ("aws_ssm_parameter", "name"),
})  # fmt: skip


NAME_ATTRIBUTES: dict[str, tuple[str, ...]] = {}
"""The attributes of each type with names that must be unique in an account."""
for _type, _attribute in sorted({*NAME_LIMITS, *_MORE_NAMES}):
    _limit = NAME_LIMITS.get((_type, _attribute))
    # Names within a parent need no suffix of their own. A dotted path leads into a block or a map.
    if (
        "." not in _attribute
        and (_limit is None or _limit.scope != "parent")
        and (_type, _attribute) not in UNRESTRICTED
    ):
        NAME_ATTRIBUTES[_type] = (*NAME_ATTRIBUTES.get(_type, ()), _attribute)


@dataclass(frozen=True, slots=True)
class NameAttribute:
    """One attribute that names a resource."""

    resource: BlockInstance
    attribute: str
    expression: Expression

    @property
    def origins(self) -> frozenset[Address]:
        """The origins of the name; see `ticketgen.hcl.origins`."""
        resource = self.resource
        return resource.subject.origins.of(self.expression, resource.scope, resource.declared.block)


def names(subject: Subject) -> Iterator[NameAttribute]:
    """Every name that must be unique in an account, in every scope of its module."""
    for type, attributes in NAME_ATTRIBUTES.items():
        for found in subject.resources(type):
            for attribute in attributes:
                expression = found.expression(attribute)
                if expression is not None and not _is_null(expression):
                    yield NameAttribute(found, attribute, expression)


def suffixes(subject: Subject, scope: Scope) -> frozenset[Address]:
    """The root module's variables that distinguish one deployment from another."""
    variables = scope.root.module.variables
    return subject.memoized(
        ("suffixes", id(scope.root)),
        lambda: frozenset(each.address for name, each in variables.items() if SUFFIX.fullmatch(name)),
    )


@lru_cache(maxsize=1024)
def varies_without_variable(origins: frozenset[Address]) -> bool:
    """Whether a name varies without a variable.

    It may depend on the workspace, a random resource, a data source or an unknown value.
    """
    return any(
        each in {UNKNOWN_ORIGIN, WORKSPACE}
        or each.kind == "data"
        or (each.kind == "resource" and each.type.startswith("random_"))
        for each in origins
    )


def is_input(expression: Expression) -> bool:
    """Whether a name is exactly one variable, so that the user of the stack sets it."""
    while isinstance(expression, Parentheses):
        expression = expression.inner
    return isinstance(expression, Reference) and expression.root == "var"


def _is_null(expression: Expression) -> bool:
    return isinstance(expression, Literal) and expression.value is None
