"""Fixtures of the integration suite: the applied stack's outputs, and events that are deleted after each test."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import demands
import pytest

from support.events import items_of
from support.live import Outputs, Show, client, eventually, read_outputs


@pytest.fixture(scope="session")
def outputs() -> Outputs:
    """The outputs of all root modules; skips if the stack was not applied, and fails if only a part of it was."""
    found, missing = read_outputs()
    if not found:
        pytest.skip(next(iter(missing.values())))
    if missing:
        pytest.fail("\n".join(missing.values()))
    return found


@pytest.fixture
def show(outputs: Outputs) -> Iterator[Show]:
    """An event with its home in the primary Region, known in all Regions, until the test ends. Its tickets are free."""
    yield from _shown(outputs)


@pytest.fixture
def limited_show(outputs: Outputs) -> Iterator[Show]:
    """The same, of which a buyer may have two seats."""
    yield from _shown(outputs, seats_per_buyer=2)


def _shown(outputs: Outputs, **more: int) -> Iterator[Show]:
    show = Show(f"it-{secrets.token_hex(8)}", demands.PRIMARY, outputs)
    now = int(time.time())
    item = {
        "event_id": show.event_id,
        "home_region": show.home,
        "epoch": 1,
        "state": "on_sale",
        "shards": 1,
        "opens_at": now - 60,
        "closes_at": now + 3600,
        "currency": "USD",
        "sections": [{"name": "A", "first": 1, "last": 20, "price": 0}],
        **more,
    }
    for one in items_of(item):
        show.put("events", one)

    def known(region: str) -> bool:
        found = client("dynamodb", region).query(
            TableName=show.table("events"),
            KeyConditionExpression="event_id = :event",
            ExpressionAttributeValues={":event": {"S": show.event_id}},
        )
        return found["Count"] == 2  # its layout and its epoch

    try:
        for region in demands.REGIONS:
            assert eventually(lambda region=region: known(region), 60), (
                f"{region} does not receive a new event"
            )
        yield show
    finally:
        show.clean_up()
