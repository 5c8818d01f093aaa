"""AWS limits that cannot be raised, and initial capacities.

Limits of names are in `name_limits`, account quotas in `quotas`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "API_THROTTLE_BURST",
    "API_THROTTLE_RATE",
    "AURORA_BACKUP_DAYS",
    "AURORA_MAX_ACU",
    "AURORA_MIN_ACU",
    "CACHE_NODES",
    "CACHE_RESERVED_SHARE",
    "CACHE_SOURCE",
    "DYNAMODB_COLD_READ_UNITS",
    "DYNAMODB_COLD_WRITE_UNITS",
    "DYNAMODB_PARTITION_READ_UNITS",
    "DYNAMODB_PARTITION_WRITE_UNITS",
    "DYNAMODB_READ_UNIT_BYTES",
    "DYNAMODB_TRANSACTION_ACTIONS",
    "DYNAMODB_TRANSACTION_UNITS",
    "IAM_INLINE_POLICY_CHARACTERS",
    "KINESIS_SHARD_BYTES",
    "KINESIS_SHARD_RECORDS",
    "LAMBDA_BATCH_SIZE",
    "LAMBDA_MAX_MEMORY",
    "LAMBDA_MEMORY_PER_VCPU",
    "LAMBDA_MIN_MEMORY",
    "LAMBDA_PARALLELIZATION",
    "LAMBDA_REQUESTS_PER_EXECUTION",
    "LAMBDA_SCALING_RATE",
    "LAMBDA_UNRESERVED",
    "LOG_RETENTION_DAYS",
    "STATES_MAP_CONCURRENCY",
    "WAF_MAX_RATE",
    "WAF_MIN_RATE",
    "CacheNode",
    "Limit",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that AWS sets.

    Attributes:
        value: the limit for a new account.
        unit: the unit of the value.
        source: where AWS documents it.
    """

    value: int
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class CacheNode:
    """An ElastiCache node type.

    Attributes:
        name: the type's name, such as ``cache.r7g.large``.
        memory: the ``maxmemory`` in bytes, of which `CACHE_RESERVED_SHARE` is reserved.
        burstable: whether the CPU runs on credits, and is slow without them.
    """

    name: str
    memory: int
    burstable: bool = False


_DOCS = "https://docs.aws.amazon.com"
_DYNAMODB = f"{_DOCS}/amazondynamodb/latest/developerguide"
_LAMBDA = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
_KINESIS = f"{_DOCS}/streams/latest/dev/service-sizes-and-limits.html"
_API = f"{_DOCS}/apigateway/latest/developerguide/limits.html"
_AURORA = f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html"

# DynamoDB. A write unit is a write of at most 1 KiB; a write inside a transaction costs two.
DYNAMODB_TRANSACTION_ACTIONS = Limit(100, "actions", f"{_DYNAMODB}/ServiceQuotas.html")
DYNAMODB_TRANSACTION_UNITS = Limit(
    2, "write units an item", f"{_DYNAMODB}/transaction-apis.html#transaction-capacity-handling"
)
DYNAMODB_PARTITION_WRITE_UNITS = Limit(
    1000, "write units/s and partition key", f"{_DYNAMODB}/bp-partition-key-design.html"
)
DYNAMODB_COLD_WRITE_UNITS = Limit(
    4000, "write units/s of a new on-demand table", f"{_DYNAMODB}/on-demand-capacity-mode.html"
)
DYNAMODB_COLD_READ_UNITS = Limit(
    12_000, "read units/s of a new on-demand table", f"{_DYNAMODB}/on-demand-capacity-mode.html"
)
DYNAMODB_PARTITION_READ_UNITS = Limit(
    3000, "read units/s and partition key", f"{_DYNAMODB}/bp-partition-key-design.html"
)
DYNAMODB_READ_UNIT_BYTES = Limit(4096, "bytes a read unit", f"{_DYNAMODB}/on-demand-capacity-mode.html")

