"""The assumptions of sizing agree with measurements of the functions' own code."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from typing import Any

import pytest

import ledger
import sale
from events import MOVES_PER_TAKEOVER, Clock, Event, Section
from ticketgen.assets import asset_folder
from ticketgen.figures import assumptions
from ticketgen.stack.functions.seat_cache_sync import INVENTORY_BATCH_SIZE
from ticketgen.stack.operations import SKEW_SECONDS

BUYER = "AROAEXAMPLEEXAMPLEEX:" + "s" * 32


def order(seats: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first ledger entry and inventory item of an order, as the function that sells makes them."""
    section = Section("BLOCK_112", 1, 9999, 12_900)
    event = Event(
        event_id="stadium-tour-2026-berlin",
        home_region="ap-southeast-1",
        homes=frozenset({"ap-southeast-1"}),
        epoch=2 * MOVES_PER_TAKEOVER + 3,
        decided_in="ap-southeast-1",
        state="on_sale",
        opens_at=0,
        closes_at=9**10,
        changed_at=0,
        moving_to="",
        move_id="",
        takeovers=(),
        saved=True,
        shards=18,
        currency="EUR",
        sections=(section,),
        seats_per_buyer=0,
        admitted_per_minute=0,
        digest="",
        read=Clock(),
    )
    names = [f"BLOCK_112-{1000 + number}" for number in range(seats)]
    order_id = ledger.new_order_id(1_780_000_000)
    entry = sale.ledger_entries(event, names, order_id, BUYER, "k" * 32, "h" * 32)[0]
    return entry, ledger.inventory_item(entry, 1_780_000_000_000)


def stored(value: object) -> int:
    """Bytes in DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list):
        return 3 + sum(1 + stored(item) for item in value)
    assert isinstance(value, int)
    return len(str(value)) // 2 + 2


def item_size(item: dict[str, Any]) -> int:
    return sum(len(name) + stored(value) for name, value in item.items())


def typed(value: object) -> dict[str, object]:
    if isinstance(value, str):
        return {"S": value}
    return {"L": [typed(item) for item in value]} if isinstance(value, list) else {"N": str(value)}


def record_size(item: dict[str, Any]) -> int:
    """Bytes of the record that DynamoDB puts on the Kinesis stream."""
    image = {name: typed(value) for name, value in item.items()}
    keys = {name: image[name] for name in ("event_shard", "sale_id")}
    change = {"ApproximateCreationDateTime": 10**15, "Keys": keys, "NewImage": image, "SizeBytes": 1000}
    change["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    record = {
        "awsRegion": "ap-southeast-1",
        "eventID": "f8b0a8f0-0000-0000-0000-000000000000",
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "tap-marketplace-ticket-sales-prod",
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
    return len(json.dumps(record, separators=(",", ":")))


@pytest.mark.parametrize("seats", [1, 2, 8, 20, 32])
def test_an_item_is_no_larger_than_assumed_and_fits_one_write_unit(seats: int) -> None:
    entry, item = order(seats)
    assumed = assumptions.item_bytes(seats)
    assert assumed * 0.85 < max(item_size(entry), item_size(item)) <= assumed <= 1024


@pytest.mark.parametrize("seats", [1, 2, 8, 20, 32])
def test_a_record_is_no_larger_than_assumed(seats: int) -> None:
    assumed = assumptions.record_bytes(seats)
    assert assumed * 0.8 < record_size(order(seats)[0]) <= assumed


def constants(module: str) -> dict[str, object]:
    """The constants of a function's module, without running it."""
    path = asset_folder("templates") / "functions" / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            with suppress(ValueError):  # not a constant
                value = ast.literal_eval(node.value)
                names = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
                values = value if isinstance(node.targets[0], ast.Tuple) else (value,)
                found |= {ast.unparse(name): each for name, each in zip(names, values, strict=True)}
    return found


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("seat_cache_sync", "RELOAD_SECONDS", assumptions.MAP_RELOAD_SECONDS),
        ("comparison", "SLICES_PER_RUN", assumptions.SLICES_PER_RUN),
        ("comparison", "RUNS_PER_ROUND", assumptions.RUNS_PER_ROUND),
        ("inventory_verifier", "READING_SHARE", assumptions.VERIFICATION_READING_SHARE),
        ("event_verification", "REGIONS_IN_TURN", assumptions.REGIONS_PER_RUN - 1),
        ("due_events", "QUIET_SECONDS", assumptions.QUIET_SECONDS),
        ("due_events", "AFTERCARE_SECONDS", assumptions.AFTERCARE_SECONDS),
        ("sales_database", "BATCH", assumptions.PROCESSOR_BATCH),
        ("seat_map", "CHUNK", INVENTORY_BATCH_SIZE),
        ("inventory_verifier", "SKEW_SECONDS", SKEW_SECONDS),
    ],
)
def test_a_constant_of_the_functions_code_has_the_same_value_here(
    module: str, name: str, value: float
) -> None:
    assert constants(module)[name] == value
