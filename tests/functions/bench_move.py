"""Measure how long a planned move of the largest event, sold out, keeps it from being sold."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass

from fault_proxy import WireCall
from simulated_regions import TABLES, event_item
from sold_out_event import EVENT, HOME, SoldOutEvent

__all__ = ["TARGET", "stop_of_a_move"]

TARGET = "us-west-2"
EPOCH = re.compile(rf"epoch#\d{{12}}@{HOME}")  # the old home decides


@dataclass
class Stop:
    """Notes when sales stop and go on: `time.monotonic()` at the two writes to the events table."""

    began: float = 0.0
    ended: float = 0.0

    def watch(self, call: WireCall) -> None:
        """Look at a call."""
        if call.operation == "TransactWriteItems":
            puts = [action["Put"]["Item"] for action in call.body["TransactItems"] if "Put" in action]
            names = [put["item"]["S"] for put in puts if put["event_id"]["S"] == EVENT["event_id"]]
            if any(EPOCH.fullmatch(name) for name in names):
                self.ended = time.monotonic()
            elif not self.began and any("moving_to" in put for put in puts):
                self.began = time.monotonic()


def stop_of_a_move(sold_out: SoldOutEvent) -> dict[str, float]:
    """Seconds for which nobody can buy while the event moves, and seconds that the protocol waits.

    The answers of DynamoDB Local that a move reads after its wait are recorded in a first move, and replayed with the
    latency of DynamoDB, 0.1 s from another Region. What it reads before, while the event is sold, is read really.
    """
    proxy = sold_out.world.proxy
    proxy.recorded, proxy.unrecorded = {}, (TABLES["events"], TABLES["corrections"])
    stop = Stop()
    try:
        for epoch in (1, 3):
            # The event has its home where it was: nothing but the events table tells a move of an event without sales.
            sold_out.world.put("events", event_item(home=HOME, epoch=epoch, **EVENT), HOME)
            proxy.watch = (stop := Stop()).watch
            began = time.monotonic()
            code, printed = sold_out.world.script("move_home", HOME, "gala", "--to", TARGET, "--apply")
            took = time.monotonic() - began
            assert code == 0, printed
            assert f"Inventory items repaired in {TARGET}: 0." in printed, printed
    finally:
        proxy.recorded, proxy.unrecorded, proxy.watch = None, (), lambda call: None
        sold_out.world.put("events", event_item(home=HOME, epoch=5, **EVENT), HOME)
    facts = json.loads((sold_out.world.folder / "stack.json").read_text(encoding="utf-8"))
    return {"seconds": stop.ended - stop.began, "waits": facts["quiet_seconds"], "whole": took}
