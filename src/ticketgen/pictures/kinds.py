"""Which resource types are boxes, which are lines, and what the legend says of the rest: all of it is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = [
    "BOXES",
    "LINKS",
    "NOTES",
    "OWNERS",
    "USES",
    "WAYS",
    "WAY_OF_FUNCTION",
    "Box",
    "Link",
    "Way",
    "Words",
]


class Way(StrEnum):
    """A way through the stack, in the order in which they are told."""

    PURCHASE = "purchase"
    READ = "read"
    FOLLOWING = "following"
    VERIFICATION = "verification"
    CORRECTION = "correction"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Words:
    """What a way is called, and what it is."""

    letter: str
    title: str
    sentence: str


WAYS: Mapping[Way, Words] = MappingProxyType(
    {
        Way.PURCHASE: Words(
            "P", "A purchase", "seats are locked, then sold in one transaction in the event's home"
        ),
        Way.READ: Words("R", "A read", "which seats are free, from the Region's own seat map"),
        Way.FOLLOWING: Words(
            "S", "What a sale sets off", "the seat map and the analytics follow the tables by themselves"
        ),
        Way.VERIFICATION: Words(
            "V", "A verification", "the clock starts it; ledger and inventory are compared everywhere"
        ),
        Way.CORRECTION: Words("C", "A correction", "the losing sale is voided, recorded and refunded"),
        Way.OTHER: Words("", "Besides", "what no retry could save, and who buyers are"),
    }
)

WAY_OF_FUNCTION: Mapping[str, Way] = MappingProxyType(
    {
        "ticket_purchase": Way.PURCHASE,
        "seat_availability": Way.READ,
        "seat_cache_sync": Way.FOLLOWING,
        "kinesis_processor": Way.FOLLOWING,
        "inventory_verifier": Way.VERIFICATION,
        "oversell_corrector": Way.CORRECTION,
    }
)
"""Every line belongs to the way of the function at one of its ends; a function that is not here is on none."""


NO_WAY = frozenset({"aws_api_gateway_domain_name", "aws_cognito_user_pool"})
"""Boxes whose lines are on no way: they stand before all of them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A type that is drawn as a box.

    Attributes:
        kind: decides over the colour: ``door``, ``function``, ``store``, ``stream``, ``machine`` or ``clock``.
        what: below the name.
        column: from the buyers inwards; a function moves behind what feeds it, a clock beside what it starts.
    """

    kind: str
    what: str
    column: int


BOXES: Mapping[str, Box] = MappingProxyType(
    {
        "aws_wafv2_web_acl": Box("door", "firewall (WAF)", 0),
        "aws_cognito_user_pool": Box("door", "user pool (Cognito)", 0),
        "aws_api_gateway_domain_name": Box("door", "custom domain", 0),
        "aws_cloudwatch_event_rule": Box("clock", "clock (EventBridge)", 0),
        "aws_api_gateway_rest_api": Box("door", "REST API", 1),
        "aws_sfn_state_machine": Box("machine", "state machine", 1),
        "aws_lambda_function": Box("function", "function", 2),
        "aws_dynamodb_table": Box("store", "table", 3),
        "aws_elasticache_replication_group": Box("store", "seat map (Redis)", 3),
        "aws_timestreamwrite_table": Box("store", "audit (Timestream)", 3),
        "aws_sqs_queue": Box("queue", "queue", 3),
        "aws_kinesis_stream": Box("stream", "stream (Kinesis)", 4),
        "aws_rds_cluster": Box("store", "database (Aurora)", 6),
    }
)


@dataclass(frozen=True, slots=True)
class Link:
    """A type that is drawn as a line.

    Attributes:
        source: the attribute that leads to where the line begins.
        target: the attribute that leads to where it ends.
        apart: whether what happens at its end happens later, by itself: dashed.
        failures: the blocks that lead to where it goes wrong; "" if none.
    """

    source: str
    target: str
    apart: bool = False
    failures: str = ""


LINKS: Mapping[str, Link] = MappingProxyType(
    {
        "aws_wafv2_web_acl_association": Link("web_acl_arn", "resource_arn"),
        "aws_api_gateway_authorizer": Link("provider_arns", "rest_api_id"),
        "aws_api_gateway_base_path_mapping": Link("domain_name", "api_id"),
        "aws_api_gateway_integration": Link("rest_api_id", "for_each"),
        "aws_cloudwatch_event_target": Link("rule", "arn"),
        "aws_lambda_event_source_mapping": Link(
            "event_source_arn",
            "function_name",
            apart=True,
            failures="destination_config.on_failure.destination_arn",
        ),
        "aws_dynamodb_kinesis_streaming_destination": Link("table_name", "stream_arn", apart=True),
    }
)

USES: Mapping[str, str] = MappingProxyType(
    {
        "aws_lambda_function": "environment.variables",
        "aws_sfn_state_machine": "definition",
        "aws_sqs_queue": "redrive_policy",
    }
)
"""Boxes that lead to others by themselves, and the attribute that does."""

OWNERS: Mapping[str, str] = MappingProxyType({"aws_api_gateway_stage": "rest_api_id"})
"""Parts of a box, and the attribute that leads to it."""

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "aws_acm_certificate": "the custom domain's certificate",
        "aws_acm_certificate_validation": "waits until the certificate is issued",
        "aws_api_gateway_account": "lets API Gateway write logs",
        "aws_api_gateway_deployment": "a snapshot of the API",
        "aws_api_gateway_method": "a route's method, and who may call it",
        "aws_api_gateway_method_settings": "throttling and metrics",
        "aws_api_gateway_model": "the shape of a body",
        "aws_api_gateway_request_validator": "turns away what is not of that shape",
        "aws_api_gateway_resource": "a route's path",
        "aws_api_gateway_stage": "what of the API is live",
        "aws_cloudwatch_dashboard": "the Region at a glance",
        "aws_cloudwatch_log_group": "logs, kept for a while",
        "aws_cloudwatch_metric_alarm": "rings when an objective is missed",
        "aws_cognito_user_pool_client": "what shops sign in with",
        "aws_db_subnet_group": "where the database stands",
        "aws_default_security_group": "lets nothing through",
        "aws_elasticache_parameter_group": "how Redis behaves when it is full",
        "aws_elasticache_subnet_group": "where Redis stands",
        "aws_elasticache_user": "who may talk to Redis",
        "aws_elasticache_user_group": "the users of Redis together",
        "aws_flow_log": "what security groups stopped",
        "aws_iam_role": "one for each function and service",
        "aws_iam_role_policy": "what a role may do",
        "aws_iam_role_policy_attachment": "the same, by a policy of AWS's own",
        "aws_kms_alias": "the key's name",
        "aws_kms_key": "encrypts all that a Region stores",
        "aws_lambda_permission": "who may call a function",
        "aws_rds_cluster_instance": "the database's processors",
        "aws_rds_cluster_parameter_group": "how the database behaves",
        "aws_route53_health_check": "whether a Region answers",
        "aws_route53_record": "leads buyers to the nearest Region",
        "aws_route_table": "no route leads to the internet",
        "aws_route_table_association": "a subnet and its routes",
        "aws_security_group": "see the flows",
        "aws_sns_topic": "where alarms go",
        "aws_subnet": "private, two a Region",
        "aws_timestreamwrite_database": "holds the audit trail",
        "aws_vpc": "a Region's network",
        "aws_vpc_endpoint": "the way to DynamoDB",
        "aws_vpc_security_group_egress_rule": "a flow's way out",
        "aws_vpc_security_group_ingress_rule": "a flow's way in",
        "aws_wafv2_web_acl_logging_configuration": "what the firewall blocked",
        "terraform_data": "remembers the environment's suffix",
    }
)
"""What the legend says of types that are no boxes and no lines. One that is not here is listed by its name."""