# Kinesis.
KINESIS_SHARD_BYTES = Limit(1024 * 1024, "bytes/s per shard", _KINESIS)
KINESIS_SHARD_RECORDS = Limit(1000, "records/s per shard", _KINESIS)

# Lambda. botocore allows more memory and longer timeouts, but only managed instances offer them.
STATES_MAP_CONCURRENCY = Limit(
    40,
    "iterations at the same time, of a Map state in inline mode",
    "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-map-process-modes.html",
)
LAMBDA_UNRESERVED = Limit(
    100, "executions that cannot be reserved", f"{_DOCS}/lambda/latest/dg/configuration-concurrency.html"
)
LAMBDA_REQUESTS_PER_EXECUTION = Limit(
    10, "synchronous requests/s that one concurrent execution may serve", f"{_LAMBDA}#api-requests"
)
LAMBDA_SCALING_RATE = Limit(
    1000,
    "concurrent executions that a function may gain in 10 s",
    f"{_DOCS}/lambda/latest/dg/scaling-behavior.html",
)
LAMBDA_MIN_MEMORY = Limit(128, "MiB", _LAMBDA)
LAMBDA_MAX_MEMORY = Limit(10_240, "MiB", _LAMBDA)
LAMBDA_MEMORY_PER_VCPU = Limit(
    1769, "MiB for one vCPU", f"{_DOCS}/lambda/latest/dg/configuration-memory.html"
)
LAMBDA_PARALLELIZATION = Limit(
    10, "concurrent batches of a shard", "botocore 1.44 lambda ParallelizationFactor"
)
LAMBDA_BATCH_SIZE = Limit(10_000, "records per batch", "botocore 1.44 lambda BatchSize")

IAM_INLINE_POLICY_CHARACTERS = Limit(
    10_240,
    "characters of a role's inline policies",
    f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html",
)

# API Gateway: the quotas of an account in a large Region. Every throttle has the same ratio of burst to rate.
API_THROTTLE_RATE = Limit(10_000, "requests/s", _API)
API_THROTTLE_BURST = Limit(5000, "requests of a burst", _API)

WAF_MIN_RATE = Limit(10, "requests", "botocore 1.44 wafv2 RateLimit")
WAF_MAX_RATE = Limit(2_000_000_000, "requests", "botocore 1.44 wafv2 RateLimit")

# Aurora Serverless v2, in steps of 0.5 ACU.
AURORA_MIN_ACU = Limit(0, "ACU", _AURORA)
AURORA_MAX_ACU = Limit(256, "ACU", _AURORA)
AURORA_BACKUP_DAYS = Limit(35, "days", f"{_DOCS}/AmazonRDS/latest/APIReference/API_CreateDBCluster.html")

CACHE_SOURCE = f"{_DOCS}/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html"
"""Where `CACHE_NODES` ("node-type specific parameters") and `CACHE_RESERVED_SHARE` are documented."""

CACHE_RESERVED_SHARE = 0.25
"""``reserved-memory-percent`` of Redis 7's default parameter group."""

CACHE_NODES = (
    CacheNode("cache.t4g.micro", 536_870_912, burstable=True),
    CacheNode("cache.t4g.small", 1_471_026_299, burstable=True),
    CacheNode("cache.t4g.medium", 3_317_862_236, burstable=True),
    CacheNode("cache.m7g.large", 6_854_542_746),
    CacheNode("cache.r7g.large", 14_037_181_030),
    CacheNode("cache.r7g.xlarge", 28_261_849_702),
    CacheNode("cache.r7g.2xlarge", 56_711_183_565),
    CacheNode("cache.r7g.4xlarge", 113_609_865_216),
    CacheNode("cache.r7g.8xlarge", 225_000_375_228),
    CacheNode("cache.r7g.12xlarge", 341_206_346_547),
    CacheNode("cache.r7g.16xlarge", 450_000_750_456),
)
"""Node types from the smallest to the largest."""

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Every retention that CloudWatch Logs accepts, in days."""
