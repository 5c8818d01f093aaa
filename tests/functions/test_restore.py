"""The restore: lost items come back from restored tables, and nothing that is there changes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import WireCall
from script_worlds import back_up, lose, send, withheld
from simulated_regions import TABLES, World, buy, event_item

import dynamo
import ledger

A, B, C = "us-east-1", "us-west-2", "eu-west-1"
NAMES = {
    "corrections": "corrections",
    "events": "events",
    "inventory": "ticket-inventory",
    "sales": "ticket-sales",
}


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(
        dynamodb, tmp_path, A, B, C, lag=lambda: random.uniform(0, 0.05), quiet_seconds=0.5
    ) as world:
        yield world


def restore(world: World, *arguments: str, apply: bool = True) -> tuple[int, str]:
    return world.script("restore", C, "gala", *arguments, *(["--apply"] if apply else []))


@pytest.fixture
def sold(world: World) -> dict[str, dict[str, Any]]:
    """Three seats sold and one withheld, with restored tables of them in the home; the sales by seat."""
    world.put("events", event_item("gala", A))
    shop = world.function("ticket_purchase", A)
    for number in (1, 2, 3):
        assert buy(shop, "gala", f"A-{number}", key=f"key-0000{number}")[0] == 201
    world.put("inventory", withheld("A-50"))
    world.settle()
    back_up(world, A, "inventory", "sales")
    return {entry["seat_id"]: entry for entry in world.items("sales", A)}


def items(world: World) -> dict[str, str]:
    """The home's inventory: each seat with its sale, or "" if it is withheld."""
    return {item["seat_id"]: item.get("sale_id", "") for item in world.items("inventory", A)}


TWO = ("--from", "ticket-sales", "ticket-inventory")


def test_lost_sales_and_withheld_seats_come_back(world: World, sold: dict[str, dict[str, Any]]) -> None:
    for entry in (sold["A-1"], sold["A-2"]):
        lose(world, "sales", entry)
    lose(world, "inventory", withheld("A-1"))
    lose(world, "inventory", withheld("A-50"))
    before = {what: world.items(what, A) for what in TABLES}
    code, printed = restore(world, *TWO, apply=False)
    assert code == 0, printed
    assert "ticket-sales in us-east-1: 2 to put back, 0 that differ" in printed
    assert "ticket-inventory in us-east-1: 1 to put back" in printed
    assert {what: world.items(what, A) for what in TABLES} == before

    code, printed = restore(world, *TWO)
    assert code == 0, printed
    world.settle()
    assert {entry["seat_id"]: entry for entry in world.items("sales", B)} == sold
    assert items(world) == {seat: entry["sale_id"] for seat, entry in sold.items()} | {"A-50": ""}
    event = world.event(C)
    assert event is not None
    assert (event.home_region, event.epoch, event.state, event.moving) == (A, 2, "on_sale", False)
    shop = world.function("ticket_purchase", C)
    status, body = buy(shop, "gala", "A-1", key="key-00001")  # the buyer's retry gets its sale
    assert (status, body["seats"][0]["sale_id"]) == (201, sold["A-1"]["sale_id"])
    assert buy(shop, "gala", "A-1", buyer="bob", key="key-00009")[0] == 409
    assert buy(shop, "gala", "A-4", buyer="bob", key="key-00010")[0] == 201


def test_a_seat_resold_meanwhile_belongs_to_the_first_buyer(
    world: World, sold: dict[str, dict[str, Any]]
) -> None:
    lose(world, "sales", sold["A-1"])
    lose(world, "inventory", withheld("A-1"))
    lose(world, "inventory", withheld("A-50"))
    shop = world.function("ticket_purchase", A)
    assert buy(shop, "gala", "A-1", buyer="bob", key="key-00009")[0] == 201
    assert buy(shop, "gala", "A-50", buyer="bob", key="key-00010")[0] == 201
    world.settle()
    assert restore(world, *TWO)[0] == 0
    world.settle()
    assert items(world)["A-1"] == sold["A-1"]["sale_id"]
    assert items(world)["A-50"] != ""  # sold, so not withheld again
    assert len(world.live_sales("gala")["A-1"]) == 2  # the corrector refunds bob


def test_what_is_there_is_neither_changed_nor_deleted(world: World, sold: dict[str, dict[str, Any]]) -> None:
    world.put("sales", ledger.void_of(sold["A-1"], 1, "refund"))
    lose(world, "inventory", withheld("A-1"))
    world.put("sales", {**sold["A-2"], "price": 1})
    shop = world.function("ticket_purchase", A)
    assert buy(shop, "gala", "A-9", key="key-00009")[0] == 201
    world.settle()
    before = world.items("sales", A)
    code, printed = restore(world, *TWO)
    assert code == 0, printed
    assert "ticket-sales in us-east-1: 0 put back, 1 that differ and stay as they are." in printed
    world.settle()
    assert world.items("sales", A) == before
    assert set(items(world)) == {"A-2", "A-3", "A-9", "A-50"}  # A-1 was refunded after the backup


