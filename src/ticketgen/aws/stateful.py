"""stub"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatefulType:
    type: str
    kind: str
    holds: str
    rank: int = 0


_K = {
    "aws_dynamodb_table": ("table", "its items"),
    "aws_dynamodb_table_replica": ("table", "its items"),
    "aws_rds_cluster": ("database", "its rows"),
    "aws_rds_cluster_instance": ("database", "its rows"),
    "aws_kms_key": ("key", "what it encrypts"),
    "aws_sqs_queue": ("queue", "its messages"),
    "aws_kinesis_stream": ("stream", "its records"),
    "aws_cloudwatch_log_group": ("log group", "its logs"),
}
STATEFUL = {k: StatefulType(k, v[0], v[1], i) for i, (k, v) in enumerate(_K.items())}


def stateful_type(type):
    return STATEFUL.get(type)
