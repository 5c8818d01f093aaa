"""Catalogue of every name in a stack, and the check of their lengths.

A name is ``<project>-<what>-<suffix>``. The catalogue lists the resources that carry each ``what``; the templates
cannot use any other (``templates/stack/_names.j2``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.aws.engines import AURORA_POSTGRESQL, CACHES
from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.findings import Finding
from ticketgen.findings.stacks import NAME_TOO_LONG
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.roles import SERVICE_ROLES

__all__ = [
    "LABELS", "NAMES", "PARAMETER_GROUPS", "UNSUFFIXED", "WHATS", "ResourceName", "check_names", "longest_suffix",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResourceName:
    """A name as one attribute carries it.

    Attributes:
        what: the middle of the name.
        resource: the resource type.
        attribute: the attribute that holds the name.
        before: a prefix that AWS or a convention requires, such as ``/aws/lambda/``.
        after: text after the environment suffix, such as ``.fifo``.
    """

    what: str
    resource: str
    attribute: str
    before: str = ""
    after: str = ""

    def text(self, project: str, suffix: str) -> str:
        """The whole name."""
        return f"{self.before}{project}-{self.what}-{suffix}{self.after}"


def _named(
    resource: str, attribute: str, *whats: str, before: str = "", after: str = ""
) -> tuple[ResourceName, ...]:
    return tuple(ResourceName(what, resource, attribute, before, after) for what in whats)


# The longest Region name, for names that end with it.
_REGION = "-ap-southeast-1"

_FUNCTIONS = tuple(function.what for function in FUNCTIONS.values())
_ROLES = (*_FUNCTIONS, *(role.what for role in SERVICE_ROLES))

PARAMETER_GROUPS: Mapping[str, str] = MappingProxyType({
    AURORA_POSTGRESQL.engine: f"sales-{AURORA_POSTGRESQL.family}",
    **{cache.engine: f"seats-{cache.family}" for cache in CACHES.values()},
})  # fmt: skip
"""The middle of a parameter group's name, by engine."""

NAMES: tuple[ResourceName, ...] = (
    *_named("aws_api_gateway_authorizer", "name", "buyers"),
    *_named("aws_api_gateway_request_validator", "name", "tickets"),
    *_named("aws_api_gateway_rest_api", "name", "tickets"),
    *_named("aws_cloudwatch_dashboard", "dashboard_name", "sales", after=_REGION),
    *_named("aws_cloudwatch_event_rule", "name", "seat-cache-refresh", "ticker"),
    *_named("aws_cloudwatch_event_target", "target_id", "seat-cache-refresh", "ticker"),
    *_named("aws_cloudwatch_log_group", "name", *_FUNCTIONS, before="/aws/lambda/"),
    *_named("aws_cloudwatch_log_group", "name", "tickets", before="/aws/apigateway/"),
    *_named("aws_cloudwatch_log_group", "name", "tickets", before="aws-waf-logs-"),
    *_named("aws_cloudwatch_log_group", "name", "flows", before="/aws/vpc/"),
    *_named("aws_cloudwatch_log_group", "name", "seats", before="/aws/elasticache/"),
    *_named("aws_cloudwatch_log_group", "name", "sales", before="/aws/rds/cluster/", after="/postgresql"),
    *_named("aws_cloudwatch_log_group", "name", "verification", "ticker", before="/aws/vendedlogs/states/"),
    *_named("aws_cloudwatch_log_metric_filter", "name", "refused-requests"),
    *_named("aws_cognito_user_pool", "name", "buyers"),
    *_named("aws_cognito_user_pool_client", "name", "shop"),
    *_named("aws_db_subnet_group", "name", "sales"),
    *_named("aws_dynamodb_table", "name", "events", "ticket-inventory", "ticket-sales", "corrections"),
    *_named("aws_dynamodb_table", "name", "distributed-locks"),
    *_named("aws_elasticache_parameter_group", "name", *(PARAMETER_GROUPS[name] for name in CACHES)),
    *_named("aws_elasticache_replication_group", "replication_group_id", "seats"),
    *_named("aws_elasticache_subnet_group", "name", "seats"),
    *_named("aws_elasticache_user", "user_id", "nobody", "reader", "writer"),
    *_named("aws_elasticache_user", "user_name", "reader", "writer"),
    *_named("aws_elasticache_user_group", "user_group_id", "seats"),
    *_named("aws_iam_role", "name", *_ROLES),
    *_named("aws_iam_role_policy", "name", *_ROLES),
    *_named("aws_kinesis_stream", "name", "ticket-sales"),
    *_named("aws_kms_alias", "name", "key", before="alias/"),
    *_named("aws_lambda_function", "function_name", *_FUNCTIONS),
    *_named("aws_lambda_permission", "statement_id", "health"),
    *_named("aws_rds_cluster", "cluster_identifier", "sales"),
    *_named("aws_rds_cluster", "final_snapshot_identifier", "sales-final"),
    *_named("aws_rds_cluster_instance", "identifier", "sales", after="-0"),
    *_named("aws_rds_cluster_parameter_group", "name", PARAMETER_GROUPS[AURORA_POSTGRESQL.engine]),
    *_named("aws_secretsmanager_secret", "name", "sales-writer"),
    *_named("aws_security_group", "name", "functions", "seats", "sales"),
    *_named("aws_sfn_state_machine", "name", "verification", "ticker"),
    *_named("aws_sns_topic", "name", "alarms"),
    *_named("aws_sqs_queue", "name", "dead-letters"),
    *_named("aws_sqs_queue", "name", "refunds", "failed-refunds", after=".fifo"),
    *_named("aws_timestreamwrite_database", "database_name", "audit"),
    *_named("aws_timestreamwrite_table", "table_name", "corrections"),
    *_named("aws_wafv2_web_acl", "name", "tickets"),
)
"""Names whose length AWS limits. Tags, metrics and statement ids are in ``LABELS``."""

