"""A table that is throttled for good ends no run: what could not be read in time is left for the next one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from event_items import event_of
from simulated_regions import event_item

import dynamo
import ledger
from comparison import Comparison, Settings
from progress import Progress
from replicas import Late, Replicas

HOME, ENTRIES = "us-east-1", 250
NOW = int(time.time() * 1000)


class Throttled:
    """A client whose inventory returns nothing of a batch."""

    def batch_get_item(self, RequestItems: Any) -> Any:
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    def query(self, **request: Any) -> Any:
        if request.get("Limit") or request["TableName"] != "sales" or not _first(request).endswith("#0"):
            return {"Items": [], "ScannedCount": 0}
        items = [
            {
                "sale_id": {"S": f"{NOW - 60_000:013d}-{number:016x}-00"},
                "seat_id": {"S": seat},
                "home_region": {"S": HOME},
            }
            for number, seat in enumerate(SEATS)
        ]
        return {"Items": items, "ScannedCount": len(items)}


def _first(request: Any) -> str:
    shard: str = request["ExpressionAttributeValues"][":shard"]["S"]
    return shard


EVENT = event_of(
    event_item("gala", HOME, shards=2, sections=[{"name": "A", "first": 1, "last": 2000, "price": 1}])
)
SEATS = [seat for n in range(1, 2001) if EVENT.shard_of(seat := f"A-{n}").endswith("#0")][:ENTRIES]


@pytest.fixture
def replicas(monkeypatch: pytest.MonkeyPatch) -> Replicas:
    monkeypatch.setattr(dynamo, "client", lambda region, attempts=1: Throttled())
    now = time.monotonic()
    return Replicas(ledger.Tables("inventory", "sales"), now + 0.3, now + 0.5)


def test_a_batch_that_is_never_answered_in_full_ends_with_the_time(replicas: Replicas) -> None:
    with pytest.raises(Late):
        replicas.seats(HOME, [("gala#0", "A-1")])
    assert time.monotonic() < replicas.last + 1


def test_entries_whose_seats_were_not_read_are_checked_by_the_next_run(replicas: Replicas) -> None:
    kept: dict[str, int] = {}
    settings = Settings((HOME,), NOW, NOW - 10_000)
    with ThreadPoolExecutor(4) as pool:
        comparison = Comparison(
            EVENT, Progress(), replicas, settings, pool, lambda region, to: kept.update(to)
        )
        comparison.home()
    assert kept == {"gala#1": NOW - 10_000}
    assert comparison.compared.unfinished == {"gala#0"}
    assert not comparison.compared.complete
    assert not comparison.compared.findings
