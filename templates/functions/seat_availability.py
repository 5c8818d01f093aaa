"""Answer `GET /events/{id}/seats` from the Region's Redis.

The answer has the numbers of taken and available seats of each section.

`?section=NAME` adds the numbers of that section's taken seats. The answer is not a promise: only a hold or a
purchase decides. Without Redis the answer is 503, and sales continue.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import api
import seat_map
from events import EVENT_ID
from redis_client import Redis, RedisDown

__all__ = ["handler"]

REDIS = Redis(
    os.environ["REDIS_HOST"],
    int(os.environ["REDIS_PORT"]),
    user=os.environ["REDIS_USER"],
    replication_group=os.environ["REDIS_REPLICATION_GROUP"],
    region=os.environ["AWS_REGION"],
    seconds=1.0,
)


@api.readable_from(os.environ["CORS_ORIGINS"])
def handler(request: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one API request."""
    event_id = (request.get("pathParameters") or {}).get("id") or ""
    section = (request.get("queryStringParameters") or {}).get("section") or ""
    nowhere = api.answer(404, {"reason": "no-such-event", "message": "there is no such event"})
    if not EVENT_ID.fullmatch(event_id):
        return nowhere
    try:
        seats = seat_map.read(REDIS, event_id, section)
        if seats is not None:
            return api.answer(200, seats)
        if seat_map.absent(REDIS, event_id):
            return nowhere
    except RedisDown as error:
        print(f"Redis is down: {error}")
    return api.answer(
        503,
        {"reason": "unavailable", "message": "the seat map is unavailable: try again"},
        {"Retry-After": "5"},
    )
