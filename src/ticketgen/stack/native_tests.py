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

__all__ = ["MOCKED_ARNS", "mocked_provider"]

_ACCOUNT = "123456789012"  # AWS's own example of an account

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


def mocked_provider(environment: Environment) -> dict[str, object]:
    """The values of the mocked provider.

    Args:
        environment: its primary Region is in every ARN, because all of its Regions share the file.
    """
    primary = environment.primary_region
    partition = REGIONS[primary].partition

    def arn(service: str, resource: str) -> str:
        return f"arn:{partition}:{service}:{primary}:{_ACCOUNT}:{resource}"

    pool = arn("cognito-idp", "mocked/aws_cognito_user_pool")
    return {
        "account": _ACCOUNT,
        "role": f"arn:{partition}:iam::{_ACCOUNT}:role/",
        "key": arn("kms", "mocked/aws_kms_key"),
        "queue": arn("sqs", "mocked/aws_sqs_queue"),
        "topic": arn("sns", "mocked/aws_sns_topic"),
        "secret": arn("secretsmanager", "mocked/aws_secretsmanager_secret"),
        "stream": arn("dynamodb", "table/mocked/stream/2026-01-01T00:00:00.000"),
        "pool": pool,
        "identity": json.dumps({"user_pool_arn": {"S": pool}}),
        "resources": {
            "aws_api_gateway_rest_api": {"execution_arn": arn("execute-api", "mocked")},
            **{type_: {"arn": arn(service, f"mocked/{type_}")} for type_, service in MOCKED_ARNS.items()},
        },
    }
