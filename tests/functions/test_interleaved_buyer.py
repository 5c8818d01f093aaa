"""Every order of the calls of one buyer's requests for a limited event: see `test_interleavings` and `buyer_seats`.

In the answers of every run, and in the ledger, the buyer never holds and has bought more seats than the event allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from interleaved_move import Move
from interleaved_sale import SOME_OR_ALL, A, B, Choose, Sale, TwoRegions, everything
from interleavings import INSTEAD, Action
from simulated_regions import TABLES

LIMIT = 2
HOLD_SECONDS = 300
SKEW = 2


class Buyer:
    """One buyer with several tabs: each asks for seats under a key of its own."""

    def __init__(self, sale: Sale) -> None:
        self.sale = sale
        self.held: dict[str, tuple[int, int]] = {}  # hold -> seats, end
        self.bought: dict[str, int] = {}  # tab -> seats
        self.over = 0

    def tab(
        self, name: str, region: str, *seats: str, hold: bool = False, keep: bool = False, pause: float = 0
    ) -> None:
        """Hold or buy seats; `keep` holds them only, and `pause` comes between a hold and its purchase."""

        def program() -> None:
            body: dict[str, Any] = {"seats": list(seats)}
            if hold or keep:
                status, reply = self._ask(region, "POST /holds", body, f"{name}-hold-key-000000000000")
                if status != 201:
                    return
                self.held[name] = len(seats), reply["expires_at"]
                self.check()
                body["hold_id"] = reply["hold_id"]
            if pause:
                INSTEAD["time"].sleep(pause)
            if keep:
                return
            if self._ask(region, "POST /tickets", body, f"{name}-key-00001")[0] == 201:
                self.held.pop(name, None)
                self.bought[name] = len(seats)
                self.check()

        self.sale.run.spawn(name, program)

    def _ask(self, region: str, route: str, body: Any, key: str) -> tuple[int, Any]:
        status, reply = self.sale.ask(region, route, "ann", body, headers={"Idempotency-Key": key})
        self.over += reply.get("reason") == "buyer-limit"
        return status, reply

    def check(self) -> None:
        """Check what the buyer was told so far, at this moment."""
        now = INSTEAD["time"].time()
        told = sum(self.bought.values()) + sum(n for n, end in self.held.values() if end > now + SKEW)
        assert told <= LIMIT, "\n".join(self.sale.run.trace)

    def check_ledger(self) -> None:
        """Check what the buyer has at the end, also of requests whose answers are unknown."""
        live = self.sale.world.live_sales(self.sale.event_id)
        assert len(live) <= LIMIT, "\n".join(self.sale.run.trace)
        assert len(live) >= sum(self.bought.values()), "\n".join(self.sale.run.trace)


def limited(regions: TwoRegions, choose: Choose, faults: int = 0) -> Buyer:
    return Buyer(Sale(regions, choose, faults, seats_per_buyer=LIMIT))


@pytest.mark.parametrize("faults", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("held", [False, True], ids=["purchases", "holds"])
def test_two_orders_of_a_buyer_do_not_both_pass(regions: TwoRegions, held: bool, faults: int) -> None:
    outcomes = set()

    def run(choose: Choose) -> None:
        buyer = limited(regions, choose, faults)
        buyer.tab("one", A, "A-1", "A-2", keep=held)
        buyer.tab("two", B, "A-3", keep=held)
        buyer.sale.run.go()
        buyer.check_ledger()
        outcomes.add((len(buyer.held) + len(buyer.bought), buyer.over))

    everything(run)
    assert outcomes == {(1, 1)} or faults


@pytest.mark.parametrize("faults", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_hold_that_expires_while_another_takes_its_place_is_not_bought(
    regions: TwoRegions, faults: int
) -> None:
    """The purchase of the first hold begins just before its end, and the second hold just after it."""
    winners = set()

    def run(choose: Choose) -> None:
        buyer = limited(regions, choose, faults)
        buyer.tab("one", A, "A-1", "A-2", hold=True, pause=HOLD_SECONDS + SKEW - 0.5)
        late = INSTEAD["time"]

        def second() -> None:
            late.sleep(HOLD_SECONDS + SKEW + 1)
            body = {"seats": ["A-3", "A-4"]}
            status, _ = buyer._ask(B, "POST /tickets", body, "two-key-00001")
            if status == 201:
                buyer.held.pop("one", None)  # it has ended
                buyer.bought["two"] = 2
                buyer.check()

        buyer.sale.run.spawn("two", second)
        buyer.sale.run.go()
        buyer.check_ledger()
        winners.add(tuple(sorted(buyer.bought)))

    everything(run)
    assert {("one",), ("two",)} <= winners or faults


@pytest.mark.parametrize("faults", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_release_at_once_with_an_order_is_subtracted_once(regions: TwoRegions, faults: int) -> None:
    def run(choose: Choose) -> None:
        buyer = limited(regions, choose, faults)
        holds: list[str] = []

        def hold_and_release() -> None:
            status, reply = buyer._ask(
                A, "POST /holds", {"seats": ["A-1", "A-2"]}, "one-hold-key-000000000000"
            )
            if status == 201:
                holds.append(reply["hold_id"])
                buyer.sale.ask(B, "DELETE /holds/{id}", "ann", pathParameters={"id": reply["hold_id"]})

        buyer.sale.run.spawn("one", hold_and_release)
        buyer.tab("two", A, "A-3")
        buyer.sale.run.go()
        buyer.check_ledger()
        key = {"lock_key": f"buyer#{buyer.sale.event_id}#ann"}
        item = buyer.sale.world.get("locks", A, key) or {"bought": 0, "held": {}}
        assert item["bought"] == len(buyer.sale.world.live_sales(buyer.sale.event_id)), buyer.sale.run.trace
        if not faults:
            assert item["held"] == {}, buyer.sale.run.trace

    everything(run)


def test_an_item_that_ttl_deletes_counted_nothing(regions: TwoRegions) -> None:
    def run(choose: Choose) -> None:
        buyer = limited(regions, choose)
        buyer.tab("one", A, "A-1", keep=True)
        buyer.tab("two", B, "A-2", "A-3")

        def sweep() -> None:
            client = INSTEAD["boto3"].client("dynamodb", region_name=A)
            with suppress(ClientError, ReadTimeoutError):  # it is not expired, or not there
                client.delete_item(
                    TableName=TABLES["locks"],
                    Key={"lock_key": {"S": f"buyer#{buyer.sale.event_id}#ann"}},
                    ConditionExpression="expiry_time < :now",
                    ExpressionAttributeValues={":now": {"N": str(int(INSTEAD["time"].time()))}},
                )

        buyer.sale.run.spawn("sweeper", sweep)
        buyer.sale.run.go()
        buyer.check_ledger()

    everything(run)


@SOME_OR_ALL
def test_what_a_buyer_has_counts_in_the_new_home(regions: TwoRegions, faults: int, runs: int | None) -> None:
    bought = set()

    def run(choose: Choose) -> None:
        move = Move(regions, choose, faults, seats_per_buyer=LIMIT)
        buyer = Buyer(move.sale)
        buyer.tab("one", A, "A-1", "A-2")
        move.moves()
        move.sale.run.go()
        move.settle()
        move.then(("call", "time", "deliver"), lambda: buyer.tab("two", A, "A-3"))
        move.then(("call", "time", "deliver"), lambda: buyer.tab("three", B, "A-4", "A-5"))
        move.deliver()
        buyer.check_ledger()
        bought.add(len(move.sale.world.live_sales(move.sale.event_id)))
        item = move.sale.world.get("locks", B, {"lock_key": f"buyer#{move.sale.event_id}#ann"})
        assert item is not None
        assert item["bought"] == len(move.sale.world.live_sales(move.sale.event_id)), move.sale.run.trace

    everything(run, runs)
    assert LIMIT in bought


def test_what_a_lost_home_has_replicated_counts_in_the_home_that_takes_over(regions: TwoRegions) -> None:
    def first(actions: Sequence[Action]) -> Action:
        return min(actions, key=lambda action: ("call", "deliver", "time").index(action.what))

    move = Move(regions, first, seats_per_buyer=LIMIT)
    buyer = Buyer(move.sale)
    buyer.tab("one", A, "A-1")
    move.sale.run.go()
    move.deliver()
    move.then(("call", "deliver", "time"), lambda: move.moves("rescuer", A, patience="60"))
    move.deliver()
    assert move.event(B).home_region == B, move.sale.run.trace
    move.then(("call", "time", "deliver"), lambda: buyer.tab("two", B, "A-2", "A-3"))
    assert buyer.over == 1, move.sale.run.trace
    move.then(("call", "time", "deliver"), lambda: buyer.tab("three", B, "A-2"))
    move.deliver()
    buyer.check_ledger()
    assert buyer.bought == {"one": 1, "three": 1}, move.sale.run.trace
