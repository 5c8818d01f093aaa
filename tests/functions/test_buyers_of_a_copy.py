"""A copy of an event's home counts its buyers anew, also those who have no seats any more."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from event_items import event_of
from rendered_functions import script, stack
from simulated_regions import event_item


def test_whoever_was_refunded_has_no_seats_in_a_home_that_was_one_before(tmp_path: Path) -> None:
    """The item of the first time still names seats, and the event would refuse its buyer for ever."""
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    module = script("home_copy", tmp_path)
    written: list[Any] = []
    event = replace(event_of(event_item("gala", "us-west-2", shards=1)), seats_per_buyer=4)
    tables = SimpleNamespace(tables=SimpleNamespace(locks="locks"))
    copy = module.HomeCopy(tables, event, "us-west-2", "us-east-1", time.monotonic())
    copy._write_records = written.extend
    (shard,) = copy._shards
    for seat, buyer in (("A-1", "ann"), ("A-2", "bob"), ("A-3", "bob")):
        shard.live[seat].append({"sale_id": seat, "buyer": buyer})
    shard.voided |= {"A-1", "A-3"}
    copy._count_buyers()
    counted = {item["lock_key"]: item["bought"] for item in written}
    assert counted == {"buyer#gala#ann": 0, "buyer#gala#bob": 1}, json.dumps(written)