def test_a_lost_event_comes_back_with_the_newest_epoch_of_its_sales(
    world: World, sold: dict[str, dict[str, Any]]
) -> None:
    back_up(world, A, "events")
    assert world.script("move_home", C, "gala", "--to", B, "--apply")[0] == 0
    world.settle()
    assert buy(world.function("ticket_purchase", C), "gala", "A-9", key="key-00009")[0] == 201
    world.settle()
    for item in world.items("events", A):
        lose(world, "events", item)
    assert restore(world, "--from", "ticket-sales") == (
        1,
        "Stopped: there is no event gala: restore the events table, too\n",
    )
    code, printed = restore(world, "--from", "events", "--region", A, apply=False)
    assert (code, world.event(A)) == (0, None), printed
    code, printed = restore(world, "--from", "events", "--region", A)
    assert code == 0, printed
    world.settle()
    event = world.event(C)
    assert event is not None
    assert (event.home_region, event.epoch, event.state, event.moving) == (B, 3, "on_sale", False)
    assert buy(world.function("ticket_purchase", A), "gala", "A-10", key="key-00010")[0] == 201


def test_the_audit_trail_comes_back_in_a_hub(world: World, sold: dict[str, dict[str, Any]]) -> None:
    entries = [{"event_id": "gala", "entry_id": f"e{number}", "refund": "pending"} for number in (1, 2)]
    for entry in entries:
        world.put("corrections", entry, A, B)
    back_up(world, B, "corrections")
    lose(world, "corrections", entries[0], A, B)
    world.put("corrections", entries[1] | {"refund": "published"}, A, B)
    code, printed = restore(world, "--from", "corrections", "--region", B)
    assert code == 0, printed
    world.settle()
    assert "corrections in us-east-1: 1 put back, 1 that differ" in printed
    assert sorted(entry["refund"] for entry in world.items("corrections", B)) == ["pending", "published"]


def test_a_restore_resumes_when_every_region_is_reachable(
    world: World, sold: dict[str, dict[str, Any]]
) -> None:
    lose(world, "sales", sold["A-1"])
    lose(world, "inventory", withheld("A-1"))
    world.settle()
    world.replication.cut(C)
    code, printed = world.script("restore", A, "gala", *TWO, "--patience", "1", "--apply")
    assert (code, "Stopped: " in printed) == (1, True)
    assert "A-1" not in items(world)  # nothing is put back before sales have stopped
    world.replication.heal(C)
    world.settle()
    assert restore(world, *TWO)[0] == 0
    world.settle()
    assert items(world)["A-1"] == sold["A-1"]["sale_id"]


@pytest.mark.parametrize(
    ("change", "arguments", "text"),
    [
        ({"moving_to": B}, TWO, "is moving to us-west-2"),
        ({"home_region": B}, (*TWO, "--lost", B), "move it with move_home.py --lost us-west-2 first"),
        ({"home_region": B}, (*TWO, "--region", "mars-1"), "mars-1 is not a Region of the stack"),
        ({}, ("--from", "distributed-locks"), "invalid choice: 'distributed-locks'"),
    ],
)
def test_a_restore_with_contradictory_arguments_is_refused(
    world: World,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    arguments: tuple[str, ...],
    text: str,
) -> None:
    world.put("events", event_item("gala", A, **change))
    try:
        code, printed = restore(world, *arguments)
    except SystemExit as ended:  # argparse's
        code, printed = int(str(ended.code)), capsys.readouterr().err
    assert code in (1, 2)
    assert text in printed


def test_the_tables_are_those_of_the_stack() -> None:
    from rendered_functions import stack

    names = json.loads(stack()["ops/stack.json"])["preflight"]["names"]
    tables = {name.strip("{}") for place in ("hubs", "regions") for name in names[place].get("table", [])}
    assert tables == {*NAMES.values(), "distributed-locks"}  # locks end by themselves, and are not restored


def test_an_item_that_appears_meanwhile_stays(world: World, sold: dict[str, dict[str, Any]]) -> None:
    lose(world, "inventory", withheld("A-50"))
    world.settle()
    first = {**withheld("A-50"), "version": 7, "reason": "wheelchair"}

    def watch(call: WireCall) -> None:
        if call.operation == "PutItem":
            send(world, A, "PutItem", TableName=TABLES["inventory"], Item=dynamo.pack(first)["M"])

    world.proxy.watch = watch
    assert restore(world, *TWO)[0] == 0
    assert first in world.items("inventory", A)
