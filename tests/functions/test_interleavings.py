"""Exhaustive tests of small sales: every order of the real code's calls, with every crash and lost answer.

The code is that of the rendered stack, the database is DynamoDB Local; only time and chance are simulated, so that runs
can be repeated. See `interleavings`.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from interleavings import INSTEAD, START, Action, Run, explore, within
from rendered_functions import script
from replication import Replication
from simulated_regions import TABLES, World, event_item

A, B = "us-east-1", "us-west-2"
_numbers = itertools.count(1)

Choose = Callable[[Sequence[Action]], Action]


@pytest.fixture(scope="module")
def world(dynamodb_port: int | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    with World.running(dynamodb_port, tmp_path_factory.mktemp("ops"), A, B) as world:
        yield world


@pytest.fixture(scope="module")
def shops(world: World) -> dict[str, Any]:
    """The function that sells, warm, in both Regions."""
    return {region: world.function("ticket_purchase", region, INSTEAD) for region in (A, B)}


class Sale:
    """One run's event, its buyers, and the answers that they got."""

    def __init__(
        self,
        world: World,
        shops: dict[str, Any],
        choose: Choose,
        faults: int = 0,
        *,
        travels: bool = False,
        **event: Any,
    ) -> None:
        self.world, self._shops = world, shops
        self.event_id = f"e{next(_numbers):07d}"
        world.put("events", event_item(self.event_id, A, now=START, **event))
        self.replication = Replication(world.proxy.send, world.regions, world.regions) if travels else None
        self.run = Run(self.event_id, world.proxy.send, choose, self.replication, faults)
        self.answers: list[dict[str, Any]] = []
        self.statuses: dict[str, list[int]] = {}

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
        if route == "POST /tickets" and answer["statusCode"] == 201:
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
        for sale in itertools.chain.from_iterable(live.values()):  # all or nothing
            assert set(sale["seats"]) <= live.keys(), trace
            assert {live[seat][0]["order_id"] for seat in sale["seats"]} == {sale["order_id"]}, trace
        # A lock left behind belongs to a hold that can still be used or ends by itself, never to a sold seat.
        for seat, (entry,) in live.items():
            lock = self.world.get("locks", home, {"lock_key": f"seat#{self.event_id}#{seat}"})
            assert lock is None or lock["epoch"] < entry["epoch"], trace


def everything(run: Callable[[Choose], None]) -> None:
    runs, complete = explore(run)
    assert complete
    print(f"{runs} runs")


def test_two_buyers_of_overlapping_seats_never_share_a_seat(world: World, shops: dict[str, Any]) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(world, shops, choose)
        sale.buys("ann", A, "A-1", "A-2")
        sale.buys("bob", B, "A-2")
        sale.run.go()
        sale.check()
        assert len(sale.answers) == 1

    everything(run)


@pytest.mark.parametrize("faults", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_two_buyers_who_try_again_with_faults(world: World, shops: dict[str, Any], faults: int) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(world, shops, choose, faults)
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
def test_two_buyers_with_holds_that_expire_and_a_sweeper(
    world: World, shops: dict[str, Any], faults: int
) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(world, shops, choose, faults)
        # Holds last for 300 s: one purchase begins just before they expire, and may commit after that.
        sale.buys("ann", A, "A-1", "A-2", hold=True, pause=299.6)
        sale.buys("bob", B, "A-2", pause=301.2)
        sweeper(sale, "seat#{}#A-2", "seat#{}#A-1")
        sale.run.go()
        sale.check()

    everything(run)


def test_concurrent_retries_with_one_key_are_one_order(world: World, shops: dict[str, Any]) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(world, shops, choose, faults=1)
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
def test_a_hold_released_and_bought_concurrently_is_consistent(
    world: World, shops: dict[str, Any], faults: int
) -> None:
    def run(choose: Choose) -> None:
        sale = Sale(world, shops, choose, faults)

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


class Move:
    """A planned move of home from A to B, with one buyer during it and others right after it."""

    def __init__(
        self, world: World, shops: dict[str, Any], choose: Choose, quiet: float, faults: int = 0
    ) -> None:
        self.sale = sale = Sale(world, shops, choose, faults, travels=True)
        folder = world.folder / f"quiet-{quiet}"
        folder.mkdir(exist_ok=True)
        facts = json.loads((world.folder / "stack.json").read_text()) | {"quiet_seconds": quiet}
        (folder / "stack.json").write_text(json.dumps(facts))
        self._script = move_script(folder)
        sale.run.spawn("mover", self.moves)
        sale.buys("ann", A, "A-1")

    def moves(self) -> None:
        self._script.main([self.sale.event_id, "--to", B, "--apply", "--patience", "1"])

    def finish(self) -> None:
        """Finish an interrupted move, as an operator would, and sell immediately in the new home."""
        sale, replication = self.sale, self.sale.replication
        assert replication is not None
        while self._home() != B:
            replication.deliver()
            self._then(("call", "deliver", "time"), lambda run: run.spawn("mover again", self.moves))
        # Nothing in transit arrives before them, which is the hardest case for the new home.
        self._then(("call", "time", "deliver"), lambda run: sale.buys("liz", A, "A-1"))
        while replication.deliver():
            pass
        self._then(("call", "time", "deliver"), lambda run: sale.buys("leo", B, "A-2"))
        while replication.deliver():
            pass

    def _home(self) -> str:
        item = self.sale.world.get("events", A, {"event_id": self.sale.event_id})
        assert item is not None
        return str(item["home_region"])

    def _then(self, order: Sequence[str], begin: Callable[[Run], None]) -> None:
        """Another verification run, a minute later, without faults."""

        def choose(actions: Sequence[Action]) -> Action:
            return min((a for a in actions if a.what in order), key=lambda action: order.index(action.what))

        sale, before = self.sale, self.sale.run
        sale.run = Run(sale.event_id, sale.world.proxy.send, choose, sale.replication)
        sale.run.now, sale.run.trace = before.now + 60, before.trace
        begin(sale.run)
        sale.run.go()


@functools.cache
def move_script(folder: Path) -> Any:
    return script("move_home", folder, INSTEAD)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [0, 1])
def test_a_planned_move_sells_nothing_twice(world: World, shops: dict[str, Any], faults: int) -> None:
    def run(choose: Choose) -> None:
        move = Move(world, shops, choose, quiet=22, faults=faults)
        move.sale.run.go()
        move.finish()
        move.sale.check(B)

    everything(run)


@pytest.mark.slow
def test_a_wait_shorter_than_the_function_timeout_oversells(world: World, shops: dict[str, Any]) -> None:
    """A process may pause between its clock check and its call, so a move waits for a function's timeout."""

    def run(choose: Choose) -> None:
        move = Move(world, shops, choose, quiet=5 + 2 + 2)  # lease, timeout of the call, skew
        move.sale.run.go()
        move.finish()
        move.sale.check(B)

    with pytest.raises(AssertionError, match="ann: call TransactWriteItems in us-east-1"):
        everything(run)
