"""The units that AWS bills, with the keys of their prices, and those not counted."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.aws.engines import CACHES
from ticketgen.aws.limits import CACHE_NODES

__all__ = ["GIB", "KEYS", "NODE_KEYS", "NOT_COUNTED", "PRICE_KEYS", "SALES", "TRACED_SHARE", "Usage"]

GIB = 1024**3

TRACED_SHARE = (
    0.05  # https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html: the default rule
)

SALES = 1000
"""The number of sales, one per seat, to which `Usage.sales` refers."""

NOT_COUNTED = (
    "data transfer to buyers",
    "storage, backups and I/O of Aurora, and point-in-time recovery of the tables",
    "refused transactions, which DynamoDB bills like successful ones",
    "custom metrics, KMS requests, the secret of the database, and active users of Cognito",
    "a custom domain: its certificate, health checks and queries",
)

KEYS = (
    "apigateway.requests",
    "cloudwatch.alarm_hours",
    "cloudwatch.dashboard_hours",
    "dynamodb.change_data_capture_units",
    "dynamodb.read_request_units",
    "dynamodb.replicated_write_request_units",
    "dynamodb.storage",
    "dynamodb.warm_read_units",
    "dynamodb.warm_write_units",
    "dynamodb.write_request_units",
    "elasticache.node_hours",
    "kinesis.extended_retention_hours",
    "kinesis.put_payload_units",
    "kinesis.shard_hours",
    "kms.key_hours",
    "lambda.gib_seconds",
    "lambda.provisioned_duration_gib_seconds",
    "lambda.provisioned_gib_seconds",
    "lambda.requests",
    "logs.ingested",
    "rds.acu_hours",
    "rds.data_api_requests",
    "states.express_gib_seconds",
    "states.express_requests",
    "states.standard_transitions",
    "transfer.between_regions",
    "wafv2.requests",
    "wafv2.rule_hours",
    "wafv2.web_acl_hours",
    "xray.traces",
)
"""The keys of all units."""

NODE_KEYS = tuple(
    f"elasticache.node_hours.{engine}.{node.name}" for engine in sorted(CACHES) for node in CACHE_NODES
)
"""The keys of the nodes that sizing chooses among; such a price precedes the one of ``elasticache.node_hours``."""

PRICE_KEYS = (*KEYS, *NODE_KEYS)
"""The keys that a price file may have."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The units under one price.

    Attributes:
        key: of the price, ``<service>.<unit>``.
        unit: what is counted, in the plural.
        sales: how many for `SALES` sales.
        idle_hour: how many for an hour without a sale.
        event_hour: how many more for each hour of a sold-out event that is still verified and shown.
        formula: how they are computed.
        source: where AWS documents the unit.
        variant: what a price of its own may exist for, such as ``valkey.cache.m7g.large``; "" if there is one price.
    """

    key: str
    unit: str
    sales: float
    idle_hour: float
    event_hour: float
    formula: str
    source: str
    variant: str = ""

    @property
    def price_keys(self) -> tuple[str, ...]:
        """The keys of its price, the most specific first."""
        return (f"{self.key}.{self.variant}", self.key) if self.variant else (self.key,)

    @property
    def service(self) -> str:
        """The service that bills the units."""
        return self.key.partition(".")[0]
