"""Write a history while a sale runs, from several threads."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

__all__ = ["Recorder", "inventory_lines", "ledger_lines"]


class Recorder:
    """Writes the operations of a history to a stream, each when it ends.

    Args:
        stream: where to write; it stays open.
        epoch: wall-clock time at zero of the monotonic clock. Processes that share it have one clock, which runs
            steadily whatever happens to the wall clock.
    """

    def __init__(self, stream: TextIO, epoch: float | None = None) -> None:
        self._stream = stream
        self._turn = threading.Lock()
        self.epoch = time.time() - time.monotonic() if epoch is None else epoch

    def now(self) -> float:
        """The time in seconds of the epoch."""
        return round(self.epoch + time.monotonic(), 6)

    def answered(self, begin: float, status: int, body: object, **operation: Any) -> None:
        """Write an operation that was answered just now; status 0 if there is no answer."""
        told = {"end": self.now(), "answer": {"status": status, "body": body}} if status else {}
        self.write([{**operation, "begin": begin, **told}])

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write lines."""
        text = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines)
        with self._turn:
            self._stream.write(text)
            self._stream.flush()


def ledger_lines(items: Iterable[Mapping[str, Any]], begin: float, end: float) -> Iterator[dict[str, Any]]:
    """The lines of a final ledger, from the items of the table of sales of all Regions.

    `begin` and `end` are the times of the reading.
    """
    by_id = {item["sale_id"]: item for item in items}
    voids = {item["voids"]: item["voided_at"] / 1000 for item in by_id.values() if item["kind"] == "void"}
    sales = [item for item in by_id.values() if item["kind"] == "sale"]
    for sale in sales:
        yield {
            "kind": "entry",
            "event": sale["event_id"],
            "seat": sale["seat_id"],
            "order_id": sale["order_id"],
            "buyer": sale["buyer"],
            "key": sale["idempotency_key"],
            "price": sale["price"],
            **({"voided_at": voids[sale["sale_id"]]} if sale["sale_id"] in voids else {}),
        }
    yield {"kind": "ledger", "begin": begin, "end": end, "count": len(sales)}


def inventory_lines(items: Iterable[Mapping[str, Any]], begin: float, end: float) -> Iterator[dict[str, Any]]:
    """The lines of a final inventory, from the items of each event's home; withheld seats are left out."""
    sold = [item for item in items if "sale_id" in item]
    for item in sold:
        yield {
            "kind": "item",
            "event": item["event_id"],
            "seat": item["seat_id"],
            "order_id": item["order_id"],
        }
    yield {"kind": "inventory", "begin": begin, "end": end, "count": len(sold)}
