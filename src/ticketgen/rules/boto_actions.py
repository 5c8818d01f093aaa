"""IAM actions that boto3 calls need, for services that functions usually call.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ACTIONS", "PREFIXES", "WITH_RESOURCE_POLICY", "actions_of"]

PREFIXES: Mapping[str, str] = MappingProxyType({
    "cloudwatch": "cloudwatch", "dynamodb": "dynamodb", "events": "events", "firehose": "firehose",
    "kinesis": "kinesis", "lambda": "lambda", "rds-data": "rds-data", "s3": "s3",
    "secretsmanager": "secretsmanager", "ses": "ses", "sns": "sns", "sqs": "sqs", "ssm": "ssm",
    "stepfunctions": "states", "timestream-query": "timestream", "timestream-write": "timestream",
})  # fmt: skip
"""The prefix of a service's IAM actions, by boto3's name of the service."""

# Operations whose IAM action has the same name.
_SAME_NAMED: Mapping[str, str] = {
    "cloudwatch": "put_metric_data get_metric_data get_metric_statistics describe_alarms",
    "dynamodb": (
        "get_item put_item update_item delete_item query scan batch_get_item batch_write_item describe_table "
        "list_tables"
    ),
    "events": "put_events",
    "firehose": "put_record put_record_batch",
    "kinesis": "put_record put_records get_records get_shard_iterator describe_stream list_shards",
    "rds-data": "execute_statement batch_execute_statement begin_transaction commit_transaction rollback_transaction",
    "secretsmanager": "get_secret_value put_secret_value describe_secret update_secret_version_stage",
    "ses": "send_email send_raw_email",
    "sns": "publish",
    "sqs": "send_message receive_message delete_message get_queue_attributes get_queue_url change_message_visibility",
    "ssm": "get_parameter get_parameters get_parameters_by_path put_parameter",
    "stepfunctions": "start_execution stop_execution describe_execution start_sync_execution",
    "timestream-write": "write_records",
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and the services' own pages.
_OTHER_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("lambda", "invoke"): ("lambda:InvokeFunction",),
    ("s3", "delete_object"): ("s3:DeleteObject",),
    ("s3", "delete_objects"): ("s3:DeleteObject",),
    ("s3", "download_file"): ("s3:GetObject",),
    ("s3", "get_object"): ("s3:GetObject",),
    ("s3", "head_object"): ("s3:GetObject",),
    ("s3", "list_objects"): ("s3:ListBucket",),
    ("s3", "list_objects_v2"): ("s3:ListBucket",),
    ("s3", "put_object"): ("s3:PutObject",),
    ("s3", "upload_file"): ("s3:PutObject",),
    ("s3", "upload_fileobj"): ("s3:PutObject",),
    ("sns", "publish_batch"): ("sns:Publish",),
    ("sqs", "delete_message_batch"): ("sqs:DeleteMessage",),
    ("sqs", "send_message_batch"): ("sqs:SendMessage",),
    ("dynamodb", "batch_writer"): ("dynamodb:BatchWriteItem",),
}

ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        **{
            (service, method): (
                f"{PREFIXES[service]}:{''.join(word.capitalize() for word in method.split('_'))}",
            )
            for service, methods in _SAME_NAMED.items()
            for method in methods.split()
        },
        **_OTHER_ACTIONS,
    }
)
"""The IAM actions that a call needs, by boto3's names of service and method."""

WITH_RESOURCE_POLICY: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "dynamodb": ("aws_dynamodb_resource_policy",),
    "kinesis": ("aws_kinesis_resource_policy",),
    "lambda": ("aws_lambda_permission",),
    "s3": ("aws_s3_bucket_policy",),
    "secretsmanager": ("aws_secretsmanager_secret_policy",),
    "sns": ("aws_sns_topic_policy",),
    "sqs": ("aws_sqs_queue_policy",),
    "events": ("aws_cloudwatch_event_bus_policy",),
})  # fmt: skip
"""Resource types that may grant a call through a resource policy, by service."""


def actions_of(service: str, method: str) -> tuple[str, ...]:
    """The IAM actions that a call needs; empty if they are unknown."""
    return ACTIONS.get((service, method), ())
