"""The operator's scripts as people meet them: their text, what is missing on the machine, and items written by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import WireCall
from rendered_functions import stack
from script_worlds import back_up, send, withheld
from simulated_regions import TABLES, World, buy, event_item

from events import MOVES_PER_TAKEOVER

A, B, C = "us-east-1", "us-west-2", "eu-west-1"
SCRIPTS = {
    "event": ["list"],
    "move_home": ["gala", "--to", B],
    "preflight": [],
    "prewarm": [],
    "redrive": ["--region", A],
    "refunds": ["gala"],
    "restore": ["gala", "--from", "events"],
    "takeover": ["--to", B],
}
OPTIONS = ("--event-id", "gala", "--currency", "USD", "--opens-at", "946684800", "--closes-at", "2000000000")


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(dynamodb, tmp_path, A, B, C, lag=lambda: 0.0, quiet_seconds=0.3) as world:
        yield world


@pytest.fixture
def ops(tmp_path: Path) -> Path:
    """The scripts on a disk, as operators have them."""
    for path, text in stack().items():
        if path.startswith("ops/"):
            (tmp_path / Path(path).name).write_text(text, encoding="utf-8")
    (tmp_path / "gala.csv").write_text("section,first,last,price\nA,1,50,10000\n", encoding="utf-8")
    return tmp_path


def refused(world: World, capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> str:
    """What a script says that must refuse its arguments."""
    try:
        code, printed = world.script(name, A, *arguments)
    except SystemExit as ended:
        code, printed = int(str(ended.code)), capsys.readouterr().err
    assert code in (1, 2), printed
    return printed


# --- what people see and run -----------------------------------------------------------------------------------------


def test_every_command_of_an_event_has_text(world: World) -> None:
    (world.folder / "gala.csv").write_text("section,first,last,price\nA,1,50,10000\n", encoding="utf-8")
    path = str(world.folder / "gala.csv")
    for command, line in (
        (("validate", path, *OPTIONS), "  A: 1 to 50 at 10000"),
        (("create", path, *OPTIONS, "--apply"), "state: draft"),
        (("withhold", "gala", "A-1..3", "--apply"), "withheld: A-1, A-2, A-3"),
        (("release", "gala", "A-3", "--apply"), "released: A-3"),
        (("open", "gala", "--apply"), "before: draft"),
        (("show", "gala"), "    withheld: 2"),
        (("extend", "gala", "--until", "2000000001", "--apply"), "closes_at: 2033-05-18T03:33:21Z"),
        (("list",), "gala: on_sale, us-east-1, 2000-01-01T00:00:00Z to 2033-05-18T03:33:21Z"),
        (("close", "gala", "--apply"), "before: on_sale"),
        (("archive", "gala", "--apply"), "before: closed"),
        (("delete", "gala", "--apply"), "seats: 2"),
    ):
        code, printed = world.script("event", C, *command)
        assert (code, line in printed.splitlines()) == (0, True), printed


@pytest.mark.parametrize("script", [("event", "list"), ("move_home", "--all-from", B, "--to", C)])
def test_a_silent_region_can_be_named_as_lost(world: World, script: tuple[str, ...]) -> None:
    world.put("events", event_item("gala", B))
    world.proxy.fault = lambda call: "dropped" if call.region == A else None
    code, printed = world.script(script[0], C, *script[1:])
    assert (code, "name a Region that is lost with --lost" in printed) == (1, True), printed
    code, printed = world.script(script[0], C, *script[1:], "--lost", A)
    assert (code, "gala" in printed) == (0, True), printed


@pytest.mark.parametrize("name", SCRIPTS)
def test_without_boto3_a_script_says_how_to_install_it(ops: Path, name: str) -> None:
    command = [
        sys.executable,
        "-S",
        str(ops / f"{name}.py"),
        *SCRIPTS[name],
    ]  # -S: without installed packages
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Stopped: boto3 is not installed: run `python -m pip install boto3`\n"


def test_output_that_nobody_reads_is_no_fault(ops: Path) -> None:
    command = [sys.executable, str(ops / "event.py"), "validate", str(ops / "gala.csv"), *OPTIONS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert (running.stderr.read(), running.wait(60)) == ("", 1)


@pytest.mark.parametrize("arguments", [("list",), ("show", "gala"), ("close", "gala", "--apply")])
def test_a_program_can_read_every_reason(world: World, arguments: tuple[str, ...]) -> None:
    world.put("events", {"event_id": "gala", "item": "layout", "sections": "?"})
    for facts in (None, "{"):
        if facts:
            (world.folder / "stack.json").write_text(facts, encoding="utf-8")
        code, printed = world.script("event", A, *arguments, "--format", "json")
        told = json.loads(printed)
        assert ("stopped" in told) == (code == 1), printed


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("event", ("show", ""), "'' is no event's ID"),
        ("event", ("show", "control#active"), "'control#active' is no event's ID"),
        ("refunds", ("the gala",), "'the gala' is no event's ID"),
        ("move_home", ("gala", "--to", B, "--patience", "nan"), "--patience nan is not a number of seconds"),
        ("event", ("list", "--suffix", "blue"), "name the deployment with --suffix, which is blue now"),
        ("event", ("show", "gala", "--suffix", "blue"), "there is no table tap-marketplace-events-blue in"),
        ("refunds", ("gala", "--suffix", "blue"), "name the deployment with --suffix, which is blue now"),
        ("event", ("open", "gala", "--until", "9" * 5000), "write a time with its offset"),
        ("event", ("close", "gala", "--lost", A), "move it with move_home.py --lost us-east-1 first"),
        ("event", ("withhold", "gala", "A", "--lost", A), "move it with move_home.py --lost us-east-1 first"),
        ("restore", ("gala", "--from", "events", "--lost", A), "name the Region of the restored tables"),
        ("restore", ("away", "--from", "corrections", "--lost", A, "--lost", B), "no hub is left"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(
    world: World, capsys: pytest.CaptureFixture[str], name: str, arguments: tuple[str, ...], text: str
) -> None:
    world.put("events", event_item("gala", A))
    world.put("events", event_item("away", C))
    assert text in refused(world, capsys, name, *arguments)


def test_a_row_with_too_many_cells_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A price with a comma would be another price."""
    path = world.folder / "gala.csv"
    path.write_text("section,first,last,price\nA,1,200,12,000\n", encoding="utf-8")
    assert "line 2 has more cells" in refused(world, capsys, "event", "validate", str(path), *OPTIONS)


