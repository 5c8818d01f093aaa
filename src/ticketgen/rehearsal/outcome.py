"""What a rehearsal finds in the stack after the sale: ledgers, analytics, refunds and seat maps."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ticketgen.history.recorder import Recorder, inventory_lines, ledger_lines
from ticketgen.rehearsal.applied_stack import AppliedStack
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.sale import SaleEvent

__all__ = [
    "count_matching_maps",
    "count_refunds",
    "missing_in_analytics",
    "record_final_state",
    "valid_entries",
    "wait_for_replication",
]


def wait_for_replication(aws: EmulatedAws, seconds: float) -> None:
    """Wait until replication has caught up in every Region."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and aws.control("state")["waiting"]:
        time.sleep(0.2)


def valid_entries(stack: AppliedStack) -> dict[str, dict[str, Any]]:
    """Return the unvoided sales of all Regions' ledgers by id."""
    entries = {
        entry["sale_id"]["S"]: entry for region in stack.regions for entry in stack.ledger_entries(region)
    }
    voided = {entry["voids"]["S"] for entry in entries.values() if "voids" in entry}
    return {key: entry for key, entry in entries.items() if "voids" not in entry and key not in voided}


def record_final_state(history: Recorder, stack: AppliedStack, shows: Sequence[SaleEvent]) -> None:
    """Write the ledgers of all Regions, and the inventory of each event's home, to a history."""
    begin = history.now()
    entries = [_plain(entry) for region in stack.regions for entry in stack.ledger_entries(region)]
    for entry in entries:
        if "buyer" in entry:  # the name at the end of the caller's ARN
            entry["buyer"] = entry["buyer"].rpartition("/")[2]
    history.write(ledger_lines(entries, begin, history.now()))
    begin = history.now()
    items = [
        item
        for show in shows
        for item in map(_plain, stack.inventory_items(show.home))
        if item["event_id"] == show.event_id
    ]
    history.write(inventory_lines(items, begin, history.now()))


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """The strings and numbers of an item in DynamoDB JSON."""
    return {
        name: value["S"] if "S" in value else int(value["N"])
        for name, value in item.items()
        if "S" in value or "N" in value
    }


def missing_in_analytics(aws: EmulatedAws, stack: AppliedStack, shows: Sequence[SaleEvent]) -> dict[str, int]:
    """Return the number of sales missing in each analytics database, after time to catch up."""
    sales = sum("voids" not in entry for entry in stack.ledger_entries(shows[0].home))
    deadline = time.monotonic() + 30
    while True:
        found = {
            arn.split(":")[3]: sales - rows
            for arn, rows in aws.control("state", table="ticket_sales")["rows"].items()
        }
        if time.monotonic() > deadline or (found and not any(found.values())):
            return found
        time.sleep(0.5)


def count_refunds(stack: AppliedStack) -> int:
    """Count the messages on the refund queues."""
    total = 0
    for region, exports in stack.regions.items():
        if exports.get("refunds_queue_url"):
            answer = stack.client("sqs", region).get_queue_attributes(
                QueueUrl=exports["refunds_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
            )
            total += int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return total


def count_matching_maps(
    aws: EmulatedAws, stack: AppliedStack, shows: Sequence[SaleEvent], live: Mapping[tuple[str, str], int]
) -> int:
    """Count the Regions whose seat map matches the ledger for every event."""
    sold_seats = Counter(event for event, _ in live)
    matching = 0
    for api in stack.apis():
        deadline = time.monotonic() + 15
        while True:
            taken_seats = {}
            for show in shows:
                status, answer = aws.call("GET", f"{api.url}/events/{show.event_id}/seats")
                sections = json.loads(answer)["sections"] if status == 200 else [{"taken": -1}]
                taken_seats[show.event_id] = sum(section["taken"] for section in sections)
            if taken_seats == {show.event_id: sold_seats[show.event_id] for show in shows}:
                matching += 1
                break
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
    return matching
