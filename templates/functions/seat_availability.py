"""Answer `GET /events/{id}/seats` from the Region's Redis.

The answer has the numbers of taken and available seats of each section; with `?section=NAME`, those of one section, and
a bitmap of its taken seats. Its format is described in docs/seats.md of ticketgen.

An answer is at most a second old, and a client may keep it for another second. It is not a promise: only a hold or a
purchase decides. Without Redis the answer is 503, and sales continue.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import api
import conditional
import seat_view
from events import EVENT_ID, Clock
from recent import Recent
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
# Buyers of one event ask the same instances for the same sections.
ANSWERS: Recent[str] = Recent(entries=256, characters=8_000_000, seconds=1.0)

# An environment that Lambda starts ahead of the requests connects and signs in ahead of them, too.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
    with suppress(RedisDown):  # the first request will meet the same failure, and answer it
        seat_view.absent(REDIS, "health")


@api.readable_from(os.environ["CORS_ORIGINS"])
def handler(request: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one API request."""
    event_id = (request.get("pathParameters") or {}).get("id") or ""
    section = (request.get("queryStringParameters") or {}).get("section") or ""
    nowhere = api.answer(404, {"reason": "no-such-event", "message": "there is no such event"})
    if not EVENT_ID.fullmatch(event_id):
        return nowhere
    try:
        body = ANSWERS.get((event_id, section)) or _read(event_id, section)
        if body is not None:
            return _answer(request, body)
        if seat_view.absent(REDIS, event_id):
            return nowhere
    except seat_view.NoSuchSection:
        return api.answer(404, {"reason": "no-such-section", "message": "the event has no such section"})
    except RedisDown as error:
        print(f"Redis is down: {error}")
    return api.answer(
        503,
        {"reason": "unavailable", "message": "the seat map is unavailable: try again"},
        {"Retry-After": "5"},
    )


def _read(event_id: str, section: str) -> str | None:
    since = Clock()
    seats = seat_view.read(REDIS, event_id, section)
    if seats is None:
        return None
    body = json.dumps(seats, separators=(",", ":"))
    ANSWERS.put((event_id, section), body, len(body), since)
    return body


def _answer(request: Mapping[str, Any], body: str) -> dict[str, Any]:
    tag = conditional.entity_tag(body)
    headers = {"ETag": tag, "Cache-Control": "max-age=1"}
    return (
        api.answer(304, "", headers) if conditional.is_known(request, tag) else api.answer(200, body, headers)
    )
