"""The steps of a move of an event's home, which a restore shares: sales stop, and the home gets a new epoch."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from botocore.exceptions import ClientError
from console import GivenUp, Stack

import dynamo
import ledger
from dynamo import Client, Item
from events import Clock, Event, parse

__all__ = [
    "POLL_SECONDS", "announce", "conditional", "items_of", "read", "rebuild", "settle_in", "update",
    "wait_until_heard",
]  # fmt: skip

POLL_SECONDS = 0.5


def read(stack: Stack, region: str, event_id: str) -> tuple[Event, str]:
    """The event as a Region has it now, and the Region it is moving to, if any."""
    item = dynamo.get(dynamo.client(region, attempts=4), stack.name("events"), {"event_id": event_id})
    if item is None:
        raise GivenUp(f"there is no event {event_id} in {region}")
    return parse(item, Clock()), item.get("moving_to", "")


def announce(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET #state = :moving, moving_to = :target, resumes = if_not_exists(resumes, #state)"
    free = "(attribute_not_exists(moving_to) OR moving_to = :target)"
    update(stack, decider, event, change, free, {":moving": "moving", ":target": target})


def wait_until_heard(stack: Stack, event: Event, regions: Sequence[str], deadline: float) -> None:
    """Wait until every Region's replica shows that the event is moving."""
    waiting = list(regions)
    while waiting:
        client = dynamo.client(waiting[0], attempts=4)
        known = dynamo.get(client, stack.name("events"), {"event_id": event.event_id}) or {}
        if (known.get("state"), known.get("epoch")) == ("moving", event.epoch):
            waiting.pop(0)
        elif time.monotonic() > deadline:
            raise GivenUp(
                f"{waiting[0]} has not seen the move yet, and sales stay stopped:"
                " run the command again to resume, or use --cancel"
            )
        else:
            time.sleep(POLL_SECONDS)


def settle_in(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET home_region = :target, epoch = :next, #state = resumes REMOVE moving_to, resumes"
    values = {":target": target, ":next": event.epoch + 1, ":moving": "moving"}
    update(stack, decider, event, change, "#state = :moving AND moving_to = :target", values)


def update(stack: Stack, region: str, event: Event, change: str, condition: str, values: Item) -> None:
    """Change the event item if it still has the epoch that we read."""
    try:
        dynamo.client(region, attempts=4).update_item(
            TableName=stack.name("events"),
            Key={"event_id": {"S": event.event_id}},
            UpdateExpression=change,
            ConditionExpression=f"epoch = :epoch AND {condition}",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=dynamo.pack({":epoch": event.epoch, **values})["M"],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise GivenUp(f"{event.event_id} was changed concurrently: run the command again") from error


def items_of(client: Client, table: str, shard: str, attributes: str) -> list[Item]:
    pages = dynamo.pages(
        client.query,
        TableName=table,
        KeyConditionExpression="event_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": shard}},
        ProjectionExpression=attributes,
        ConsistentRead=True,
    )
    return [dynamo.unpack({"M": item}) for page in pages for item in page["Items"]]


def rebuild(stack: Stack, event: Event, target: str) -> int:
    """Repair the new home's inventory from its ledger; return the number of repairs.

    An item whose sale is missing from the ledger stays: it may be the only trace of a sale by a lost home.
    """
    client = dynamo.client(target, attempts=4)
    repaired = 0
    for shard in event.every_shard():
        entries = items_of(
            client, stack.tables.sales, shard, "sale_id, seat_id, epoch, voids"
        )  # voids: only on entries that void another
        voided = {entry["voids"] for entry in entries if "voids" in entry}
        live: dict[str, list[Item]] = defaultdict(list)
        for entry in entries:
            if "voids" not in entry and entry["sale_id"] not in voided:
                live[entry["seat_id"]].append(entry)
        items = {
            item["seat_id"]: item
            for item in items_of(client, stack.tables.inventory, shard, "seat_id, sale_id")
        }
        for seat_id in sorted(live.keys() | items.keys()):
            key = {"event_shard": shard, "seat_id": seat_id}
            item, sales = items.get(seat_id), live.get(seat_id)
            has = None if item is None else item.get("sale_id", "")  # "": the seat is withheld
            if sales is None and has in voided:
                repaired += _delete(client, stack, key, str(has))
            elif sales is not None and has != "" and has != (keeper := ledger.winner(sales)["sale_id"]):
                repaired += _put(client, stack, shard, keeper, has)
    return repaired


def _put(client: Client, stack: Stack, shard: str, sale_id: str, instead_of: str | None) -> bool:
    entry = dynamo.get(client, stack.tables.sales, {"event_shard": shard, "sale_id": sale_id})
    if entry is None:
        raise GivenUp(f"sale {sale_id} has disappeared from the ledger")
    unchanged = "attribute_not_exists(seat_id)" if instead_of is None else "sale_id = :seen"
    values = {} if instead_of is None else {"ExpressionAttributeValues": {":seen": {"S": instead_of}}}
    item = ledger.inventory_item(entry, int(time.time() * 1000))
    return conditional(
        client.put_item,
        TableName=stack.tables.inventory,
        Item=dynamo.pack(item)["M"],
        ConditionExpression=unchanged,
        **values,
    )


def _delete(client: Client, stack: Stack, key: Item, sale_id: str) -> bool:
    return conditional(
        client.delete_item,
        TableName=stack.tables.inventory,
        Key=dynamo.pack(key)["M"],
        ConditionExpression="sale_id = :seen",
        ExpressionAttributeValues={":seen": {"S": sale_id}},
    )


def conditional(call: Client, **request: object) -> bool:
    """Make a write unless the item has changed.

    A change means that another run of this script was faster.
    """
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