LABELS = (
    "common-rules", "dynamodb", "ip-reputation", "key", "known-bad-inputs", "metrics", "post-rate", "private",
    "rate", "unused", "vpc",
)  # fmt: skip
"""The middles of ``Name`` tags, WAF rules and metrics, whose limits (128 characters or more) are never reached."""

WHATS: Mapping[str, str] = MappingProxyType(
    {what: what for what in (*LABELS, *(name.what for name in NAMES))}
)
"""Lookup table for the templates: an unknown name fails the rendering."""


UNSUFFIXED: Mapping[tuple[str, str], str] = MappingProxyType({
    ("aws_acm_certificate", "domain_name"): "the spec's own domain",
    ("aws_api_gateway_domain_name", "domain_name"): "the spec's own domain",
    ("aws_api_gateway_model", "name"): "allows only letters and digits, and belongs to an API that carries the suffix",
    ("aws_cloudwatch_log_metric_filter", "metric_transformation.name"): "a metric of the stack's own namespace",
    ("aws_cognito_user_pool", "recovery_mechanism.name"): "Cognito's name for a recovery mechanism",
    ("aws_dynamodb_table", "attribute.name"): "a key attribute of a table that carries the suffix",
    ("aws_dynamodb_table", "ttl.attribute_name"): "an attribute of a table that carries the suffix",
    ("aws_elasticache_parameter_group", "parameter.name"): "a parameter of Valkey or Redis OSS",
    ("aws_elasticache_user", "user_name"): "a user group must contain a user named default",
    ("aws_lambda_alias", "name"): "belongs to a function that carries the suffix",
    ("aws_rds_cluster", "database_name"): "allows no hyphens, and belongs to a cluster that carries the suffix",
    ("aws_rds_cluster", "master_username"): "allows no hyphens, and belongs to a cluster that carries the suffix",
    ("aws_rds_cluster_parameter_group", "parameter.name"): "a PostgreSQL parameter",
    ("aws_vpc_endpoint", "service_name"): "an AWS service",
    ("aws_wafv2_web_acl", "managed_rule_group_statement.name"): "an AWS managed rule group",
    ("aws_wafv2_web_acl", "managed_rule_group_statement.vendor_name"): "the vendor of AWS managed rule groups",
    ("aws_wafv2_web_acl", "response_header.name"): "a header of HTTP",
})  # fmt: skip
"""Documented exceptions: names that are not ours, that AWS fixes, or that cannot carry a suffix."""


def longest_suffix(project: str) -> int:
    """The characters that AWS's limits leave for the suffix of this project."""
    return min(_room(name, project) for name in NAMES)


def check_names(project: Project, environment: Environment) -> Iterator[Finding]:
    """Yield a finding if the environment's name makes any name too long.

    The finding shows the longest name.
    """
    room = longest_suffix(environment.project)
    suffix = environment.name
    if len(suffix) <= room:
        return
    worst = min(NAMES, key=lambda name: _room(name, environment.project))
    text = worst.text(environment.project, suffix)
    attribute = f"{worst.resource}.{worst.attribute}"
    limit = NAME_LIMITS[worst.resource, worst.attribute].maximum
    yield NAME_TOO_LONG.found(
        f"{text!r} has {len(text)} characters, but {attribute} allows at most {limit}",
        f"shorten the environment's name to {room} characters, or the project's name by {len(suffix) - room}",
        at=project.locations.get(("environments", suffix)),
    )


def _room(name: ResourceName, project: str) -> int:
    return NAME_LIMITS[name.resource, name.attribute].maximum - len(name.text(project, ""))
