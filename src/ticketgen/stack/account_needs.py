"""What the first apply needs of an account, for ``ops/preflight.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.aws import engines
from ticketgen.aws.apply_actions import APPLY_ACTIONS
from ticketgen.aws.quotas import QUOTAS
from ticketgen.aws.regions import REGIONS
from ticketgen.aws.zones import LIMITED_ZONE_IDS
from ticketgen.sizing import Sizing
from ticketgen.sizing.quota_needs import needs
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule, uses_timestream
from ticketgen.stack.names import NAMES, ResourceName
from ticketgen.stack.roles import roles

__all__ = ["KINDS", "account_needs"]

_ZONES = 2
"""Availability zones that a Region's network takes."""

# https://docs.aws.amazon.com/general/latest/gr/iam-service.html: IAM's quotas are those of this Region.
_GLOBAL_QUOTAS_REGION = "us-east-1"

KINDS: Mapping[tuple[str, str], str] = {
    ("aws_cloudwatch_log_group", "name"): "log group",
    ("aws_dynamodb_table", "name"): "table",
    ("aws_elasticache_replication_group", "replication_group_id"): "cache",
    ("aws_kinesis_stream", "name"): "stream",
    ("aws_kms_alias", "name"): "key alias",
    ("aws_lambda_function", "function_name"): "function",
    ("aws_rds_cluster", "cluster_identifier"): "database cluster",
    ("aws_secretsmanager_secret", "name"): "secret",
    ("aws_sfn_state_machine", "name"): "state machine",
    ("aws_sqs_queue", "name"): "queue",
}
"""Resources whose creation fails if another has their name, as the script calls them. IAM roles are added."""

# The resources that exist only in the hubs, besides their functions.
_HUB_KINDS = frozenset({"database cluster", "secret", "state machine", "stream"})
_HUB_WHATS = frozenset({"corrections", "failed-refunds", "refunds"})
_HUB_LOG_PREFIXES = ("/aws/rds/", "/aws/vendedlogs/states/")


def account_needs(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The part ``preflight`` of ``ops/stack.json``.

    No entry lists Regions, so that adding one after the second changes nothing here. In names, ``{what}`` stands for
    the name of the stack's resource with that middle.
    """
    state, cache = environment.state, engines.CACHES[environment.cache.engine]
    return {
        "quotas": list(_quotas(environment, sizing)),
        "manages_log_role": environment.api.log_role == "managed",
        "zones": {"needed": _ZONES, "excluded_ids": list(LIMITED_ZONE_IDS)},
        "cache": {"engine": cache.engine, "version": cache.version},
        "database": {
            "engine": engines.AURORA_POSTGRESQL.engine,
            "version": engines.AURORA_POSTGRESQL.version,
            "instance_class": "db.serverless",
        },
        "runtime": engines.PYTHON.version,
        "names": _names(environment),
        "state_bucket": state.bucket or "",
        "state_region": (state.region or environment.primary_region) if state.bucket else "",
        "apply_actions": sorted(set(_actions(environment))),
    }


def _quotas(environment: Environment, sizing: Sizing) -> Iterator[dict[str, object]]:
    """Each quota with what the primary, the secondary and every other Region need of it."""
    places = {environment.primary_region: "primary", environment.secondary_region: "secondary"}
    needed: dict[str, dict[str, int]] = {}
    for need in needs(environment, sizing):
        of_quota = needed.setdefault(need.quota.key, {})
        place = places.get(need.region, "others")
        of_quota[place] = max(need.needed, of_quota.get(place, 0))
    partition = REGIONS[environment.primary_region].partition
    for key, by_place in needed.items():
        quota = QUOTAS[key]
        yield {
            "service": quota.service,
            "code": quota.code,
            "name": quota.name,
            "raisable": quota.raisable,
            "region": _GLOBAL_QUOTAS_REGION if quota.is_global and partition == "aws" else "",
            "needed": by_place,
        }


def _names(environment: Environment) -> dict[str, dict[str, list[str]]]:
    """The names that must be free, by place and kind."""
    found: dict[str, dict[str, list[str]]] = {place: {} for place in ("account", "hubs", "regions")}
    found["account"]["role"] = [f"{{{role.what}}}" for role in roles(environment)]
    absent = {function.what for function in FUNCTIONS.values() if not function.wanted(environment)}
    for name in NAMES:
        kind = KINDS.get((name.resource, name.attribute))
        if (
            kind is None
            or name.what in absent
            or (name.what == "corrections" and uses_timestream(environment))
        ):
            continue
        place = "hubs" if _is_of_hub(name, kind) else "regions"
        found[place].setdefault(kind, []).append(f"{name.before}{{{name.what}}}{name.after}")
    return found


def _is_of_hub(name: ResourceName, kind: str) -> bool:
    function = next((each for each in FUNCTIONS.values() if each.what == name.what), None)
    if function is not None:
        return function.module is not FunctionModule.REGION
    return kind in _HUB_KINDS or name.what in _HUB_WHATS or name.before.startswith(_HUB_LOG_PREFIXES)


def _actions(environment: Environment) -> Iterator[str]:
    """The actions of all kinds of resources that the environment has."""
    optional = {
        "aws_acm_": environment.api.domain is not None,
        "aws_api_gateway_account": environment.api.log_role == "managed",
        "aws_api_gateway_authorizer": environment.api.auth == "cognito",
        "aws_api_gateway_base_path_mapping": environment.api.domain is not None,
        "aws_api_gateway_domain_name": environment.api.domain is not None,
        "aws_api_gateway_integration_response": environment.api.cors is not None,
        "aws_api_gateway_method_response": environment.api.cors is not None,
        "aws_cognito_": environment.api.auth == "cognito",
        "aws_dynamodb_table_item": environment.api.auth == "cognito",
        "aws_dynamodb_table_replica": len(environment.regions) > 1,
        "aws_route53_": environment.api.domain is not None,
        "aws_sns_topic": environment.alarms.topic_arn is None,
        "aws_sns_topic_policy": False,
        "aws_sns_topic_subscription": bool(environment.alarms.email),
        "aws_timestreamwrite_": uses_timestream(environment),
    }
    for resource, actions in APPLY_ACTIONS.items():
        if all(wanted for prefix, wanted in optional.items() if resource.startswith(prefix)):
            yield from actions
