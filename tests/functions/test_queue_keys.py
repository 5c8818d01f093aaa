"""The keys of queues by `queue_keys.py`, and events with a queue by `event.py`."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulated_regions import World

A, B, C = "us-east-1", "us-west-2", "eu-west-1"
GALA = {
    "event_id": "gala",
    "currency": "USD",
    "opens_at": int(time.time()) - 60,
    "closes_at": int(time.time()) + 86_400,
    "sections": [{"name": "A", "first": 1, "last": 50, "price": 10_000}],
}


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(
        dynamodb, tmp_path, A, B, C, lag=lambda: random.uniform(0, 0.1), quiet_seconds=0.3
    ) as world:
        has_queues(world, 36_000)
        yield world


def has_queues(world: World, rate: int) -> None:
    """Let the stack admit so many buyers a minute."""
    file = world.folder / "stack.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "admitted_per_minute": rate}))


def keys(world: World, *arguments: str) -> tuple[int, str]:
    return world.script("queue_keys", C, *arguments, "--apply")


def known(world: World, region: str = B) -> dict[str, int]:
    world.settle()
    items = world.items("events", region)
    return {item["item"]: item["signs_from"] for item in items if item["event_id"] == "control#admission"}


def event(world: World, *arguments: str) -> Any:
    code, printed = world.script("event", C, *arguments, "--format", "json")
    return json.loads(printed) if code == 0 else printed


def file_of(world: World, **told: Any) -> str:
    path = world.folder / "gala.json"
    path.write_text(json.dumps({**GALA, **told}), encoding="utf-8")
    return str(path)


def test_keys_are_created_once_rotated_and_revoked(world: World) -> None:
    assert keys(world, "rotate")[0] == 1
    assert keys(world, "show") == (0, "There is no key: run `queue_keys.py create --apply`.\n")
    assert keys(world, "create")[0] == 0
    (first,) = known(world)
    assert known(world)[first] <= time.time(), "the first key signs at once"
    assert keys(world, "create")[0] == 1
    assert keys(world, "rotate")[0] == 0
    (second,) = known(world).keys() - {first}
    assert known(world).keys() == {first, second}, "the old key still verifies"
    assert known(world)[second] > time.time() + 60, "every Region has it before it signs"
    code, printed = keys(world, "rotate")
    assert (code, "has not begun to sign" in printed) == (1, True), printed
    assert keys(world, "revoke")[0] == 0
    (third,) = known(world)
    assert third not in (first, second)
    secret = next(item["secret"] for item in world.items("events", A) if item["item"] == third)
    assert secret not in keys(world, "show")[1]


def test_a_dry_run_makes_no_key(world: World) -> None:
    code, printed = world.script("queue_keys", C, "create")
    assert (code, "dry run" in printed) == (0, True), printed
    assert known(world) == {}


def test_a_stack_without_queues_needs_no_keys(world: World) -> None:
    has_queues(world, 0)
    assert keys(world, "create")[0] == 1
    assert "has no queues" in event(world, "validate", file_of(world, admitted_per_minute=60))
    assert "admitted_per_minute" not in event(world, "validate", file_of(world))


def test_an_event_has_the_rate_of_its_file_or_of_the_stack(world: World) -> None:
    for told, expected in (
        ({}, 36_000),
        ({"admitted_per_minute": 60}, 60),
        ({"admitted_per_minute": 0}, None),
    ):
        assert event(world, "validate", file_of(world, **told)).get("admitted_per_minute") == expected
    for wrong in (-1, True, "many", 10_000_001):
        assert "admitted_per_minute is" in event(world, "validate", file_of(world, admitted_per_minute=wrong))


def test_an_event_with_a_queue_opens_only_with_a_key_and_keeps_its_rate(world: World) -> None:
    assert event(world, "create", file_of(world), "--apply")["admitted_per_minute"] == 36_000
    assert "queue has no key" in event(world, "open", "gala", "--apply")
    assert keys(world, "create")[0] == 0
    world.settle()
    assert event(world, "open", "gala", "--apply")["admitted_per_minute"] == 36_000
    assert event(world, "admit", "gala", "600", "--apply")["admitted_per_minute"] == 600
    assert world.script("move_home", C, "gala", "--to", B, "--apply")[0] == 0
    assert event(world, "show", "gala")["admitted_per_minute"] == 600, "a move keeps it"
    assert event(world, "admit", "gala", "0", "--apply")["admitted_per_minute"] == 0
    found = world.event(A, "gala")
    assert found is not None
    assert found.admitted_per_minute == 0


def test_the_rate_does_not_change_while_the_order_is_drawn(world: World) -> None:
    """Numbers of lines that the new rate does not have would all be admitted at the whole rate, each line of them."""
    soon = {"opens_at": int(time.time()) + 3600}
    assert event(world, "create", file_of(world, **soon), "--apply")["admitted_per_minute"] == 36_000
    assert event(world, "admit", "gala", "6000", "--apply")["admitted_per_minute"] == 6000, (
        "nobody has drawn yet"
    )
    assert keys(world, "create")[0] == 0
    world.settle()
    assert event(world, "open", "gala", "--apply")["admitted_per_minute"] == 6000
    for other in "600", "36000":
        assert "is being drawn" in event(world, "admit", "gala", other, "--apply")
    assert event(world, "admit", "gala", "6000", "--apply")["admitted_per_minute"] == 6000
    assert event(world, "admit", "gala", "0", "--apply")["admitted_per_minute"] == 0
