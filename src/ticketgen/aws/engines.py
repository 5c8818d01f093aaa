"""Engine and runtime versions of the stack, with the end of AWS's support."""

from __future__ import annotations

__all__ = [
    "AURORA_FAMILY",
    "AURORA_POSTGRESQL",
    "PYTHON_RUNTIME",
    "REDIS_ENGINE",
    "REDIS_FAMILY",
    "REDIS_PORT",
]

# Supported until 2029-06. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
PYTHON_RUNTIME = "python3.13"

# IAM authentication needs 7.0 or later.
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
REDIS_ENGINE = "7.1"
REDIS_FAMILY = "redis7"
REDIS_PORT = 6379

# The Data API needs 16.1 or a later 16.x.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
AURORA_POSTGRESQL = "16.6"
AURORA_FAMILY = "aurora-postgresql16"
