"""Encryption at rest: every store uses the key of its Region."""

from __future__ import annotations

import json

import demands
import pytest

from support.answers import ACCOUNT
from support.functions import FUNCTIONS
from support.places import at
from support.stack import Stack
from support.values import Unknown

KEY = Unknown(at("data", "aws_kms_key.stack.arn"))
STORES = [
    *((each.module, f"aws_cloudwatch_log_group.{name}", "kms_key_id") for name, each in FUNCTIONS.items()),
    *((each.module, f"aws_lambda_function.{name}", "kms_key_arn") for name, each in FUNCTIONS.items()),
    ("region", "aws_cloudwatch_log_group.api", "kms_key_id"),
    ("region", "aws_cloudwatch_log_group.flows", "kms_key_id"),
    ("region", "aws_cloudwatch_log_group.redis", "kms_key_id"),
    ("region", "aws_cloudwatch_log_group.waf", "kms_key_id"),
    ("region", "aws_elasticache_replication_group.seats", "kms_key_id"),
    ("region", "aws_sqs_queue.dead_letters", "kms_master_key_id"),
    ("analytics", "aws_cloudwatch_log_group.aurora", "kms_key_id"),
    ("analytics", "aws_kinesis_stream.sales", "kms_key_id"),
    ("analytics", "aws_rds_cluster.sales", "kms_key_id"),
    ("analytics", "aws_rds_cluster.sales", "master_user_secret_kms_key_id"),
    ("analytics", "aws_rds_cluster_instance.sales[0]", "performance_insights_kms_key_id"),
    ("analytics", "aws_secretsmanager_secret.sales_writer", "kms_key_id"),
    ("verification", "aws_cloudwatch_log_group.ticker", "kms_key_id"),
    ("verification", "aws_cloudwatch_log_group.verification", "kms_key_id"),
    ("verification", "aws_sqs_queue.failed_refunds", "kms_master_key_id"),
    ("verification", "aws_sqs_queue.refunds", "kms_master_key_id"),
]
if not demands.ALARM_TOPIC_ARN:
    STORES += [("region", "aws_sns_topic.alarms", "kms_master_key_id")]
if demands.AUDIT_STORE == "timestream":
    STORES += [("verification", "aws_timestreamwrite_database.audit", "kms_key_id")]


@pytest.mark.parametrize(
    ("place", "resource", "attribute"), STORES, ids=[f"{store[1]}-{store[2]}" for store in STORES]
)
def test_a_store_is_encrypted_with_the_regions_key(
    stack: Stack, place: str, resource: str, attribute: str
) -> None:
    stack.resource(at(place, resource)).must(
        attribute, KEY, "sales contain buyers' names, and keys that AWS owns cannot be revoked"
    )


# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTIONS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
WITH_IP_ADDRESSES = {f"aws_cloudwatch_log_group.{name}" for name in ("api", "flows", "waf")}
LOG_GROUPS = [
    (place, resource)
    for place, resource, _ in STORES
    if resource.startswith("aws_cloudwatch_log_group.") and resource not in WITH_IP_ADDRESSES
]


@pytest.mark.parametrize("resource", sorted(WITH_IP_ADDRESSES))
def test_ip_addresses_are_kept_for_as_long_as_the_spec_says(stack: Stack, resource: str) -> None:
    stack.resource(at("region", resource)).must(
        "retention_in_days",
        demands.IP_RETENTION_DAYS,
        "IP addresses are personal data: the spec says how long they are kept",
    )


@pytest.mark.parametrize(
    ("place", "resource"), LOG_GROUPS, ids=[group[1].split(".")[1] for group in LOG_GROUPS]
)
def test_logs_are_kept_long_enough_and_not_for_ever(stack: Stack, place: str, resource: str) -> None:
    group = stack.resource(at(place, resource))
    days = group.get("retention_in_days")
    if days not in RETENTIONS or not (365 + 1 if demands.PROTECT else 7) <= days <= 1096:
        group.fails(
            f"retention_in_days is {days}",
            "without a retention logs cost money for ever, and with a short one a dispute cannot be settled",
        )


