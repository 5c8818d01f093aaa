"""A run of the verifier, as the state machine makes it: all events, each in an execution of its own."""

from __future__ import annotations

from typing import Any

import demands

from support.cloud import Cloud

__all__ = ["LONG_OBJECTIVE_S", "verify"]

LONG_OBJECTIVE_S = 60
"""More than any run takes here, however short the spec's objective."""


def verify(cloud: Cloud, region: str = demands.PRIMARY, **environment: str) -> Any:
    """Verify all events, also those that are not due.

    Returns:
        Whether the Region is active, the findings of all events, the report on the run and, by event, on each event.
    """
    given = {"PMS_URL": "", "VERIFICATION_SECONDS": str(LONG_OBJECTIVE_S), **environment}
    function = cloud.function("inventory_verifier", region, **given)
    run = {"scheduled_at": "2030-01-01T12:00:00Z"}
    listed = function(run)
    answer: dict[str, Any] = {
        "active": listed["active"],
        "findings": [],
        "run": listed["report"],
        "events": {},
    }
    if not listed["active"]:
        return answer
    table = cloud.dynamodb(region).tables[cloud.table("events").get("name")]
    known = {event_id for event_id, _ in table.items}
    for event_id in sorted(known - set(listed["report"]["malformed_events"])):
        if not event_id.startswith("control#"):
            verified = function({**run, "event_id": event_id})
            answer["findings"] += verified["findings"]
            answer["events"][event_id] = verified["report"]
    return answer
