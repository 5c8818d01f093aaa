"""A planted oversell: the stack finds and corrects it within its objectives."""

from __future__ import annotations

import time

import demands
import pytest

from support.live import Show, client, eventually
from support.sales import OLD_S, item_of, minted, sale

pytestmark = pytest.mark.aws


def test_an_oversold_seat_is_corrected(show: Show) -> None:
    """The tickets are free, so the stack publishes a refund of 0."""
    common = {
        "event_id": show.event_id,
        "event_shard": show.shard("A-1"),
        "price": 0,
        "buyer": "integration-suite",
    }
    first, second = sale("A-1", minted(2 * OLD_S, 1), **common), sale("A-1", minted(OLD_S, 2), **common)
    show.put("ticket-sales", first)
    show.put("ticket-sales", second)
    show.put("ticket-inventory", item_of(second))
    began = time.monotonic()
    timeout = demands.VERIFICATION_INTERVAL_S + demands.VERIFICATION_S + demands.CORRECTION_S + 30

    def void() -> bool:
        return f"{second['sale_id']}-void" in {item["sale_id"] for item in show.read("ticket-sales")}

    assert eventually(void, timeout, pause=0.5), (
        f"the seat is still oversold after {time.monotonic() - began:.0f} s"
    )
    (seat,) = show.read("ticket-inventory")
    assert seat["sale_id"] == first["sale_id"], "the first to buy keeps the seat"

    def refund() -> bool:
        found = client("dynamodb", demands.PRIMARY).get_item(
            TableName=show.table("corrections"),
            Key={"event_id": {"S": show.event_id}, "entry_id": {"S": f"refund#{second['sale_id']}"}},
            ConsistentRead=True,
        )
        return bool(found.get("Item", {}).get("refund") == {"S": "published"})

    assert eventually(refund, timeout, pause=0.5), "the loser's refund was not published"
