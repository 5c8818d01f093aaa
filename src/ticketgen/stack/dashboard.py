"""The widgets of a Region's dashboard, from the buyer inwards."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.stack.cloudwatch import Metric, of_api, of_cache, of_function, of_table, own
from ticketgen.stack.functions.resources import INVENTORY_TABLE, LOCKS_TABLE, SALES_TABLE

__all__ = ["WIDGETS", "Widget"]


@dataclass(frozen=True, slots=True)
class Widget:
    """One chart, with one statistic for all its metrics."""

    title: str
    stat: str
    metrics: tuple[Metric, ...]


_TABLES = (LOCKS_TABLE, INVENTORY_TABLE, SALES_TABLE)

WIDGETS = (
    Widget("Requests", "Sum", (of_api("Count"), of_api("4XXError"), of_api("5XXError"))),
    Widget("Response time, p99 (ms)", "p99", (of_api("Latency"), own("PurchaseMs"), own("LockMs"))),
    Widget(
        "Purchase function",
        "Sum",
        tuple(of_function("ticket_purchase", name) for name in ("Invocations", "Errors", "Throttles")),
    ),
    Widget(
        "Write units",
        "Sum",
        tuple(of_table(table.reference, "ConsumedWriteCapacityUnits") for table in _TABLES),
    ),
    Widget(
        "Seat map: age and load time (s)", "Maximum", (own("CacheMapAgeSeconds"), own("CacheLoadSeconds"))
    ),
    Widget(
        "Redis: memory and CPU (%)",
        "Maximum",
        (of_cache("DatabaseMemoryUsagePercentage"), of_cache("EngineCPUUtilization")),
    ),
)
