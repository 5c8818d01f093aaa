"""A small sale under the deterministic scheduler: its buyers, their answers, and what must hold at its end."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from interleavings import INSTEAD, START, Action, Run, explore, random_choice, within
from replication import Replication
from simulated_regions import World, event_item

__all__ = ["SOME_OR_ALL", "A", "B", "Choose", "Sale", "TwoRegions", "everything"]

A, B = "us-east-1", "us-west-2"
_numbers = itertools.count(1)

Choose = Callable[[Sequence[Action]], Action]


@dataclass(frozen=True)
class TwoRegions:
    """Two Regions, and the function that sells, warm, in both."""

    world: World
    shops: dict[str, Any]

    @classmethod
    @contextmanager
    def running(cls, port: int, folder: Path) -> Iterator[TwoRegions]:
        """Run them until the block ends; the operator's scripts get the folder."""
        with World.running(port, folder, A, B) as world:
            yield cls(
                world, {region: world.function("ticket_purchase", region, INSTEAD) for region in (A, B)}
            )


class Sale:
    """One run's event, its buyers, and the answers that they got."""

    def __init__(
        self,
        regions: TwoRegions,
        choose: Choose,
        faults: int = 0,
        *,
        travels: bool = False,
        late_seconds: float = float("inf"),
        **event: Any,
    ) -> None:
        self.world, self._shops = regions.world, regions.shops
        self.event_id = f"e{next(_numbers):07d}"
        self.world.put("events", event_item(self.event_id, A, now=START, **event))
        self.replication = Replication(self.world.proxy.send, (A, B), (A, B)) if travels else None
        self.run = Run(
            self.event_id, self.world.proxy.send, choose, self.replication, faults, late_seconds=late_seconds
        )
        self.answers: list[dict[str, Any]] = []
        self.statuses: dict[str, list[int]] = {}
        self.last: dict[str, int] = {}  # of each buyer's purchases

    def ask(self, region: str, route: str, buyer: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        method, resource = route.split()
        within(10)  # the function's timeout
        answer = self._shops[region].handler(
            {
                "httpMethod": method,
                "resource": resource,
                "headers": {"Idempotency-Key": f"key-{self.event_id}-{buyer}"},
                "body": json.dumps({"event_id": self.event_id, **(body or {})}),
                "requestContext": {"identity": {"userArn": buyer}},
                **more,
            },
            None,
        )
        within(float("inf"))
        reply = json.loads(answer["body"]) if answer["body"] else {}
        self.statuses.setdefault(buyer, []).append(answer["statusCode"])
        assert answer["statusCode"] in (201, 204, 404, 409, 503), reply
        if route == "POST /tickets":
            self.last[buyer] = answer["statusCode"]
            if answer["statusCode"] == 201:
                self.answers.append({"buyer": buyer, **reply})
        return answer["statusCode"], reply

    def buys(
        self, name: str, region: str, *seats: str, hold: bool = False, pause: float = 0, tries: int = 1
    ) -> None:
        """A buyer who may hold the seats first, pauses, and retries with the same key."""

        def program() -> None:
            body: dict[str, Any] = {"seats": list(seats)}
            if hold:
                status, reply = self.ask(region, "POST /holds", name, body)
                if status != 201:
                    return
                body["hold_id"] = reply["hold_id"]
            if pause:
                INSTEAD["time"].sleep(pause)
            for _ in range(tries):
                if self.ask(region, "POST /tickets", name, body)[0] == 201:
                    return

        self.run.spawn(name, program)

    def check(self, home: str = A) -> None:
        """Check the invariants at the end of any sale."""
        trace = "\n".join(self.run.trace)
        live = self.world.live_sales(self.event_id)
        assert all(len(sales) == 1 for sales in live.values()), trace
        sold = {
            (sale["seat_id"], sale["sale_id"], sale["buyer"]) for sales in live.values() for sale in sales
        }
        taken = self.world.items("inventory", home, self.event_id)
        assert {(item["seat_id"], item["sale_id"], item["buyer"]) for item in taken} == sold, trace
        for reply in self.answers:
            assert {(seat["seat_id"], seat["sale_id"], reply["buyer"]) for seat in reply["seats"]} <= sold, (
                trace
            )
        for buyer, status in self.last.items():  # a refusal is final, and so is a sale
            if status in (201, 409):
                assert (status == 201) == any(sale["buyer"] == buyer for (sale,) in live.values()), trace
        for sale in itertools.chain.from_iterable(live.values()):  # all or nothing
            assert set(sale["seats"]) <= live.keys(), trace
            assert {live[seat][0]["order_id"] for seat in sale["seats"]} == {sale["order_id"]}, trace
        # A lock left behind belongs to a hold that can still be used or ends by itself, never to a sold seat.
        for seat, (entry,) in live.items():
            lock = self.world.get("locks", home, {"lock_key": f"seat#{self.event_id}#{seat}"})
            assert lock is None or lock["epoch"] < entry["epoch"], trace


def everything(run: Callable[[Choose], None], runs: int | None = None) -> None:
    """Make a run for every order of steps that makes a difference, or so many runs with random steps."""
    if runs is None:
        made, complete = explore(run)
        assert complete
        print(f"{made} runs")
    else:
        for seed in range(runs):
            run(random_choice(random.Random(seed)))


FEW = 12
SOME_OR_ALL = pytest.mark.parametrize(
    ("faults", "runs"),
    [
        pytest.param(1, FEW, id="some"),
        pytest.param(2, 50, id="many", marks=pytest.mark.slow),
        pytest.param(0, None, id="all", marks=pytest.mark.exhaustive),
        pytest.param(1, None, id="all-with-a-fault", marks=pytest.mark.exhaustive),
    ],
)
"""How many faults and runs: where every order takes hours, a random sample is made more often."""
