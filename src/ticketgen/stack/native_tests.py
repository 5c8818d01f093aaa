"""The mocked provider of the native tests: what AWS would compute, in a form that the AWS provider accepts.

``terraform test`` replaces computed attributes with random strings, but the provider validates every ARN that a
resource gets from another one. ``mock_resource`` therefore sets the ARNs of every type that a stack may declare.
https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.aws.regions import REGIONS
from ticketgen.spec.model import Environment

__all__ = [
    "ACCOUNT",
    "CACHE_HOSTS",
    "MOCKED_ARNS",
    "QUEUE_URL",
    "mocked_arn",
    "mocked_provider",
    "mocked_role",
]

ACCOUNT = "123456789012"
"""AWS's own example of an account."""

CACHE_HOSTS: Mapping[str, str] = MappingProxyType(
    {"primary_endpoint_address": "primary.mocked", "reader_endpoint_address": "reader.mocked"}
)
"""The endpoints of the cache, by attribute."""

QUEUE_URL = "https://mocked"
"""The URL of every queue."""

_OTHERS: Mapping[str, Mapping[str, str]] = {
    "aws_elasticache_replication_group": CACHE_HOSTS,
    "aws_sqs_queue": {"url": QUEUE_URL},
}

MOCKED_ARNS: Mapping[str, str] = MappingProxyType(
    {
        "aws_acm_certificate": "acm",
        "aws_api_gateway_stage": "apigateway",
        "aws_cloudwatch_event_rule": "events",
        "aws_cloudwatch_log_group": "logs",
        "aws_cognito_user_pool": "cognito-idp",
        "aws_dynamodb_table": "dynamodb",
        "aws_elasticache_replication_group": "elasticache",
        "aws_iam_role": "iam",
        "aws_kinesis_stream": "kinesis",
        "aws_kms_key": "kms",
        "aws_lambda_alias": "lambda",
        "aws_lambda_function": "lambda",
        "aws_rds_cluster": "rds",
        "aws_secretsmanager_secret": "secretsmanager",
        "aws_sfn_state_machine": "states",
        "aws_sns_topic": "sns",
        "aws_sqs_queue": "sqs",
        "aws_wafv2_web_acl": "wafv2",
    }
)
"""The types whose ARN another resource of a stack uses, with the service in the ARN.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""


def mocked_arn(environment: Environment, type_: str) -> str:
    """The ARN of every resource of a type, or of the stream of every table (``stream``)."""
    service, resource = MOCKED_ARNS.get(type_, "dynamodb"), f"mocked/{type_}"
    if type_ == "stream":
        resource = "table/mocked/stream/2026-01-01T00:00:00.000"
    primary = environment.primary_region  # of all Regions, because they share the file
    return f"arn:{REGIONS[primary].partition}:{service}:{primary}:{ACCOUNT}:{resource}"


def mocked_role(environment: Environment, name: str) -> str:
    """The ARN of a role where a module is tested by itself."""
    return f"arn:{REGIONS[environment.primary_region].partition}:iam::{ACCOUNT}:role/{name}"


def mocked_provider(environment: Environment) -> dict[str, object]:
    """The values of the mocked provider."""
    api = mocked_arn(environment, "aws_api_gateway_stage").replace("apigateway", "execute-api")
    return {
        "account": ACCOUNT,
        "key": mocked_arn(environment, "aws_kms_key"),
        "stream": mocked_arn(environment, "stream"),
        "secret": mocked_arn(environment, "aws_secretsmanager_secret"),
        "identity": json.dumps({"user_pool_arn": {"S": mocked_arn(environment, "aws_cognito_user_pool")}}),
        "resources": {
            "aws_api_gateway_rest_api": {"execution_arn": api},
            **{
                type_: {"arn": mocked_arn(environment, type_), **_OTHERS.get(type_, {})}
                for type_ in MOCKED_ARNS
            },
        },
    }
