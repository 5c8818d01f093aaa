"""The place of each capacity figure in the rendering, for reports and tests.

A figure that no attribute of a resource carries is for operators: it is in the root's output ``capacity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.sizing import Sizing

__all__ = ["OPERATORS_FIGURES", "PLACES", "Place", "operators_figures"]


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute of a rendered resource or output.

    Attributes:
        file: of the stack.
        address: of the block in its module, ``aws_kinesis_stream.sales`` or ``output.capacity``.
        attribute: the blocks and the attribute in it, with dots between.
    """

    file: str
    address: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.file}: {self.address}.{self.attribute}"


def _function(module: str, name: str, attribute: str) -> Place:
    return Place(f"modules/{module}/functions.tf", f"aws_lambda_function.{name}", attribute)


def _memory(module: str, name: str) -> Place:
    return _function(module, name, "memory_size")


def _reserved(module: str, name: str) -> Place:
    return _function(module, name, "reserved_concurrent_executions")


def _consumer(file: str, name: str, attribute: str) -> Place:
    return Place(file, f"aws_lambda_event_source_mapping.{name}", attribute)


_STREAMS, _KINESIS = "modules/region/streams.tf", "modules/analytics/kinesis.tf"
_CACHE, _API, _AURORA = "modules/region/cache.tf", "modules/region/api.tf", "modules/analytics/aurora.tf"
_REDIS, _DATABASE = "aws_elasticache_replication_group.seats", "aws_rds_cluster.sales"
_METHODS = "aws_api_gateway_method_settings.all"

_RESOURCES: Mapping[str, Place] = MappingProxyType(
    {
        "kinesis_shards": Place(_KINESIS, "aws_kinesis_stream.sales", "shard_count"),
        "kinesis_batch_size": _consumer(_KINESIS, "sales", "batch_size"),
        "kinesis_parallelization_factor": _consumer(_KINESIS, "sales", "parallelization_factor"),
        "cache_sync_parallelization_factor": _consumer(_STREAMS, "inventory", "parallelization_factor"),
        "purchase_concurrency": _reserved("region", "ticket_purchase"),
        "purchase_memory_mib": _memory("region", "ticket_purchase"),
        "availability_concurrency": _reserved("region", "seat_availability"),
        "availability_memory_mib": _memory("region", "seat_availability"),
        "cache_sync_memory_mib": _memory("region", "seat_cache_sync"),
        "processor_memory_mib": _memory("analytics", "kinesis_processor"),
        "verifier_memory_mib": _memory("verification", "inventory_verifier"),
        "verifier_concurrency": _reserved("verification", "inventory_verifier"),
        "corrector_memory_mib": _memory("verification", "oversell_corrector"),
        "corrector_concurrency": _reserved("verification", "oversell_corrector"),
        "cache_node_type": Place(_CACHE, _REDIS, "node_type"),
        "cache_nodes": Place(_CACHE, _REDIS, "num_cache_clusters"),
        "aurora_instances": Place(_AURORA, "aws_rds_cluster_instance.sales", "count"),
        "aurora_min_acu": Place(_AURORA, _DATABASE, "serverlessv2_scaling_configuration.min_capacity"),
        "aurora_max_acu": Place(_AURORA, _DATABASE, "serverlessv2_scaling_configuration.max_capacity"),
        "backup_retention_days": Place(_AURORA, _DATABASE, "backup_retention_period"),
        "api_throttle_rate": Place(_API, _METHODS, "settings.throttling_rate_limit"),
        "api_throttle_burst": Place(_API, _METHODS, "settings.throttling_burst_limit"),
        "waf_rate_limit": Place(
            _API, "aws_wafv2_web_acl.tickets", "rule.statement.rate_based_statement.limit"
        ),
        "log_retention_days": Place(_API, "aws_cloudwatch_log_group.api", "retention_in_days"),
    }
)

OPERATORS_FIGURES = tuple(name for name in Sizing.__dataclass_fields__ if name not in _RESOURCES)
"""The figures of the output ``capacity``: what an event is created with, and what tables are warmed for."""

PLACES: Mapping[str, Place] = MappingProxyType(
    dict(_RESOURCES)
    | {name: Place("outputs.tf", "output.capacity", f"value.{name}") for name in OPERATORS_FIGURES}
)
"""The place of every figure, by its name."""


def operators_figures(sizing: Sizing) -> dict[str, int | float | str]:
    """The output ``capacity``."""
    return {figure.name: figure.value for figure in sizing if figure.name in OPERATORS_FIGURES}