def test_a_takeover_says_what_is_left_to_do_each_time(world: World) -> None:
    world.put("events", event_item("gala", A))
    for _ in range(2):  # the second time after an interruption
        code, printed = world.script("takeover", B, "--to", B, "--suffix", "prod", "--apply")
        assert code == 0, printed
        command = f"move_home.py --all-from {A} --to {B} --lost {A} --suffix prod --apply"
        assert command in printed
    world.replication.cut(A)
    code, printed = world.script("move_home", B, *command.split()[1:])
    assert code == 0, printed
    moved = world.event(B)
    assert moved is not None
    assert (moved.home_region, moved.epoch) == (B, MOVES_PER_TAKEOVER)


def test_an_event_that_is_moving_keeps_its_seats_and_is_not_deleted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put("events", event_item("gala", A, state="draft", moving_to=B))
    world.put("inventory", withheld("A-1"))
    assert "is moving to us-west-2" in refused(world, capsys, "event", "delete", "gala", "--apply")
    assert world.items("inventory", A) == [withheld("A-1")]


def test_an_event_that_is_opened_during_its_deletion_keeps_its_seats(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put("events", event_item("gala", A, state="draft"))
    world.put("inventory", withheld("A-1"))

    def opened(call: WireCall) -> None:
        if call.operation in ("DeleteItem", "TransactWriteItems"):
            world.proxy.watch = lambda call: None
            assert world.script("event", B, "open", "gala", "--apply")[0] == 0

    world.proxy.watch = opened
    assert "was changed concurrently" in refused(world, capsys, "event", "delete", "gala", "--apply")
    assert world.items("inventory", A) == [withheld("A-1")]


def test_a_deletion_resumes(world: World) -> None:
    world.put("events", event_item("gala", A, state="draft"))
    world.put("inventory", withheld("A-1"))

    world.proxy.fault = lambda call: "dropped" if call.operation == "DeleteItem" else None
    assert world.script("event", A, "delete", "gala", "--apply")[0] == 1
    world.proxy.fault = lambda call: None
    code, printed = world.script("event", C, "delete", "gala", "--apply")
    assert (code, "seats: 1" in printed) == (0, True), printed
    world.settle()
    assert [world.items("inventory", region) for region in world.regions] == [[], [], []]


# --- items that were written by hand ---------------------------------------------------------------------------------


def raw(world: World, what: str, **item: Any) -> None:
    """Put an item in DynamoDB's notation, with types that no script writes."""
    for region in world.regions:
        send(world, region, "PutItem", TableName=TABLES[what], Item=item)


def test_a_time_of_no_calendar_is_shown(world: World) -> None:
    world.put("events", event_item("gala", A, closes_at=2**53))
    code, printed = world.script("event", A, "list")
    assert (code, f"to {2**53} s" in printed) == (0, True), printed


def test_seats_written_by_hand_are_neither_sold_nor_withheld_again(world: World) -> None:
    world.put("events", event_item("gala", A))
    key = {"event_shard": {"S": "gala#0"}}
    raw(world, "inventory", **key, seat_id={"S": "A-1"}, sale_id={"S": "x"}, price={"N": "1.5"})
    raw(world, "inventory", **key, seat_id={"S": "A-2"}, kind={"S": "withheld"}, tags={"SS": ["x"]})
    code, printed = world.script("event", A, "withhold", "gala", "A-1..2", "--apply", "--format", "json")
    assert (code, json.loads(printed)["sold"], json.loads(printed)["withheld"]) == (1, ["A-1"], ["A-2"])
    shop = world.function("ticket_purchase", A)
    assert buy(shop, "gala", "A-1")[1]["reason"] == "sold"


def test_a_refund_that_cannot_be_read_is_not_overlooked(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put("events", event_item("gala", A, state="closed"))
    raw(world, "corrections", event_id={"S": "gala"}, entry_id={"S": "refund#x"}, refund={"N": "1.5"})
    assert "refund#x" in world.script("refunds", A, "gala")[1]
    assert "nobody has confirmed: x" in refused(world, capsys, "event", "archive", "gala", "--apply")


def test_a_control_item_written_by_hand_does_not_stop_a_takeover(world: World) -> None:
    raw(
        world, "events", event_id={"S": "control#active"}, item={"S": "verification"}, active_region={"N": "1.5"}
    )  # fmt: skip
    assert world.script("takeover", B, "--to", B, "--apply")[0] == 0


def test_lost_items_come_back_as_they_were(world: World) -> None:
    world.put("events", event_item("gala", A))
    back_up(world, A, "inventory", "sales")
    shard = {"event_shard": {"S": "gala#0"}}
    odd = {**shard, "seat_id": {"S": "A-9"}, "kind": {"S": "withheld"}, "tags": {"SS": ["x"]}}
    nothing = {**shard, "seat_id": {"S": "A-8"}}
    for item in (odd, nothing):
        send(world, A, "PutItem", TableName=f"{TABLES['inventory']}-restored", Item=item)
    code, printed = world.script("restore", A, "gala", "--from", "ticket-inventory", "--apply")
    assert (code, "us-east-1: 1 put back" in printed) == (0, True), printed
    key = {**shard, "seat_id": {"S": "A-9"}}
    assert send(world, A, "GetItem", TableName=TABLES["inventory"], Key=key)["Item"] == odd
