"""An API with one small event, which answers as docs/seats.md and the functions' docstrings say."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shop import Answer, Asked

__all__ = ["SmallEvent", "refusal"]

CORS = {"Access-Control-Expose-Headers": "ETag,Retry-After", "Vary": "Origin"}


def refusal(status: int, reason: str, retry_after: int = 0, **more: Any) -> Answer:
    """A refusal in the shape of the functions' answers, readable by any page."""
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", **CORS}
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    return Answer(status, {"reason": reason, "message": f"this is {reason}", **more}, headers)


@dataclass
class SmallEvent:
    """Two sections: A with ten seats, and B with a large number of them.

    Attributes:
        origin: the page that may read the answers.
        taken: the seats that are sold.
        holds: the seats of each hold.
        queue: answers requests for a place; None without a queue.
        admitted: the tickets whose turn it is.
    """

    origin: str
    sections: dict[str, range] = field(default_factory=lambda: {"A": range(101, 111), "B": range(1, 10_001)})
    taken: set[str] = field(default_factory=lambda: {"A-101", "A-102", "A-108"})
    holds: dict[str, list[str]] = field(default_factory=dict)
    hold_seconds: int = 300
    queue: Callable[[str], Answer] | None = None
    admitted: set[str] = field(default_factory=set)

    def answer(self, asked: Asked) -> Answer:
        """Answer a request."""
        url = urlsplit(asked.path)
        if asked.method == "OPTIONS":
            return self._readable(204, "", {
                "Access-Control-Allow-Methods": "POST,DELETE",
                "Access-Control-Allow-Headers": "Authorization,Content-Type,Idempotency-Key",
            })  # fmt: skip
        if asked.method == "GET":
            return self._seats(asked, parse_qs(url.query).get("section", [""])[0])
        if asked.method == "DELETE":
            gone = self.holds.pop(url.path.rpartition("/")[2], None)
            return self._readable(204 if gone else 404)
        body = json.loads(asked.body)
        if url.path.endswith("/queue"):
            return self.queue(body.get("queue_ticket", "")) if self.queue else refusal(409, "no-queue")
        if url.path.endswith("/holds") and self.queue and body.get("queue_ticket") not in self.admitted:
            return refusal(429, "queue")
        if url.path.endswith("/holds"):
            hold = f"gala.{hashlib.md5(asked.key.encode()).hexdigest()}"
            self.holds[hold] = body["seats"]
            ends = int(time.time()) + self.hold_seconds
            return self._readable(
                201, {"hold_id": hold, "event_id": "gala", "seats": body["seats"], "expires_at": ends}
            )
        self.holds.pop(body["hold_id"], None)
        self.taken.update(body["seats"])
        sold = [{"seat_id": seat, "sale_id": seat, "price": 10_000} for seat in body["seats"]]
        receipt = {
            "order_id": f"order-{asked.key[:8]}",
            "seats": sold,
            "total": 10_000 * len(sold),
            "currency": "USD",
        }
        return self._readable(201, receipt)

    def place(self, ticket: str, state: str, ask_in: int = 0) -> Answer:
        """A place in the queue."""
        now = int(time.time())
        drawn = state == "drawn"
        told = {
            "event_id": "gala",
            "queue_ticket": ticket,
            "state": state,
            "opens_at": now + ask_in,
            "ask_in": ask_in,
        }
        told |= {
            "admits_at": None if drawn else now + ask_in,
            "expires_at": None if drawn else now + ask_in + 600,
        }
        return self._readable(202, told, {"Retry-After": str(ask_in)} if ask_in else {})

    def _seats(self, asked: Asked, name: str) -> Answer:
        sections = []
        for each, numbers in self.sections.items():
            bits = "".join("01"[f"{each}-{number}" in self.taken] for number in numbers)
            bits += "0" * (-len(bits) % 8)
            bitmap = base64.b64encode(int(bits, 2).to_bytes(len(bits) // 8)).decode()
            taken = bits.count("1")
            section = {
                "name": each, "first": numbers[0], "last": numbers[-1], "price": 10_000, "capacity": len(numbers),
                "taken": taken, "available": len(numbers) - taken,
            }  # fmt: skip
            sections.append({**section, "taken_seats": bitmap} if name else section)
        chosen = [section for section in sections if name in ("", section["name"])]
        body = {"format": 1, "event_id": "gala", "currency": "USD", "exact": True, "sections": chosen}
        tag = f'"{hashlib.md5(json.dumps(body).encode()).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": "max-age=1"}
        if asked.headers.get("if-none-match") == tag:
            return self._readable(304, "", headers)
        return self._readable(200, body, headers)

    def _readable(self, status: int, body: Any = "", headers: dict[str, str] | None = None) -> Answer:
        kind = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Answer(
            status, body, {**kind, **CORS, "Access-Control-Allow-Origin": self.origin, **(headers or {})}
        )
