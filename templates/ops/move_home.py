"""Move an event's home to another Region, which then sells all its seats.

Planned move, while the old home is healthy: sales of the event stop for about half a
minute, and no seat can be sold twice.

    python move_home.py gala --to eu-west-1 --apply

Failover, after the old home is lost: the script neither calls it nor waits for it.
Seats that it sold but had not replicated may be sold again. When it returns, the
verifier finds them: the sale of the newer epoch keeps the seat, and the other is
refunded.

    python move_home.py gala --to eu-west-1 --lost us-east-1 --apply

A function sells from a cached copy of the event that is at most one lease old, and runs no
longer than its time-out. So a move marks the event `moving`, waits until every Region
has seen that, waits for the lease and the time-out, waits until the new home has
everything that the old one has, repairs the new home's inventory from the ledger, and
only then sets the new home. To resume an interrupted move, run the same command again;
to abandon it, use `--cancel`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from botocore.exceptions import ClientError
from console import GivenUp, Stack, options, run

import dynamo
import ledger
from dynamo import Client, Item
from events import Clock, Event, parse

__all__ = ["main"]

POLL_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("event_id", help="ID of the event")
    parser.add_argument("--to", metavar="REGION", help="Region of the new home")
    parser.add_argument(
        "--lost",
        metavar="REGION",
        action="append",
        default=[],
        help="do not call this Region, nor wait for it; may be repeated",
    )
    parser.add_argument(
        "--cancel", action="store_true", help="abandon an unfinished move: resume sales at the old home"
    )
    parser.add_argument(
        "--patience", type=float, default=600, help="seconds to wait for replication (default: 600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if (chosen.to is None) != chosen.cancel:
        raise GivenUp("give either --to REGION or --cancel")
    asked = chosen.to or next(region for region in stack.regions if region not in chosen.lost)
    event, moving_to = _read(stack, asked, chosen.event_id)
    # A single Region decides about moves, the home while it exists, so that no two moves can run at once.
    decider = asked if event.home_region in chosen.lost else event.home_region
    if decider != asked:
        event, moving_to = _read(stack, decider, chosen.event_id)
    if chosen.cancel:
        _cancel(stack, decider, event, apply=chosen.apply)
        return
    if event.home_region == chosen.to and event.state != "moving":
        print(f"{event.event_id} already has its home in {chosen.to}, epoch {event.epoch}.")
        return
    if moving_to not in ("", chosen.to):
        raise GivenUp(f"{event.event_id} is moving to {moving_to}: finish that move, or --cancel it first")
    print(f"{event.event_id}: {event.home_region} -> {chosen.to}, epoch {event.epoch} -> {event.epoch + 1}")
    if not chosen.apply:
        print(f"Sales would stop for about {stack.quiet_seconds + 3} s.")
        return
    _announce(stack, decider, event, chosen.to)
    heard = [region for region in stack.regions if region not in chosen.lost]
    deadline = time.monotonic() + chosen.patience
    _wait_until_heard(stack, event, heard, deadline)
    print(f"No new sales start; waiting {stack.quiet_seconds} s for sales in progress.")
    time.sleep(stack.quiet_seconds)
    if decider != chosen.to:
        _wait_until_copied(stack, event, chosen.to, deadline)
    print(f"Inventory items repaired in {chosen.to}: {_rebuild(stack, event, chosen.to)}.")
    _settle_in(stack, decider, event, chosen.to)
    print(f"{event.event_id} is now sold in {chosen.to}.")


def _read(stack: Stack, region: str, event_id: str) -> tuple[Event, str]:
    """The event as a Region has it now, and the Region it is moving to, if any."""
    item = dynamo.get(dynamo.client(region, attempts=4), stack.name("events"), {"event_id": event_id})
    if item is None:
        raise GivenUp(f"there is no event {event_id} in {region}")
    return parse(item, Clock()), item.get("moving_to", "")


def _update(stack: Stack, region: str, event: Event, change: str, condition: str, values: Item) -> None:
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


def _announce(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET #state = :moving, moving_to = :target, resumes = if_not_exists(resumes, #state)"
    free = "(attribute_not_exists(moving_to) OR moving_to = :target)"
    _update(stack, decider, event, change, free, {":moving": "moving", ":target": target})


def _settle_in(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET home_region = :target, epoch = :next, #state = resumes REMOVE moving_to, resumes"
    values = {":target": target, ":next": event.epoch + 1, ":moving": "moving"}
    _update(stack, decider, event, change, "#state = :moving AND moving_to = :target", values)


def _cancel(stack: Stack, decider: str, event: Event, *, apply: bool) -> None:
    """Resume sales at the old home.

    The new epoch prevents a concurrent run of this move from finishing.
    """
    if event.state != "moving":
        raise GivenUp(f"{event.event_id} is not moving")
    print(f"{event.event_id} keeps its home in {event.home_region}.")
    if apply:
        change = "SET epoch = :next, #state = resumes REMOVE moving_to, resumes"
        _update(
            stack, decider, event, change, "#state = :moving", {":next": event.epoch + 1, ":moving": "moving"}
        )


def _wait_until_heard(stack: Stack, event: Event, regions: Sequence[str], deadline: float) -> None:
    """Wait until every Region's replica shows that the event is moving."""
    waiting = list(regions)
    while waiting:
        known = _read(stack, waiting[0], event.event_id)[0]
        if (known.state, known.epoch) == ("moving", event.epoch):
            waiting.pop(0)
        elif time.monotonic() > deadline:
            raise GivenUp(
                f"{waiting[0]} has not seen the move yet, and sales stay stopped:"
                " run the command again to resume, or use --cancel"
            )
        else:
            time.sleep(POLL_SECONDS)


