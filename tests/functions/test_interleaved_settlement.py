"""Exhaustive tests of the settlement of a seat that was sold twice because a Region was lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interleaved_move import Move
from interleaved_sale import SOME_OR_ALL, A, B, Choose, TwoRegions, everything
from interleavings import INSTEAD

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/refunds.fifo"


@pytest.fixture(scope="module")
def correctors(regions: TwoRegions) -> dict[str, Any]:
    """The function that settles, warm, in both hubs."""
    world = regions.world
    return {
        region: world.function("oversell_corrector", region, INSTEAD, REFUNDS_QUEUE_URL=QUEUE)
        for region in (A, B)
    }


class SoldTwice:
    """A seat that a lost Region and its successor have sold, after both have heard of it, and who settles it."""

    def __init__(self, regions: TwoRegions, correctors: dict[str, Any], choose: Choose, faults: int) -> None:
        self.move = move = Move(regions, choose, faults)
        self.sale, self._correctors = move.sale, correctors
        explored = self.sale.run
        hasty = ("call", "time")
        move.then(hasty, lambda: self.sale.buys("ann", A, "A-1", "A-2"))
        move.then(hasty, lambda: move.moves("rescuer", A))
        move.then(hasty, lambda: self.sale.buys("leo", B, "A-1"))
        move.deliver()
        self.hints = {
            entry["sale_id"]: entry["home_region"]
            for entry in self.sale.world.items("sales", A, self.sale.event_id)
            if entry["seat_id"] == "A-1"
        }
        assert len(self.hints) == 2, self.sale.run.trace
        explored.now, explored.trace = self.sale.run.now + 60, self.sale.run.trace
        self.sale.run = explored
        self.messages: list[dict[str, Any]] = explored.sent

    def settles(self, name: str, region: str) -> None:
        """Add a corrector that gets the finding."""
        finding = {
            "kind": "oversold",
            "event_id": self.sale.event_id,
            "seat_id": "A-1",
            "sales": self.hints,
        }
        self.sale.run.spawn(name, lambda: self._correctors[region].handler({"findings": [finding]}, None))

    def ends(self) -> None:
        """The next verification hands the finding over again, as long as anything is left to do; then check."""
        for name, region in (("settled by A again", A), ("settled by B again", B)):
            self.move.deliver()
            self.move.then(("call", "time"), lambda: self.settles(name, region))  # noqa: B023
            self.messages += self.sale.run.sent
        self.move.deliver()
        trace = "\n".join(self.sale.run.trace)
        live = self.sale.world.live_sales(self.sale.event_id)
        assert [sale["buyer"] for sale in live["A-1"]] == ["leo"], trace
        assert [sale["buyer"] for sale in live["A-2"]] == ["ann"], trace
        (lost,) = self.hints.keys() - {live["A-1"][0]["sale_id"]}
        for region in (A, B):
            held = self.sale.world.items("inventory", region, self.sale.event_id)
            assert {item["seat_id"]: item["buyer"] for item in held} == {"A-1": "leo", "A-2": "ann"}, trace
            refunds = {
                entry["entry_id"]: entry["refund"]
                for entry in self.sale.world.items("corrections", region)
                if entry["event_id"] == self.sale.event_id and "refund" in entry
            }
            assert refunds == {f"refund#{lost}": "published"}, trace
        # The money goes back at least once, under one id, for the sale that lost the seat and no other.
        assert {json.loads(message["MessageBody"])["sale_id"] for message in self.messages} == {lost}, trace
        assert {message["MessageDeduplicationId"] for message in self.messages} == {lost}, trace

    def told(self) -> tuple[int, Any]:
        """Ann sends her order again; return what she is told."""
        answers: list[tuple[int, Any]] = []
        order = {"seats": ["A-1", "A-2"]}
        name = f"ann asks again, {self.sale.run.now}"
        self.move.then(
            ("call", "time"),
            lambda: self.sale.run.spawn(
                name, lambda: answers.append(self.sale.ask(B, "POST /tickets", "ann", order))
            ),
        )
        return answers[0]


@SOME_OR_ALL
def test_two_hubs_that_settle_a_seat_at_once_refund_one_sale(
    regions: TwoRegions, correctors: dict[str, Any], faults: int, runs: int | None
) -> None:
    def run(choose: Choose) -> None:
        twice = SoldTwice(regions, correctors, choose, faults)
        twice.settles("settled by A", A)
        twice.settles("settled by B", B)
        twice.sale.run.go()
        twice.ends()
        status, told = twice.told()
        assert (status, told["total"], [seat["seat_id"] for seat in told["seats"]]) == (201, 10_000, ["A-2"])

    everything(run, runs)