def _statement(stack: Stack, sid: str) -> dict[str, object]:
    key = stack.resource(at("data", "aws_kms_key.stack"))
    for statement in json.loads(key.get("policy"))["Statement"]:
        if statement["Sid"] == sid:
            if (statement.get("Effect"), statement.get("Resource")) != ("Allow", "*"):
                key.fails(f"its statement {sid} is {statement}", "in a key's policy, * is the key itself")
            return dict(statement)
    return key.fails(f"its policy lacks {sid}", "a service that needs the key could not use it")


def test_the_key_is_rotated_and_not_deleted_at_once(stack: Stack) -> None:
    key = stack.resource(at("data", "aws_kms_key.stack"))
    key.must("enable_key_rotation", True, "a key that is never rotated protects too much data for too long")
    days = key.get("deletion_window_in_days")
    if not (30 if demands.PROTECT else 7) <= days <= 30:
        key.fails(f"deletion_window_in_days is {days}", "everything that it encrypts is lost with it")


def test_the_account_stays_in_control_of_the_key(stack: Stack) -> None:
    found = _statement(stack, "AccountDelegatesToIam")
    assert found == {
        "Sid": "AccountDelegatesToIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{demands.PARTITION}:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }, (
        "modules/data/encryption.tf\n"
        "  why: without this statement nobody can manage the key, and with a wider one others can use it"
    )


def test_log_groups_of_this_account_and_region_may_use_the_key(stack: Stack) -> None:
    found = _statement(stack, "LogGroups")
    why = (
        "modules/data/encryption.tf\n"
        "  why: log groups could not be created, or those of other accounts could use the key"
    )
    assert found["Principal"] == {"Service": f"logs.{demands.PRIMARY}.amazonaws.com"}, why
    assert set(found["Action"]) == {
        "kms:Encrypt*",
        "kms:Decrypt*",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:Describe*",
    }, why  # type: ignore[call-overload]
    arn = f"arn:{demands.PARTITION}:logs:{demands.PRIMARY}:{ACCOUNT}:log-group:*"
    assert found["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}}, why


def test_alarms_may_reach_their_encrypted_topic(stack: Stack) -> None:
    found = _statement(stack, "AlarmsReachTheirTopic")
    why = (
        "modules/data/encryption.tf\n"
        "  why: alarms could not notify anybody, or those of other accounts could use the key"
    )
    assert found["Principal"] == {"Service": "cloudwatch.amazonaws.com"}, why
    assert set(found["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}, why  # type: ignore[call-overload]
    assert found["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, why


def test_the_keys_policy_grants_nothing_else(stack: Stack) -> None:
    key = stack.resource(at("data", "aws_kms_key.stack"))
    for statement in json.loads(key.get("policy"))["Statement"]:
        if "*" in (statement["Principal"], *statement["Principal"].values()):
            key.fails(f"lets anybody do {statement['Action']}", "such a key protects nothing")
    assert len(json.loads(key.get("policy"))["Statement"]) == 3
    key.must("policy.Version", "2012-10-17", "an older version of the language has no policy variables")


def test_the_alias_belongs_to_the_key(stack: Stack) -> None:
    stack.resource(at("data", "aws_kms_alias.stack")).must(
        "target_key_id",
        Unknown(at("data", "aws_kms_key.stack.key_id")),
        "roles may use the key by its alias",
    )


def test_the_stream_and_the_database_are_encrypted(stack: Stack) -> None:
    stack.resource(at("analytics", "aws_kinesis_stream.sales")).must(
        "encryption_type", "KMS", "without this, the key is ignored"
    )
    stack.resource(at("analytics", "aws_rds_cluster.sales")).must(
        "storage_encrypted", True, "without this, the key is ignored"
    )


def test_redis_is_encrypted_at_rest_and_in_transit(stack: Stack) -> None:
    redis = stack.resource(at("region", "aws_elasticache_replication_group.seats"))
    redis.must("at_rest_encryption_enabled", True, "without this, the key is ignored")
    redis.must(
        "transit_encryption_enabled",
        True,
        "IAM authentication needs TLS, and the client uses nothing else",
    )
