"""HTTP requests and answers in the format of API Gateway's Lambda proxy.

It covers the caller, the input and the output of a REST API.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from events import EVENT_ID, SEAT_ID

__all__ = [
    "HOLD_ID",
    "SHORTEST_KEY",
    "SHORTEST_SECRET",
    "Refusal",
    "answer",
    "bad_key",
    "began_at",
    "body_of",
    "buyer_of",
    "event_id_in",
    "hold_id_in",
    "key_of",
    "readable_from",
    "seats_in",
]

HOLD_ID = re.compile(rf"({EVENT_ID.pattern})\.[0-9a-f]{{32}}")
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._:-]{8,128}")
SHORTEST_KEY = 8
# Without sign-in, the key of a hold is the buyer's secret: a random UUID has 36 characters.
SHORTEST_SECRET = 32
# Headers that a script may read, beside those that every script may.
EXPOSED_HEADERS = "ETag,Retry-After"
MAX_BODY = 16_384  # characters; 32 seats need less than 2,000


class Refusal(Exception):
    """A refused request: an HTTP status, a reason code for programs and a message for people.

    `final`: no earlier request that this one repeats can have succeeded.
    """

    def __init__(
        self, status: int, reason: str, text: str, *, retry_after: int = 0, final: bool = False, **more: Any
    ) -> None:
        super().__init__(text)
        self.status = status
        self.final = final
        self.body = {"reason": reason, "message": text, **more}
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}


def answer(
    status: int, body: str | Mapping[str, Any] = "", headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """An answer in API Gateway's format; a body that is already text is sent unchanged."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
        "body": body if isinstance(body, str) else json.dumps(body),
    }


def readable_from(
    origins: str,
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., dict[str, Any]]]:
    """Let web pages of these origins read the answers of a handler, refusals included.

    `origins` are separated by spaces; "" for none, and "*" for any. Only a listed origin is sent back, so caches have
    to keep an answer for each origin. API Gateway answers the preflights.
    """
    listed = origins.split()

    def decorated(handler: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        @functools.wraps(handler)
        def answering(request: Mapping[str, Any], context: object) -> dict[str, Any]:
            answered = handler(request, context)
            if not listed:
                return answered
            headers: Mapping[str, Any] = request.get("headers") or {}
            page = next((value for name, value in headers.items() if name.lower() == "origin"), None)
            added = {"Access-Control-Expose-Headers": EXPOSED_HEADERS}
            if listed == ["*"]:
                added["Access-Control-Allow-Origin"] = "*"
            else:
                added["Vary"] = "Origin"
                if page in listed:
                    added["Access-Control-Allow-Origin"] = page
            return {**answered, "headers": {**answered["headers"], **added}}

        return answering

    return decorated


def began_at(request: Mapping[str, Any]) -> float:
    """When API Gateway received the request, in epoch seconds: a function may start much later."""
    received = (request.get("requestContext") or {}).get("requestTimeEpoch")
    now = time.time()
    return min(now, received / 1000) if isinstance(received, int) else now


def body_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        Refusal: 413 if it is too big, 400 for anything else.
    """
    text = request.get("body") or ""
    if len(text) > MAX_BODY:
        raise Refusal(413, "too-big", f"the body is longer than {MAX_BODY:,} characters")
    try:
        if request.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        body = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        raise Refusal(400, "not-json", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "not-an-object", "the body is not a JSON object")
    return body


def event_id_in(body: Mapping[str, Any]) -> str:
    """The `event_id` of a body."""
    value = body.get("event_id")
    if not isinstance(value, str) or not EVENT_ID.fullmatch(value):
        raise Refusal(400, "bad-event-id", "event_id is not a valid event id")
    return value


def seats_in(body: Mapping[str, Any], most: int) -> list[str]:
    """The `seats` of a body, sorted, so that equal orders are spelled equally.

    All ids are well-formed and distinct.
    """
    seats = body.get("seats")
    if not isinstance(seats, list) or not seats:
        raise Refusal(400, "no-seats", "seats is not a list of seat ids")
    if len(seats) > most:
        raise Refusal(400, "too-many-seats", f"an order may have at most {most} seats")
    for seat in seats:
        if not isinstance(seat, str) or not SEAT_ID.fullmatch(seat):
            raise Refusal(400, "bad-seat-id", "seats contains an invalid seat id; write ids such as 101-7")
    if len(set(seats)) != len(seats):
        raise Refusal(400, "duplicate-seats", "seats lists the same seat twice")
    return sorted(seats)


def hold_id_in(body: Mapping[str, Any], event_id: str) -> str:
    """The `hold_id` of a body, or "" without one."""
    value = body.get("hold_id")
    if value is None:
        return ""
    matched = HOLD_ID.fullmatch(value) if isinstance(value, str) else None
    if matched is None or matched[1] != event_id:
        raise Refusal(400, "bad-hold-id", "hold_id is not a hold of this event")
    return matched[0]


def key_of(request: Mapping[str, Any], least: int = SHORTEST_KEY) -> str | None:
    """The Idempotency-Key header, without which a retry is not safe; None without one.

    `least` is the least number of characters.

    Raises:
        Refusal: 400 if it is not a key.
    """
    headers: Mapping[str, Any] = request.get("headers") or {}
    value = next((value for name, value in headers.items() if name.lower() == "idempotency-key"), None)
    if not value:
        return None
    if not isinstance(value, str) or not IDEMPOTENCY_KEY.fullmatch(value) or len(value) < least:
        raise bad_key(least)
    return value


def bad_key(least: int = SHORTEST_KEY) -> Refusal:
    """The refusal of a request without a proper Idempotency-Key."""
    text = f"set the Idempotency-Key header to {least} to 128 letters, digits or . _ : -"
    return Refusal(400, "bad-key", text)


def buyer_of(request: Mapping[str, Any], auth: str, hold_id: str) -> str:
    """The buyer, as authenticated by API Gateway; the body cannot influence it.

    Without authentication, the hold's random id stands for the buyer. It is hashed, because the buyer is stored in
    tables and the hold's id is a secret. It is not a second random number, because a retry must be the same buyer
    after the hold is gone.

    Raises:
        Refusal: 401 without an identity, 400 if a hold is needed.
    """
    if auth == "none":
        if not hold_id:
            raise Refusal(
                400, "no-hold", "hold the seats first: without sign-in, the hold identifies the buyer"
            )
        return "anonymous-" + hashlib.sha256(hold_id.encode()).hexdigest()[:32]
    context = request.get("requestContext") or {}
    if auth == "cognito":
        buyer = ((context.get("authorizer") or {}).get("claims") or {}).get("sub")
    else:
        identity = context.get("identity") or {}
        # All users of one identity pool share the same ARN and session; only this id differs.
        parts: Sequence[Any] = (identity.get("userArn"), identity.get("cognitoIdentityId"))
        buyer = "/".join(part for part in parts if part) if parts[0] else None
    if not isinstance(buyer, str) or not buyer:
        raise Refusal(401, "nobody", "the request is not authenticated")
    return buyer
