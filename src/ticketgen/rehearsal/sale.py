"""Simulated buyers in every Region who compete for the same seats at a given rate."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ticketgen.history.recorder import Recorder
from ticketgen.rehearsal.emulator.signatures import Keys, signed_headers

__all__ = ["Buyers", "OrderAttempt", "RegionApi", "SaleEvent"]

_WORKERS = 8
"""Number of concurrent requests; more would only queue on two cores."""

_SOLD_TO_OTHERS = "sold-to-others"
"""Outcome for a buyer whose seats are already sold, which the API calls `sold`."""

_WINDOW = 60
"""Number of best free seats that buyers choose from, small enough to cause conflicts."""


_KINDS = {"/holds": "hold", "/tickets": "purchase"}
"""The kinds of operations in a history."""


@dataclass(frozen=True, slots=True)
class SaleEvent:
    """An event on sale: its id, its home Region, the number of seats of each section, and the most of a buyer."""

    event_id: str
    home: str
    sections: Mapping[str, int]
    seats_per_buyer: int = 0

    def seats(self) -> list[str]:
        """Return all seats, best first."""
        return [f"{name}-{number}" for name, count in self.sections.items() for number in range(1, count + 1)]

    def file(self, opens_at: int, closes_at: int) -> str:
        """Return the event as JSON, for the operator's script that creates it; times are in epoch seconds."""
        sections = [
            {"name": name, "first": 1, "last": count, "price": 10_000 - 1_000 * index}
            for index, (name, count) in enumerate(self.sections.items())
        ]
        event = {
            "event_id": self.event_id,
            "home": self.home,
            "currency": "USD",
            "opens_at": opens_at,
            "closes_at": closes_at,
            "seats_per_buyer": self.seats_per_buyer,
            "sections": sections,
        }
        return json.dumps(event)


@dataclass(frozen=True, slots=True)
class RegionApi:
    """The address of a Region's API on the emulator, without a slash at the end."""

    region: str
    url: str


@dataclass(frozen=True, slots=True)
class OrderAttempt:
    """The result of one order.

    Attributes:
        at: the start, in seconds since the sale opened.
        seconds: the time from the first request to the last answer.
        outcome: `sold`, or the reason of the refusal; `sold-to-others` if the seats are already sold.
    """

    at: float
    seconds: float
    region: str
    event_id: str
    outcome: str
    seats: tuple[str, ...]
    order_id: str = ""


