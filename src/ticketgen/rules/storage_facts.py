"""Settings of stores, alarms and keys that are rejected together.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans or applies.
"""

from __future__ import annotations

from ticketgen.findings import Severity
from ticketgen.rules.setting_conditions import (
    SettingFact,
    equals,
    exceeds,
    is_set,
    is_unset,
    lacks_blocks,
    outside,
)

__all__ = ["STORAGE_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_PLAN = "provider 5.100.0, in its plan"

STORAGE_FACTS = (
    SettingFact(
        "aws_elasticache_replication_group",
        [equals("automatic_failover_enabled", True), equals("num_cache_clusters", 1)],
        "automatic_failover_enabled",
        "automatic failover needs at least two nodes",
        "set num_cache_clusters to 2",
        _PLAN,
    ),
    SettingFact(
        "aws_elasticache_replication_group",
        [equals("multi_az_enabled", True), is_unset("automatic_failover_enabled")],
        "multi_az_enabled",
        "multi_az_enabled needs automatic_failover_enabled",
        "set automatic_failover_enabled = true",
        _PLAN,
    ),
    SettingFact(
        "aws_elasticache_replication_group",
        [is_set("auth_token"), is_unset("transit_encryption_enabled")],
        "auth_token",
        "a password needs encryption in transit",
        "set transit_encryption_enabled = true",
        f"{_DOCS}/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html",
        Severity.WARNING,
    ),
    SettingFact(
        "aws_elasticache_cluster",
        [equals("engine", "redis", "valkey"), exceeds("num_cache_nodes", 1)],
        "num_cache_nodes",
        "a cluster of Redis has {at} nodes, and must have one",
        "use a replication group",
        f"{_DOCS}/AmazonElastiCache/latest/APIReference/API_CreateCacheCluster.html",
    ),
    SettingFact(
        "aws_db_instance",
        [exceeds("allocated_storage", "max_allocated_storage"), exceeds("max_allocated_storage", 0)],
        "max_allocated_storage",
        "max_allocated_storage {at} is less than allocated_storage",
        "raise it",
        f"{_DOCS}/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html",
    ),
    SettingFact(
        "aws_db_instance",
        [
            equals("storage_type", "io1", "io2"),
            is_unset(
                "iops", "snapshot_identifier", "replicate_source_db", "restore_to_point_in_time", "s3_import"
            ),
        ],
        "storage_type",
        "storage of type {at} has no iops",
        "set iops",
        f"{_DOCS}/AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
    ),
    SettingFact(
        "aws_ebs_volume",
        [equals("type", "io1", "io2"), is_unset("iops")],
        "type",
        "a volume of type {at} has no iops",
        "set iops",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_ebs_volume",
        [equals("type", "gp2", "st1", "sc1", "standard"), is_set("iops")],
        "iops",
        "a volume of this type has no iops",
        "remove it, or use gp3",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_ebs_volume",
        [outside("type", "gp3"), is_set("throughput")],
        "throughput",
        "only a volume of type gp3 has a throughput",
        "remove it, or use gp3",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_rds_cluster.serverlessv2_scaling_configuration",
        [exceeds("min_capacity", "max_capacity")],
        "min_capacity",
        "min_capacity {at} is greater than max_capacity",
        "raise max_capacity",
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html",
    ),
    SettingFact(
        "aws_s3_bucket_lifecycle_configuration.rule.transition",
        [
            equals("storage_class", "STANDARD_IA", "ONEZONE_IA"),
            exceeds("days", -1),
            equals("days", *range(30)),
        ],
        "days",
        "objects go to an infrequent-access class after {at} days",
        "wait at least 30 days",
        f"{_DOCS}/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
    ),
    SettingFact(
        "aws_s3_bucket_lifecycle_configuration.rule",
        [
            lacks_blocks(
                "transition",
                "expiration",
                "noncurrent_version_transition",
                "noncurrent_version_expiration",
                "abort_incomplete_multipart_upload",
            )
        ],
        "id",
        "the rule {at} has no action",
        "add expiration { … } or another action",
        f"{_DOCS}/AmazonS3/latest/API/API_LifecycleRule.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm",
        [exceeds("datapoints_to_alarm", "evaluation_periods")],
        "datapoints_to_alarm",
        "datapoints_to_alarm {at} is greater than evaluation_periods",
        "set it to at most evaluation_periods",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm",
        [is_set("metric_name"), is_unset("statistic", "extended_statistic", "metric_query")],
        "metric_name",
        "the alarm has neither statistic nor extended_statistic",
        "set statistic",
        _PLAN,
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm",
        [is_set("metric_name"), is_unset("namespace", "metric_query")],
        "metric_name",
        "the metric {at} has no namespace",
        "set namespace",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm",
        [is_set("metric_name"), is_unset("period", "metric_query")],
        "metric_name",
        "the metric {at} has no period",
        "set period",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_kms_key",
        [equals("key_usage", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"), equals("enable_key_rotation", True)],
        "enable_key_rotation",
        "KMS rotates only symmetric keys for encryption",
        "remove it",
        f"{_DOCS}/kms/latest/APIReference/API_EnableKeyRotation.html",
    ),
    SettingFact(
        "aws_kms_key",
        [outside("customer_master_key_spec", "SYMMETRIC_DEFAULT"), equals("enable_key_rotation", True)],
        "enable_key_rotation",
        "KMS rotates only symmetric keys for encryption",
        "remove it",
        f"{_DOCS}/kms/latest/APIReference/API_EnableKeyRotation.html",
    ),
)
"""What ElastiCache, RDS, EBS, S3, CloudWatch and KMS reject."""
