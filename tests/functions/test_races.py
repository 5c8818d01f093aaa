"""Races of hundreds of buyers, in twelve Regions and several processes, for the same seats, with faults.

Orders are random, with one to four overlapping seats, with and without holds; the proxy rejects, throttles, loses and
drops calls; processes are killed at any point. `buyers.py` is one of the processes.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from fault_proxy import random_faults
from moto import mock_aws
from races import EPOCH, Crowd, crowd, judged
from simulated_regions import World, buy, event_item
from stacks import DEMO_REGIONS

HOME = DEMO_REGIONS[0]
SHARDS = 3
BAD_WEATHER = {"conflict": 0.08, "throttled": 0.03, "unavailable": 0.01, "lost": 0.02, "dropped": 0.02}


def check(
    world: World,
    people: Crowd,
    home: str = HOME,
    *,
    killed: bool = False,
    steps: Sequence[dict[str, Any]] = (),
) -> None:
    """Every seat is sold at most once, ledger, inventory and answers agree, and no lock is left behind."""
    assert judged(world, people, steps=steps) == ()
    assert people.statuses() <= {201, 204, 404, 409, 503}, people.statuses()
    world.agree("gala", home, SHARDS)
    live = world.live_sales("gala", SHARDS)
    confirmed = {
        (seat["seat_id"], seat["sale_id"], order["buyer"])
        for order in people.sold()
        for seat in order["seats"]
    }
    sold = {(seat, sale["sale_id"], sale["buyer"]) for seat, (sale,) in live.items()}
    assert confirmed <= sold
    # A buyer who was killed or ran out of budget may own seats without having been told; a retry would tell.
    unheard = {
        (confirmed["buyer"], f"key-{confirmed['key']:05d}")
        for confirmed in people.answers
        if confirmed["status"] == 503 and "key" in confirmed
    }
    for seat, sale_id, buyer in sold - confirmed:
        (sale,) = live[seat]
        assert killed or (buyer, sale["idempotency_key"]) in unheard, (seat, sale_id, buyer)
    for order in {sale["order_id"]: sale for (sale,) in live.values()}.values():
        assert {live[seat][0]["order_id"] for seat in order["seats"]} == {order["order_id"]}
    locks = [item for item in world.items("locks", home) if item["lock_key"].startswith("seat#gala#")]
    epochs = {lock["lock_key"].rpartition("#")[2]: lock["epoch"] for lock in locks}
    assert not [seat for seat, (sale,) in live.items() if epochs.get(seat, -1) >= sale["epoch"]]
    if not killed:
        holds = {item["lock_key"].removeprefix("hold#") for item in world.items("locks", home)}
        assert {lock["holder"] for lock in locks} <= holds  # every lock belongs to an existing hold


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    lag = random.Random(1)
    with World.running(dynamodb, tmp_path, *DEMO_REGIONS, lag=lambda: lag.uniform(0, 0.4)) as world:
        world.put("events", event_item("gala", HOME, shards=SHARDS))
        yield world


@pytest.mark.slow
def test_a_buyer_with_many_tabs_stays_within_the_limit(world: World) -> None:
    limit = 4
    world.put("events", event_item("gala", HOME, shards=SHARDS, seats_per_buyer=limit))
    world.proxy.fault = random_faults(11, **BAD_WEATHER)
    with crowd(
        world, "gala", processes=2, buyers=40, people=4, orders=3, tries=2, seats=50, seconds=5, seed=11
    ) as people:
        people.go()
        people.wait()
    check(world, people, steps=[{"kind": "limit", "event": "gala", "seats": limit}])
    refused = Counter(answer.get("reason") for answer in people.answers)
    assert refused["buyer-limit"] > 5, refused
    bought = Counter(sale["buyer"] for (sale,) in world.live_sales("gala", SHARDS).values())
    assert len(bought) == 8
    assert max(bought.values()) <= limit
    items = [item for item in world.items("locks", HOME) if item["lock_key"].startswith("buyer#gala#")]
    assert {item["lock_key"].rpartition("#")[2]: item["bought"] for item in items} == bought


def test_buyers_in_twelve_regions_get_each_seat_once(world: World) -> None:
    world.proxy.fault = random_faults(7, **BAD_WEATHER)
    with crowd(
        world, "gala", processes=2, buyers=60, orders=2, tries=2, seats=40, seconds=8, seed=7
    ) as people:
        people.go()
        people.wait()
    assert world.proxy.seen["conflict"] > 3
    assert world.proxy.seen["lost"] > 0
    assert len(people.sold()) > 10
    world.settle()
    check(world, people)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_processes_never_oversell(world: World, seed: int) -> None:
    chance = random.Random(seed)
    world.proxy.fault = random_faults(seed, **BAD_WEATHER)
    with crowd(
        world, "gala", processes=4, buyers=80, orders=3, tries=3, seats=50, seconds=12, seed=seed
    ) as people:
        people.go()
        for number in range(3):
            time.sleep(chance.uniform(0.2, 1.5))
            people.kill(number)
        people.wait()
    world.settle()
    check(world, people, killed=True)


@pytest.mark.slow
def test_a_planned_move_under_load_never_oversells(dynamodb: int, tmp_path: Path) -> None:
    target, lag = "eu-west-1", random.Random(2)
    # Half a second for the lease, and ten for the delays of a busy machine.
    with World.running(
        dynamodb, tmp_path, *DEMO_REGIONS[:4], lag=lambda: lag.uniform(0, 0.5), quiet_seconds=10
    ) as world:
        world.put(
            "events",
            event_item(
                "gala", HOME, shards=SHARDS, sections=[{"name": "A", "first": 1, "last": 300, "price": 1}]
            ),
        )
        with crowd(
            world, "gala", processes=2, buyers=40, orders=200, tries=1, seats=300, seconds=22, seed=5,
            environment={"LEASE_SECONDS": "0.5"},
        ) as people:  # fmt: skip
            people.go()
            time.sleep(2)
            move: dict[str, Any] = {"kind": "move", "event": "gala", "begin": EPOCH + time.monotonic()}
            code, printed = world.script("move_home", "us-west-2", "gala", "--to", target, "--apply")
            move |= {"end": EPOCH + time.monotonic(), "answer": {"status": 200}}
            people.wait()
        assert code == 0, printed
        world.settle()
        epochs = Counter(sale["epoch"] for (sale,) in world.live_sales("gala", SHARDS).values())
        assert epochs[1] > 5, epochs
        assert epochs[2] > 5, epochs
        check(world, people, target, steps=[move])


def found_and_settled(world: World, region: str, queue: str) -> Counter[str]:
    """Verify and correct until nothing more is found; return the findings."""
    kinds: Counter[str] = Counter()
    verifier = world.function(
        "inventory_verifier", region, FUNCTION_TIMEOUT_SECONDS="1", VERIFICATION_SECONDS="30"
    )
    corrector = world.function("oversell_corrector", region, REFUNDS_QUEUE_URL=queue)
    while (found := verifier.handler({"event_id": "gala"}, None))["findings"]:
        kinds.update(finding["kind"] for finding in found["findings"])
        done = corrector.handler({"findings": found["findings"]}, None)
        assert sum(kinds.values()) < 3000, (found, done)
    assert verifier.handler({}, None)["active"]
    return kinds


@pytest.mark.slow
def test_after_a_region_loss_every_paid_sale_is_kept_or_refunded_once(
    dynamodb: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, new, far = "us-east-1", "us-west-2", "eu-west-1"
    lag = random.Random(3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with (
        mock_aws(),  # for the refunds queue
        World.running(
            dynamodb, tmp_path, lost, new, far, lag=lambda: lag.uniform(0.2, 0.6), quiet_seconds=1
        ) as world,
    ):
        sqs = boto3.client("sqs", region_name=new)
        queue = sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for event, home in (("gala", lost), ("opera", far)):
            world.put("events", event_item(event, home, shards=SHARDS))
        environment = {"LEASE_SECONDS": "0.3"}
        plan: dict[str, Any] = {
            "processes": 1,
            "orders": 40,
            "tries": 2,
            "seats": 45,
            "environment": environment,
        }
        with (
            crowd(world, "gala", regions=[lost], buyers=12, seconds=6, seed=1, **plan) as inside,
            crowd(world, "gala", regions=[new, far], buyers=12, seconds=7, seed=2, **plan) as outside,
        ):
            inside.go()
            outside.go()
            time.sleep(0.7)
            world.replication.cut(lost)  # in mid-sale: some items are in transit, and stay there
            assert world.script("takeover", new, "--to", new, "--apply")[0] == 0
            shop = world.function("ticket_purchase", new)
            opera: dict[str, Any] = {
                "kind": "purchase",
                "event": "opera",
                "buyer": "ann",
                "seats": ["A-1"],
                "key": "key-00001",
            }
            opera |= {"begin": EPOCH + time.monotonic()}
            assert sale_of(shop, "opera") == 201  # events with another home continue to sell
            move: dict[str, Any] = {
                "kind": "move",
                "event": "gala",
                "lost": True,
                "begin": EPOCH + time.monotonic(),
            }
            code, printed = world.script("move_home", new, "gala", "--to", new, "--lost", lost, "--apply")
            move |= {"end": EPOCH + time.monotonic(), "answer": {"status": 200}}
            assert code == 0, printed
            inside.wait()
            outside.wait()
        confirmed = {
            seat["sale_id"]: order["buyer"]
            for people in (inside, outside)
            for order in people.sold()
            for seat in order["seats"]
        }
        assert inside.statuses() | outside.statuses() <= {201, 204, 404, 409, 503}
        before = world.live_sales("gala", SHARDS)
        assert sum(len(sales) > 1 for sales in before.values()) > 3  # the race did happen
        time.sleep(4)  # until the verifier's watermarks may pass these sales
        found_and_settled(world, new, queue)  # still cut off: everything that can be settled is settled
        world.replication.heal(lost)
        time.sleep(0.2)  # some items have arrived, others not
        kinds = found_and_settled(world, new, queue)
        assert kinds["oversold"] > 0
        world.settle()
        time.sleep(6)  # an item without a sale is not removed for five seconds
        found_and_settled(world, new, queue)
        world.settle()
        world.agree("gala", new, SHARDS)
        assert judged(world, inside, outside, steps=[move, opera]) == ()
        live = {sale["sale_id"] for sales in world.live_sales("gala", SHARDS).values() for sale in sales}
        refunds: Counter[str] = Counter()
        while got := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            refunds.update(json.loads(message["Body"])["sale_id"] for message in got)
        assert set(refunds.values()) == {1}
        assert confirmed.keys() <= live | refunds.keys()
        assert not live & refunds.keys()
        for seat, sales in before.items():  # the highest epoch kept the seat
            if len(sales) > 1:
                assert max(sales, key=lambda sale: sale["epoch"])["sale_id"] in live, seat


def sale_of(shop: Any, event_id: str) -> int:
    return int(buy(shop, event_id, "A-1")[0])