class Buyers:
    """All buyers of a sale.

    Args:
        apis: the APIs.
        shows: the events on sale.
        keys: the credentials that the APIs accept.
        rate: orders per second, over all Regions.
        most_seats: the limit of one order.
        seed: makes the orders reproducible.
        history: records what the buyers asked and were told.
        workers: orders at the same time.

    Attributes:
        opened: when the first of them came, in `time.monotonic()` seconds.
        attempts, repeated, contradicted: orders that ended, retries, and those of them with another answer.
    """

    def __init__(
        self,
        apis: Sequence[RegionApi],
        shows: Sequence[SaleEvent],
        keys: Keys,
        *,
        rate: float,
        most_seats: int,
        seed: int = 7,
        history: Recorder | None = None,
        workers: int = _WORKERS,
    ) -> None:
        self._history, self.workers = history, workers
        self._apis, self._shows, self._keys = apis, shows, keys
        self._rate, self._most_seats = rate, most_seats
        self._random = random.Random(seed)
        self._free = {show.event_id: dict.fromkeys(show.seats()) for show in shows}
        self._number = self._before = 0
        self.opened = 0.0
        self._turn = threading.Lock()
        self.attempts: list[OrderAttempt] = []
        self.repeated = 0
        self.contradicted = 0

    def share_sold(self) -> float:
        """Return the share of the seats that is sold, from 0 to 1."""
        free = sum(len(seats) for seats in self._free.values())
        return 1 - free / sum(sum(show.sections.values()) for show in self._shows)

    def buy(self, seconds: float, rate: float = 0.0) -> None:
        """Buy until the time is over or all seats are sold, at another rate than before if there is one."""
        opened = time.monotonic()
        self.opened = self.opened or opened
        self._rate, self._before = rate or self._rate, self._number
        workers = [
            threading.Thread(target=self._run_worker, args=(opened, seconds), daemon=True)
            for _ in range(self.workers)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _run_worker(self, opened: float, seconds: float) -> None:
        with ExitStack() as open_connections:
            connections = {
                api.region: http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=30)
                for api in self._apis
            }
            for connection in connections.values():
                open_connections.callback(connection.close)
            while True:
                with self._turn:
                    self._number += 1
                    number = self._number
                    order = self._next_order(number)
                due = opened + (number - self._before) / self._rate
                if order is None or max(due, time.monotonic()) > opened + seconds:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                self._attempt_order(connections, number, *order)

    def _attempt_order(
        self,
        connections: Mapping[str, http.client.HTTPConnection],
        number: int,
        api: RegionApi,
        show: SaleEvent,
        seats: list[str],
        held: bool,
        retried: bool,
    ) -> None:
        began = time.monotonic()
        outcome, order_id = self._place_order(
            connections, api, show, seats, number, held=held, retried=retried
        )
        attempt = OrderAttempt(
            began - self.opened,
            time.monotonic() - began,
            api.region,
            show.event_id,
            outcome,
            tuple(seats),
            order_id,
        )
        with self._turn:
            self.attempts.append(attempt)
            if outcome == "sold":
                for seat in seats:
                    self._free[show.event_id].pop(seat, None)

    def _next_order(self, number: int) -> tuple[RegionApi, SaleEvent, list[str], bool, bool] | None:
        """Draw the next order: API, event, seats, whether to hold them first and whether to retry."""
        shows = [show for show in self._shows if self._free[show.event_id]]
        if not shows:
            return None
        show = self._random.choice(shows)
        best = list(itertools.islice(self._free[show.event_id], _WINDOW))
        count = min(len(best), self._random.randint(1, self._most_seats))
        seats = self._random.sample(best, count)
        api = self._apis[number % len(self._apis)]
        return api, show, seats, self._random.random() < 0.7, self._random.random() < 0.05

    def _place_order(
        self,
        connections: Mapping[str, http.client.HTTPConnection],
        api: RegionApi,
        show: SaleEvent,
        seats: list[str],
        number: int,
        *,
        held: bool,
        retried: bool,
    ) -> tuple[str, str]:
        # Where seats are limited, every other order is of one of a few who would buy them all.
        greedy = show.seats_per_buyer and number % 2
        buyer = f"collector-{number % 10}" if greedy else f"buyer-{number:06d}"
        request: dict[str, Any] = {"event_id": show.event_id, "seats": seats}
        if held:
            # Without sign-in, it is the buyer's secret.
            secret = str(uuid.uuid4())
            status, answer = self._ask(connections, api, "/holds", request, buyer, secret, retried=retried)
            if status != 201:
                return self._refusal_reason(show, answer, status), ""
            request["hold_id"] = answer["hold_id"]
        key = f"{show.event_id}-{number:06d}"
        status, answer = self._ask(connections, api, "/tickets", request, buyer, key, retried=retried)
        if status == 201:
            return "sold", str(answer["order_id"])
        return self._refusal_reason(show, answer, status), ""

    def _ask(
        self,
        connections: Mapping[str, http.client.HTTPConnection],
        api: RegionApi,
        path: str,
        body: dict[str, Any],
        buyer: str,
        key: str,
        *,
        retried: bool,
    ) -> tuple[int, dict[str, Any]]:
        """Send a request, and retry it with the same key if asked to, or if the outcome is unknown (429, 503)."""
        first = self._send(connections, api, path, body, buyer, key)
        if first[0] not in (429, 503) and not retried:
            return first
        second = self._send(connections, api, path, body, buyer, key)
        with self._turn:
            self.repeated += 1
            self.contradicted += first[0] == 201 and second[0] != 503 and second != first
        return first if second[0] == 503 else second

    def _refusal_reason(self, show: SaleEvent, answer: dict[str, Any], status: int) -> str:
        reason = str(answer.get("reason") or answer.get("message") or status)
        if reason != "sold":
            return reason
        with self._turn:
            for seat in answer.get("seats", ()):
                self._free[show.event_id].pop(seat, None)
        return _SOLD_TO_OTHERS

    def _send(
        self,
        connections: Mapping[str, http.client.HTTPConnection],
        api: RegionApi,
        path: str,
        body: dict[str, Any],
        buyer: str,
        key: str,
    ) -> tuple[int, dict[str, Any]]:
        connection, url, text = connections[api.region], api.url + path, json.dumps(body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        begin = self._history.now() if self._history else 0.0
        told: tuple[int, dict[str, Any]] = 0, {}
        # The emulated API Gateway uses the access key as the caller, or as the subject of Cognito's token.
        signed = signed_headers(self._keys, "POST", url, text, caller=buyer, region=api.region, added=headers)
        try:
            connection.request("POST", urlsplit(url).path, text, signed)
            answer = connection.getresponse()
            told = answer.status, json.loads(answer.read() or "{}")
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
        if self._history:
            asked: dict[str, Any] = {"kind": _KINDS[path], "buyer": buyer, "key": key}
            asked |= {{"event_id": "event"}.get(name, name): value for name, value in body.items()}
            self._history.answered(begin, *told, **asked)
        return told if told[0] else (503, {"reason": "no-answer"})