def _wait_until_copied(stack: Stack, event: Event, target: str, deadline: float) -> None:
    """Wait until the new home has every ledger entry and inventory item of the old one."""
    for shard in event.every_shard():
        theirs = _shard(stack, event.home_region, shard)  # nothing more is added to it
        while missing := theirs - _shard(stack, target, shard):
            if time.monotonic() > deadline:
                raise GivenUp(
                    f"{target} still lacks items of {shard} (number: {len(missing)}), and sales stay stopped:"
                    " run the command again to resume, or use --cancel"
                )
            time.sleep(POLL_SECONDS)


def _shard(stack: Stack, region: str, shard: str) -> set[tuple[str, str]]:
    """A Region's data of a shard: ledger ids, and seats with their sales."""
    client = dynamo.client(region, attempts=4)
    items = _items(client, stack.tables.inventory, shard, "seat_id, sale_id")
    entries = _items(client, stack.tables.sales, shard, "sale_id")
    return {("", entry["sale_id"]) for entry in entries} | {
        (item["seat_id"], item.get("sale_id", "")) for item in items
    }


def _items(client: Client, table: str, shard: str, attributes: str) -> list[Item]:
    pages = dynamo.pages(
        client.query,
        TableName=table,
        KeyConditionExpression="event_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": shard}},
        ProjectionExpression=attributes,
        ConsistentRead=True,
    )
    return [dynamo.unpack({"M": item}) for page in pages for item in page["Items"]]


def _rebuild(stack: Stack, event: Event, target: str) -> int:
    """Repair the new home's inventory from its ledger; return the number of repairs.

    An item whose sale is missing from the ledger stays: it may be the only trace of a sale by a lost home.
    """
    client = dynamo.client(target, attempts=4)
    repaired = 0
    for shard in event.every_shard():
        entries = _items(
            client, stack.tables.sales, shard, "sale_id, seat_id, epoch, voids"
        )  # voids: only on entries that void another
        voided = {entry["voids"] for entry in entries if "voids" in entry}
        live: dict[str, list[Item]] = defaultdict(list)
        for entry in entries:
            if "voids" not in entry and entry["sale_id"] not in voided:
                live[entry["seat_id"]].append(entry)
        items = {
            item["seat_id"]: item
            for item in _items(client, stack.tables.inventory, shard, "seat_id, sale_id")
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
    return _conditional(
        client.put_item,
        TableName=stack.tables.inventory,
        Item=dynamo.pack(item)["M"],
        ConditionExpression=unchanged,
        **values,
    )


def _delete(client: Client, stack: Stack, key: Item, sale_id: str) -> bool:
    return _conditional(
        client.delete_item,
        TableName=stack.tables.inventory,
        Key=dynamo.pack(key)["M"],
        ConditionExpression="sale_id = :seen",
        ExpressionAttributeValues={":seen": {"S": sale_id}},
    )


def _conditional(call: Client, **request: object) -> bool:
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


if __name__ == "__main__":
    sys.exit(main())
