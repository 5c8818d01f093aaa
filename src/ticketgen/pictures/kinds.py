"""Resource types that are boxes or lines, and the legend's notes on all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = [
    "BOX_TYPES", "LINE_TYPES", "NOTES", "OFF_PATH", "OWNERS", "PATHS", "PATH_OF_FUNCTION", "USES", "BoxType",
    "LineType", "PathText", "StackPath",
]  # fmt: skip


class StackPath(StrEnum):
    """A path through the stack, in the order of the legend."""

    PURCHASE = "purchase"
    READ = "read"
    FOLLOWING = "following"
    VERIFICATION = "verification"
    CORRECTION = "correction"
    OTHER = "other"

    @property
    def position(self) -> int:
        """The position in the legend, from 0."""
        return list(StackPath).index(self)


@dataclass(frozen=True, slots=True)
class PathText:
    """The letter, name and description of a path."""

    letter: str
    title: str
    sentence: str


PATHS: Mapping[StackPath, PathText] = MappingProxyType(
    {
        StackPath.PURCHASE: PathText(
            "P", "Purchase", "Locks the seats, then sells them in one transaction in the event's home Region."
        ),
        StackPath.READ: PathText("R", "Seat map", "Shows the free seats, from the Region's own cache."),
        StackPath.FOLLOWING: PathText("S", "Streams", "Update the seat maps and analytics after each sale."),
        StackPath.VERIFICATION: PathText(
            "V", "Verification", "Runs on a schedule and compares ledger and inventory in all Regions."
        ),
        StackPath.CORRECTION: PathText(
            "C", "Correction", "Voids, records and refunds the losing sale of an oversold seat."
        ),
        StackPath.OTHER: PathText("", "Other flows", "Dead letters, sign-in and rotation."),
    }
)

PATH_OF_FUNCTION: Mapping[str, StackPath] = MappingProxyType(
    {
        "ticket_purchase": StackPath.PURCHASE,
        "admission_queue": StackPath.PURCHASE,
        "seat_availability": StackPath.READ,
        "seat_cache_sync": StackPath.FOLLOWING,
        "kinesis_processor": StackPath.FOLLOWING,
        "sales_writer_rotation": StackPath.OTHER,
        "inventory_verifier": StackPath.VERIFICATION,
        "oversell_corrector": StackPath.CORRECTION,
    }
)
"""The path of each function; a line belongs to the path of the function at one of its ends."""

OFF_PATH = frozenset({"aws_api_gateway_domain_name", "aws_cognito_user_pool"})
"""Types whose lines belong to no path."""


@dataclass(frozen=True, slots=True)
class BoxType:
    """A type that is drawn as a box.

    Attributes:
        kind: determines the colour: ``door``, ``function``, ``store``, ``stream``, ``machine`` or ``clock``.
        description: the text below the name.
        column: the column, counted from the buyers inwards; functions move next to their sources, clocks next to their
            targets.
    """

    kind: str
    description: str
    column: int


BOX_TYPES: Mapping[str, BoxType] = MappingProxyType(
    {
        "aws_wafv2_web_acl": BoxType("door", "firewall (WAF)", 0),
        "aws_cognito_user_pool": BoxType("door", "user pool (Cognito)", 0),
        "aws_api_gateway_domain_name": BoxType("door", "custom domain", 0),
        "aws_cloudwatch_event_rule": BoxType("clock", "schedule (EventBridge)", 0),
        "aws_api_gateway_rest_api": BoxType("door", "REST API", 1),
        "aws_sfn_state_machine": BoxType("machine", "state machine", 1),
        "aws_lambda_function": BoxType("function", "function", 2),
        "aws_dynamodb_table": BoxType("store", "table", 3),
        "aws_elasticache_replication_group": BoxType("store", "seat map (cache)", 3),
        "aws_secretsmanager_secret": BoxType("store", "secret", 3),
        "aws_timestreamwrite_table": BoxType("store", "audit (Timestream)", 3),
        "aws_sqs_queue": BoxType("queue", "queue", 3),
        "aws_kinesis_stream": BoxType("stream", "stream (Kinesis)", 4),
        "aws_rds_cluster": BoxType("store", "database (Aurora)", 6),
    }
)


@dataclass(frozen=True, slots=True)
class LineType:
    """A type that is drawn as a line.

    Attributes:
        source: the attribute that refers to the start of the line.
        target: the attribute that refers to the end of the line.
        is_async: whether the line is asynchronous and drawn dashed.
        failure_attribute: the path of the attribute that refers to the failure destination; "" if none.
    """

    source: str
    target: str
    is_async: bool = False
    failure_attribute: str = ""


LINE_TYPES: Mapping[str, LineType] = MappingProxyType(
    {
        "aws_wafv2_web_acl_association": LineType("web_acl_arn", "resource_arn"),
        "aws_api_gateway_authorizer": LineType("provider_arns", "rest_api_id"),
        "aws_api_gateway_base_path_mapping": LineType("domain_name", "api_id"),
        "aws_api_gateway_integration": LineType("rest_api_id", "for_each"),
        "aws_cloudwatch_event_target": LineType("rule", "arn"),
        "aws_lambda_event_source_mapping": LineType(
            "event_source_arn",
            "function_name",
            is_async=True,
            failure_attribute="destination_config.on_failure.destination_arn",
        ),
        "aws_dynamodb_kinesis_streaming_destination": LineType("table_name", "stream_arn", is_async=True),
        "aws_secretsmanager_secret_rotation": LineType("secret_id", "rotation_lambda_arn", is_async=True),
    }
)

USES: Mapping[str, str] = MappingProxyType(
    {
        "aws_lambda_function": "environment.variables",
        "aws_sfn_state_machine": "definition",
        "aws_sqs_queue": "redrive_policy",
    }
)
"""The attribute through which a box of a type refers to other boxes."""

OWNERS: Mapping[str, str] = MappingProxyType(
    {"aws_api_gateway_stage": "rest_api_id", "aws_lambda_alias": "function_name"}
)
"""The attribute through which a resource that is part of a box refers to it."""

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "aws_acm_certificate": "certificate of the custom domain",
        "aws_acm_certificate_validation": "waits until the certificate is issued",
        "aws_api_gateway_account": "lets API Gateway write logs",
        "aws_api_gateway_deployment": "snapshot of the API",
        "aws_api_gateway_gateway_response": "error that API Gateway answers itself",
        "aws_api_gateway_integration_response": "answer to a preflight of a browser",
        "aws_api_gateway_method": "method of a route and its authorization",
        "aws_api_gateway_method_response": "headers of an answer to a preflight",
        "aws_api_gateway_method_settings": "throttling and metrics",
        "aws_api_gateway_model": "schema of a request body",
        "aws_api_gateway_request_validator": "rejects bodies that do not match the schema",
        "aws_api_gateway_resource": "path of a route",
        "aws_api_gateway_stage": "deployed version of the API",
        "aws_cloudwatch_dashboard": "key metrics of a Region",
        "aws_cloudwatch_log_group": "logs with a retention period",
        "aws_cloudwatch_log_metric_filter": "counts refused requests",
        "aws_cloudwatch_metric_alarm": "fires when an objective is missed",
        "aws_cognito_user_pool_client": "lets shops sign in",
        "aws_db_subnet_group": "subnets of the database",
        "aws_default_security_group": "allows no traffic",
        "aws_elasticache_parameter_group": "eviction policy of the cache",
        "aws_elasticache_subnet_group": "subnets of the cache",
        "aws_elasticache_user": "user of the cache with its access rights",
        "aws_elasticache_user_group": "groups the users of the cache",
        "aws_flow_log": "records traffic that security groups reject",
        "aws_iam_role": "one for each function and service",
        "aws_iam_role_policy": "permissions of a role",
        "aws_iam_role_policy_attachment": "attaches an AWS managed policy to a role",
        "aws_kms_alias": "name of the key",
        "aws_kms_key": "encrypts all stored data of a Region",
        "aws_dynamodb_table_item": "tells every Region the user pool",
        "aws_dynamodb_table_replica": "copy of a global table",
        "aws_lambda_alias": "version of a function that is served",
        "aws_lambda_permission": "lets a service call a function",
        "aws_rds_cluster_instance": "compute of the database",
        "aws_rds_cluster_parameter_group": "settings of the database",
        "aws_route53_health_check": "checks that a Region answers",
        "aws_route53_record": "routes buyers to the nearest Region",
        "aws_route_table": "has no route to the internet",
        "aws_route_table_association": "connects a subnet to its routes",
        "aws_security_group": "see the traffic panel",
        "aws_sns_topic": "receives the alarms",
        "aws_sns_topic_subscription": "sends the alarms on",
        "aws_subnet": "private, two in each Region",
        "aws_timestreamwrite_database": "holds the audit trail",
        "aws_vpc": "network of a Region",
        "aws_vpc_endpoint": "private connection to DynamoDB",
        "aws_vpc_security_group_egress_rule": "allows a flow out of a group",
        "aws_vpc_security_group_ingress_rule": "allows a flow into a group",
        "aws_wafv2_web_acl_logging_configuration": "logs requests that the firewall blocks",
        "terraform_data": "stores the environment's suffix",
    }
)
"""The legend's note on each type that is neither box nor line; unknown types have none."""
