"""The life of an event by `event.py` and `move_home.py`, in three Regions with replication between them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import WireCall
from functions_cloud import Sdk
from rendered_functions import script
from simulated_regions import SHARDS, World, buy, event_item

from events import MOVES_PER_TAKEOVER

A, B, C = "us-east-1", "us-west-2", "eu-west-1"
OPENS, CLOSES = int(time.time()) - 60, int(time.time()) + 86_400
GALA = {
    "event_id": "gala",
    "currency": "USD",
    "opens_at": OPENS,
    "closes_at": CLOSES,
    "sections": [
        {"name": "A", "first": 1, "last": 50, "price": 10_000},
        {"name": "B", "first": 1, "last": 5, "price": 4_000},
    ],
}


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(
        dynamodb, tmp_path, A, B, C, lag=lambda: random.uniform(0, 0.1), quiet_seconds=0.3
    ) as world:
        yield world


def run(world: World, name: str, *arguments: str, region: str = C) -> tuple[int, str]:
    return world.script(name, region, *arguments, "--apply")


def event(world: World, *arguments: str, region: str = C) -> Any:
    """Run a step of `event.py` that must succeed; its answer."""
    code, printed = world.script("event", region, *arguments, "--format", "json")
    assert code == 0, printed
    return json.loads(printed)


def file_of(world: World, told: dict[str, Any] = GALA, name: str = "gala.json") -> str:
    path = world.folder / name
    path.write_text(json.dumps(told), encoding="utf-8")
    return str(path)


def opened(world: World, **changes: Any) -> None:
    """The gala, created and opened."""
    event(world, "create", file_of(world, {**GALA, **changes}), "--apply")
    event(world, "open", "gala", "--apply")


def state(world: World, region: str, event_id: str = "gala") -> tuple[str, int, str, bool]:
    found = world.event(region, event_id)
    assert found is not None
    return found.home_region, found.epoch, found.state, found.moving


# --- before and during the sale --------------------------------------------------------------------------------------


def test_an_event_is_created_opened_sold_closed_archived_and_deleted(world: World) -> None:
    created = event(world, "create", file_of(world), "--apply")
    assert (created["state"], created["seats"], created["shards"]) == ("draft", 55, SHARDS)
    shop = world.function("ticket_purchase", C, LEASE_SECONDS="0.2")
    assert buy(shop, "gala", "A-1")[1]["reason"] == "not-open"
    event(world, "open", "gala", "--apply")
    assert {state(world, region) for region in world.regions} == {(A, 1, "on_sale", False)}
    time.sleep(0.2)
    status, answer = buy(shop, "gala", "A-1", "B-5")
    assert (status, answer["total"]) == (201, 14_000)
    later = CLOSES + 100
    assert event(world, "extend", "gala", "--until", str(later), "--apply")["closes_at"].endswith("Z")
    shown = event(world, "show", "gala")
    assert shown["sections"]["A"] == {
        "seats": "1 to 50", "price": 10_000, "sold": 1, "withheld": 0, "available": 49,
    }  # fmt: skip
    event(world, "close", "gala", "--apply")
    time.sleep(0.2)
    assert buy(shop, "gala", "A-2", key="key-00002")[1]["reason"] == "closed"
    event(world, "archive", "gala", "--apply")
    assert event(world, "list")["events"][0]["state"] == "archived"
    assert event(world, "delete", "gala", "--apply")["seats"] == 2
    world.settle()
    assert [world.event(region) for region in world.regions] == [None] * 3
    assert world.items("inventory", B) == []
    assert len(world.items("sales", B)) == 2  # the ledger is kept
    code, printed = run(world, "event", "create", file_of(world))
    assert (code, "was used before" in printed) == (1, True), printed


def test_the_seats_of_a_buyer_are_limited_before_the_first_sale_and_changed_later(world: World) -> None:
    event(world, "create", file_of(world), "--apply")
    assert event(world, "limit", "gala", "2", "--apply")["seats_per_buyer"] == 2
    event(world, "open", "gala", "--apply")
    shop = world.function("ticket_purchase", C, LEASE_SECONDS="0.2")
    assert buy(shop, "gala", "A-1", "A-2")[0] == 201
    refused = buy(shop, "gala", "A-3", key="key-00002")
    assert (refused[0], refused[1]["reason"], refused[1]["left"]) == (409, "buyer-limit", 0)
    event(world, "close", "gala", "--apply")
    event(world, "open", "gala", "--apply")
    assert event(world, "show", "gala")["seats_per_buyer"] == 2, "another step keeps it"
    assert event(world, "limit", "gala", "3", "--apply")["seats_per_buyer"] == 3
    time.sleep(0.2)
    assert buy(shop, "gala", "A-3", key="key-00003")[0] == 201
    event(world, "limit", "gala", "1", "--apply")  # nobody loses a seat
    time.sleep(0.2)
    assert buy(shop, "gala", "A-4", key="key-00004")[1]["left"] == 0
    assert run(world, "move_home", "gala", "--to", B)[0] == 0
    time.sleep(0.2)
    assert buy(shop, "gala", "A-4", key="key-00005")[1]["reason"] == "buyer-limit"
    event(world, "limit", "gala", "0", "--apply")
    time.sleep(0.2)
    assert buy(shop, "gala", "A-4", key="key-00006")[0] == 201
    code, printed = run(world, "event", "limit", "gala", "4")
    assert (code, "cannot get one any more" in printed) == (1, True), printed


def test_a_new_event_has_the_limit_of_its_file_or_of_the_stack(world: World) -> None:
    stack_file = world.folder / "stack.json"
    stack_file.write_text(json.dumps(json.loads(stack_file.read_text()) | {"seats_per_buyer": 6}))
    for told, expected in (({}, 6), ({"seats_per_buyer": 4}, 4), ({"seats_per_buyer": 0}, None)):
        answer = event(world, "validate", file_of(world, {**GALA, **told}))
        assert answer.get("seats_per_buyer") == expected
    event(world, "create", file_of(world), "--apply")
    found = world.event(A, "gala")
    assert found is not None
    assert found.seats_per_buyer == 6


def test_a_dry_run_writes_nothing(world: World) -> None:
    event(world, "create", file_of(world))
    assert world.items("events", A) == []
    opened(world)
    world.settle()
    before = [world.items(what, A) for what in ("events", "inventory")]
    for step in (("close", "gala"), ("extend", "gala", "--until", "2000000000"), ("withhold", "gala", "B")):
        event(world, *step)
    assert [world.items(what, A) for what in ("events", "inventory")] == before


def test_an_event_is_read_from_yaml_and_csv_too(world: World, tmp_path: Path) -> None:
    yaml = tmp_path / "gala.yaml"
    yaml.write_text(
        "event_id: gala\nhome: eu-west-1\ncurrency: EUR\nopens_at: 2027-05-01T10:00:00+02:00\n"
        "closes_at: 2027-05-01T12:00:00Z\nsections:\n- {name: A, first: 1, last: 2}\n"
        "- {name: B, first: 7, last: 7, price: 1}\n"
    )
    told = event(world, "validate", str(yaml), "--price", "A=250")
    assert (told["home"], told["opens_at"]) == (C, "2027-05-01T08:00:00Z")
    assert told["sections"] == {"A": "1 to 2 at 250", "B": "7 to 7 at 1"}
    table = tmp_path / "seats.csv"
    table.write_text("section,first,last,price\nA,1,200,12000\nB,1,800,4500\n")
    more = ("--event-id", "gala", "--currency", "USD", "--opens-at", "946684800", "--closes-at", "2000000000")
    assert event(world, "validate", str(table), *more)["seats"] == 1000


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"event_id": "the gala"}, "event_id is 'the gala'"),
        ({"home": "mars-1"}, "home is 'mars-1'"),
        ({"currency": "dollars"}, "currency is 'dollars'"),
        ({"seats_per_buyer": 101}, "seats_per_buyer is 101; write a number up to 100"),
        ({"seats_per_buyer": True}, "seats_per_buyer is True"),
        ({"opens_at": "2027-05-01T10:00:00"}, "opens_at is '2027-05-01T10:00:00'; write a time with its offset"),
        ({"closes_at": 946_684_800}, "closes_at is not later than opens_at"),
        ({"sections": []}, "sections: "),
        ({"sections": [{"name": "A-1", "first": 1, "last": 2, "price": 1}]}, "name is 'A-1'"),
        ({"sections": [{"name": "A", "first": 2, "last": 1, "price": 1}]}, "last is 1"),
        ({"sections": [{"name": "A", "first": 1, "last": 2}]}, "price is None"),
        ({"sections": [{"name": "A", "first": 1, "last": 2, "price": 1.5}]}, "price is 1.5"),
        ({"sections": [{"name": "A", "first": 1, "last": 2, "price": 1}] * 2}, "two sections have the same name"),
        ({"sections": "A"}, "sections is 'A'"),
        ({"sections": [{"name": ["A"], "first": 1, "last": 2, "price": 1}]}, "name is ['A']"),
        ({"currency": "ÄÖÜ"}, "currency is 'ÄÖÜ'"),
        ({"opens_at": "1960-01-01T00:00:00Z"}, "between the years 2000 and 9999"),
        ({"opens_at": 20270501}, "between the years 2000 and 9999"),
        ({"closes_at": CLOSES * 1000}, "epoch seconds are no milliseconds"),
        ({"colour": "red"}, "colour is unknown"),
        ({"sections": [{"name": f"S{n}", "first": 1, "last": 9, "price": 1} for n in range(2000)]}, "bytes"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_reason(world: World, change: dict[str, Any], text: str) -> None:
    code, printed = run(world, "event", "create", file_of(world, {**GALA, **change}))
    assert (code, text in printed) == (1, True), printed
    assert world.items("events", A) == []


@pytest.mark.parametrize("name", ["gala.json", "gala.yaml", "gala.csv", "gala.txt", "nowhere.json"])
def test_a_file_that_cannot_be_read_is_refused(world: World, name: str) -> None:
    path = world.folder / name
    if name != "nowhere.json":
        path.write_bytes(b"\xff{[" if name != "gala.csv" else b"a,b\n1,2\n")
    code, printed = world.script("event", A, "validate", str(path))
    assert (code, printed.startswith("Stopped: ")) == (1, True), printed


@pytest.mark.parametrize(
    ("steps", "step", "text"),
    [
        ((), ("close", "gala"), "there is no event gala"),
        (("create",), ("close", "gala"), "gala is draft, after which comes on_sale"),
        (("create",), ("archive", "gala"), "gala is draft"),
        (("create", "open"), ("open", "gala"), "is on sale already"),
        (("create", "open"), ("archive", "gala"), "gala is on_sale, after which comes closed"),
        (("create", "open"), ("delete", "gala"), "only drafts and archived events"),
        (("create", "open", "close"), ("close", "gala"), "is closed already"),
        (("create", "open", "close", "archive"), ("open", "gala"), "after which comes nothing"),
        (("create", "open", "close"), ("open", "gala", "--at", "946684805"), "its beginning cannot change"),
        (("create",), ("open", "gala", "--until", "946684805"), "has passed or is before its beginning"),
        (("create",), ("extend", "gala", "--until", "tomorrow"), "write a time with its offset"),
        (("create",), ("create", "FILE"), "there is an event gala"),
        (("create",), ("withhold", "gala", "Z-1"), "has no seats 'Z-1'"),
        (("create",), ("withhold", "gala", "A-1..51"), "section A has the seats 1 to 50"),
    ],
)  # fmt: skip
def test_an_illegal_step_is_refused_with_the_reason(
    world: World, steps: tuple[str, ...], step: tuple[str, ...], text: str
) -> None:
    for done in steps:
        event(world, done, file_of(world) if done == "create" else "gala", "--apply")
    before = world.items("events", A)
    code, printed = run(world, "event", *(file_of(world) if part == "FILE" else part for part in step))
    assert (code, text in printed) == (1, True), printed
    assert world.items("events", A) == before


def test_two_people_create_one_event_once(world: World) -> None:
    other = {**GALA, "sections": [{"name": "A", "first": 1, "last": 9, "price": 1}]}
    files = file_of(world), file_of(world, other, "other.json")

    def create(place: tuple[str, str]) -> int:
        sdk = Sdk("testing", world.proxy.endpoint(place[0]))
        code: int = script("event", world.folder, {"boto3": sdk.module}).main(["create", place[1], "--apply"])
        return code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(create, zip((A, C), files, strict=True))) == [0, 1]
    world.settle()
    assert len({world.event(region).digest for region in world.regions}) == 1  # type: ignore[union-attr]


def test_seats_are_withheld_and_released_with_growing_versions(world: World) -> None:
    opened(world)
    shop = world.function("ticket_purchase", C)
    assert buy(shop, "gala", "A-1")[0] == 201
    code, printed = world.script("event", C, "withhold", "gala", "A-1..3", "B", "--apply", "--format", "json")
    told = json.loads(printed)
    assert (code, told["sold"], len(told["withheld"])) == (1, ["A-1"], 7)
    assert buy(shop, "gala", "A-2", key="key-00002")[1]["reason"] == "sold"
    items = {item["seat_id"]: item for item in world.items("inventory", A)}
    assert items["A-2"]["version"] > time.time() * 1000 - 60_000
    assert event(world, "release", "gala", "A-2", "A-9", "--apply") == {
        "applied": True, "event_id": "gala", "free": ["A-9"], "released": ["A-2"],
    }  # fmt: skip
    assert buy(shop, "gala", "A-2", key="key-00003")[0] == 201
    code, printed = run(world, "event", "release", "gala", "A-2")
    assert code == 1
    time.sleep(0.01)
    event(world, "release", "gala", "A-3", "--apply")
    event(world, "withhold", "gala", "A-3", "--apply")
    assert {item["seat_id"]: item for item in world.items("inventory", A)}["A-3"]["version"] > items["A-3"][
        "version"
    ]


# --- moves -----------------------------------------------------------------------------------------------------------


def test_a_move_that_has_finished_cannot_be_cancelled_from_afar(world: World) -> None:
    """The new home has not received its epoch when somebody cancels: nothing may be decided there."""
    opened(world)
    world.settle()
    held: list[int] = []

    def hold_back(call: WireCall) -> None:
        if call.operation == "TransactWriteItems" and '"next": {"S"' in json.dumps(call.body) and not held:
            held.append(1)
            world.replication._lag = lambda: 3.0

    world.proxy.watch = hold_back
    with ThreadPoolExecutor(1) as pool:
        moved = pool.submit(run, world, "move_home", "gala", "--to", C, region=A)
        while not held:
            time.sleep(0.01)
        time.sleep(0.2)
        assert state(world, A)[:2] == (C, 2)
        assert state(world, C)[:2] == (A, 1)
        sdk = Sdk("testing", world.proxy.endpoint(C))
        cancelled = script("move_home", world.folder, {"boto3": sdk.module}).main(
            ["gala", "--cancel", "--apply"]
        )
        assert cancelled == 1
        assert moved.result()[0] == 0
    world.replication._lag = lambda: 0.0
    world.settle()
    assert {state(world, region) for region in world.regions} == {(C, 2, "on_sale", False)}


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_an_event_that_is_closed_during_a_move_stays_closed(world: World, end: str) -> None:
    opened(world)
    world.settle()

    def cut(call: WireCall) -> None:
        if call.operation == "TransactWriteItems":
            world.replication.cut(B)

    world.proxy.watch = cut
    code, printed = run(world, "move_home", "gala", "--to", C, "--patience", "0.5")
    world.proxy.watch = lambda call: None
    world.replication.heal(B)
    assert (code, "us-west-2 has not seen the move yet" in printed) == (1, True), printed
    assert state(world, A) == (A, 1, "on_sale", True)
    event(world, "close", "gala", "--apply")
    if end == "finish":
        assert run(world, "move_home", "gala", "--to", C)[0] == 0
    else:
        assert run(world, "move_home", "gala", "--cancel")[0] == 0
    world.settle()
    home = (C, 2) if end == "finish" else (A, 1)
    assert {state(world, region) for region in world.regions} == {(*home, "closed", False)}


def test_nothing_that_a_cut_off_region_does_brings_its_home_back(world: World) -> None:
    opened(world)
    world.settle()
    world.replication.cut(A)
    code, printed = run(world, "move_home", "gala", "--to", B, "--lost", A)
    assert code == 0, printed
    assert state(world, B) == (B, MOVES_PER_TAKEOVER, "on_sale", False)
    elsewhere = ("--lost", B, "--lost", C)
    for step in (("close",), ("open",), ("extend", "--until", str(CLOSES + 5))):
        event(world, step[0], "gala", *step[1:], *elsewhere, "--apply", region=A)
    world.replication.heal(A)
    world.settle()
    assert {state(world, region) for region in world.regions} == {(B, MOVES_PER_TAKEOVER, "on_sale", False)}
    assert run(world, "move_home", "gala", "--to", A)[0] == 0
    world.settle()
    assert {state(world, region) for region in world.regions} == {
        (A, MOVES_PER_TAKEOVER + 1, "on_sale", False)
    }


def test_of_two_takeovers_at_once_at_most_one_succeeds(world: World) -> None:
    opened(world)
    world.settle()
    world.replication.cut(A)

    def take(target: str) -> int:
        sdk = Sdk("testing", world.proxy.endpoint(target))
        module = script("move_home", world.folder, {"boto3": sdk.module})
        code: int = module.main(["gala", "--to", target, "--lost", A, "--apply", "--patience", "5"])
        return code

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(take, (B, C)))
    assert codes.count(0) <= 1
    world.settle()
    homes = {state(world, region)[0] for region in (B, C)}
    assert len(homes) == 1
    if 0 not in codes:  # each has seen the other, and withdrawn its announcement
        assert run(world, "move_home", "gala", "--to", B, "--lost", A)[0] == 0
        world.settle()
        assert {state(world, region)[0] for region in (B, C)} == {B}


@pytest.mark.parametrize("lost", [False, True], ids=["planned", "after a loss"])
def test_a_key_is_one_order_also_after_a_move(world: World, lost: bool) -> None:
    opened(world)
    first = buy(world.function("ticket_purchase", C, LEASE_SECONDS="0.2"), "gala", "A-1", "A-2")
    assert first[0] == 201
    world.settle()
    more = ("--lost", A) if lost else ()
    if lost:
        world.replication.cut(A)
    assert run(world, "move_home", "gala", "--to", B, *more)[0] == 0
    world.settle()
    shop = world.function("ticket_purchase", C, LEASE_SECONDS="0.2")
    assert buy(shop, "gala", "A-1", "A-2") == first
    other = buy(shop, "gala", "A-3")
    assert (other[0], other[1]["reason"]) == (422, "key-reused")
    assert len(world.live_sales("gala", shards=SHARDS)) == 2


def test_all_events_of_a_region_move_side_by_side(world: World) -> None:
    names = [f"show-{number}" for number in range(5)]
    for name in names:
        world.put("events", event_item(name, A))
    world.put("events", event_item("elsewhere", B))
    world.put("events", {"event_id": "broken", "item": "layout", "sections": "?"})
    code, printed = run(world, "move_home", "--all-from", A, "--to", C)
    assert code == 0, printed
    assert "broken is left, because it cannot be read" in printed
    world.settle()
    assert {state(world, B, name) for name in names} == {(C, 2, "on_sale", False)}
    assert state(world, C, "elsewhere")[0] == B


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("move_home", "gala", "--to", B, "--lost", "mars-1"), "--lost mars-1 is not a Region of the stack"),
        (("move_home", "gala", "--to", B, "--lost", B), "--to us-west-2 is also --lost"),
        (("move_home", "gala", "--cancel", "--lost", A, "--lost", B, "--lost", C), "every Region is --lost"),
        (("move_home", "gala", "--all-from", A, "--to", B), "either the ID of an event or --all-from"),
        (("move_home", "--all-from", A, "--to", A), "are both us-east-1"),
        (("move_home", "--all-from", "mars-1", "--to", A), "mars-1 is not a Region of the stack"),
        (("takeover", "--to", B, "--lost", B), "--to us-west-2 is also --lost"),
        (("event", "create", "FILE", "--lost", "mars-1"), "--lost mars-1 is not a Region"),
        (("restore", "gala", "--from", "events", "--region", A, "--lost", A), "--region us-east-1 is also --lost"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(
    world: World, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    world.put("events", event_item("gala", A))
    before = world.items("events", A)
    try:
        name, *rest = (file_of(world) if part == "FILE" else part for part in arguments)
        code, printed = run(world, name, *rest)
    except SystemExit as ended:
        code, printed = int(str(ended.code)), capsys.readouterr().err
    assert code in (1, 2)
    assert text in printed
    assert world.items("events", A) == before


@pytest.mark.parametrize(
    "facts", [None, "{", "[]", '{"app_name": "x"}'], ids=["missing", "cut off", "list", "old"]
)
@pytest.mark.parametrize(
    "name", ["event", "move_home", "prewarm", "redrive", "refunds", "restore", "takeover"]
)
def test_without_the_stacks_facts_a_script_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, facts: str | None
) -> None:
    if facts is not None:
        (tmp_path / "stack.json").write_text(facts)
    arguments = {
        "event": ["list"],
        "move_home": ["gala", "--cancel"],
        "prewarm": [],
        "redrive": ["--region", A],
        "refunds": ["gala"],
        "restore": ["gala", "--from", "events"],
        "takeover": ["--to", A],
    }[name]
    assert script(name, tmp_path).main(arguments) == 1
    assert "stack.json does not describe a stack, so render it again" in capsys.readouterr().out
