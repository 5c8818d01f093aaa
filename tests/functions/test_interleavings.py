"""Exhaustive tests of small sales: every order of the real code's calls, with every crash and lost answer.

The code is that of the rendered stack, the database is DynamoDB Local; only time and chance are simulated, so that runs
can be repeated. See `interleavings`.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from interleaved_sale import A, B, Choose, Sale, TwoRegions, everything
from interleavings import INSTEAD
from simulated_regions import TABLES


def test_two_buyers_of_overlapping_seats_never_share_a_seat(regions: TwoRegions) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(regions, choose)
        sale.buys("ann", A, "A-1", "A-2")
        sale.buys("bob", B, "A-2")
        sale.run.go()
        sale.check()
        assert len(sale.answers) == 1

    everything(run)


@pytest.mark.parametrize("faults", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_two_buyers_who_try_again_with_faults(regions: TwoRegions, faults: int) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(regions, choose, faults)
        sale.buys("ann", A, "A-1", "A-2", tries=2)
        sale.buys("bob", B, "A-2", "A-1", tries=2)
        sale.run.go()
        sale.check()

    everything(run)


def sweeper(sale: Sale, *keys: str) -> None:
    """DynamoDB's TTL, which deletes expired items one at a time, at any moment."""

    def program() -> None:
        client = INSTEAD["boto3"].client("dynamodb", region_name=A)
        INSTEAD["time"].sleep(301)
        for key in keys:
            with suppress(ClientError, ReadTimeoutError):  # either not expired, or deleted
                client.delete_item(
                    TableName=TABLES["locks"],
                    Key={"lock_key": {"S": key.format(sale.event_id)}},
                    ConditionExpression="expiry_time < :now",
                    ExpressionAttributeValues={":now": {"N": str(int(INSTEAD["time"].time()))}},
                )

    sale.run.spawn("sweeper", program)


@pytest.mark.parametrize("faults", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_two_buyers_with_holds_that_expire_and_a_sweeper(regions: TwoRegions, faults: int) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(regions, choose, faults)
        # Holds last for 300 s: one purchase begins just before they expire, and may commit after that.
        sale.buys("ann", A, "A-1", "A-2", hold=True, pause=299.6)
        sale.buys("bob", B, "A-2", pause=301.2)
        sweeper(sale, "seat#{}#A-2", "seat#{}#A-1")
        sale.run.go()
        sale.check()

    everything(run)


def test_concurrent_retries_with_one_key_are_one_order(regions: TwoRegions) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(regions, choose, faults=1)
        for name, region in (("first", A), ("second", B)):
            sale.run.spawn(name, lambda region=region: again(sale, region))  # type: ignore[misc]
        sale.run.go()
        sale.check()
        assert len({reply["order_id"] for reply in sale.answers}) <= 1, sale.run.trace
        assert len(sale.world.items("sales", A, sale.event_id)) in (0, 2)

    def again(sale: Sale, region: str) -> None:
        status, reply = sale.ask(region, "POST /tickets", "ann", {"seats": ["A-1", "A-2"]})
        assert status in (201, 503), reply

    everything(run)


@pytest.mark.parametrize("faults", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_hold_released_and_bought_concurrently_is_consistent(regions: TwoRegions, faults: int) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(regions, choose, faults)

        def ann() -> None:
            status, reply = sale.ask(A, "POST /holds", "ann", {"seats": ["A-1", "A-2"]})
            if status == 201:
                held.append(reply["hold_id"])
                sale.ask(A, "POST /tickets", "ann", {"seats": ["A-1", "A-2"], "hold_id": reply["hold_id"]})

        def release() -> None:
            INSTEAD["time"].sleep(1)
            if held:
                sale.ask(B, "DELETE /holds/{id}", "ann", pathParameters={"id": held[0]})

        held: list[str] = []
        sale.run.spawn("ann", ann)
        sale.run.spawn("tab", release)
        sale.buys("bob", B, "A-2")
        sale.run.go()
        sale.check()

    everything(run)
