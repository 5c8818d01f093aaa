"""Reports for the tests: of the stacks' shapes."""

from __future__ import annotations

from ticketgen.capacity.environment_report import Report, report
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, EventScale

__all__ = ["SCALE", "report_of", "scale"]

SCALE = {
    "purchases_per_minute": 45_000,
    "seats_per_event": 234_000,
    "concurrent_events": 20,
    "seats_per_order": 8,
    "hold_seconds": 300,
}


def scale(**changes: int) -> EventScale:
    return EventScale(**SCALE | changes)


def report_of(environment: Environment, before: Report | None = None) -> Report:
    sizing = size(environment).value
    assert sizing is not None
    return report(environment, sizing, before)
