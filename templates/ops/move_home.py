"""Moves an event's home to another Region: after this, all its seats are sold there.

Planned, while the old home is well: sales of the event stop for half a minute, and no seat can be sold twice.

    python move_home.py gala --to eu-west-1 --apply

The old home is lost: it is neither asked nor waited for. What it sold and had not replicated may be sold again;
when it returns, the verifier finds that, the sale of the newer epoch keeps the seat, and the other is refunded.

    python move_home.py gala --to eu-west-1 --lost us-east-1 --apply

Whoever sells does so on knowledge that is at most `lease` seconds old, in a call of a function that lives for
its time-out at most. So: say `moving`, wait until every Region has heard it, wait that time out, wait until the
new home has all that the old one has, put its inventory right by the ledger, and only then name the new home.
A move that was interrupted is carried on by the same command, or called off by `--cancel`.
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
    """Runs the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("event_id", help="the event")
    parser.add_argument("--to", metavar="REGION", help="the new home")
    parser.add_argument(
        "--lost", metavar="REGION", action="append", default=[], help="do not ask or wait for this Region"
    )
    parser.add_argument(
        "--cancel", action="store_true", help="end an unfinished move: sell where it was sold"
    )
    parser.add_argument("--patience", type=float, default=600, help="seconds to wait for replication (600)")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if (chosen.to is None) != chosen.cancel:
        raise GivenUp("say either --to REGION or --cancel")
    asked = chosen.to or next(region for region in stack.regions if region not in chosen.lost)
    event, moving_to = _read(stack, asked, chosen.event_id)
    # One place decides about a move: the home as long as there is one, so that no two moves can be under way.
    decider = asked if event.home_region in chosen.lost else event.home_region
    if decider != asked:
        event, moving_to = _read(stack, decider, chosen.event_id)
    if chosen.cancel:
        _cancel(stack, decider, event, apply=chosen.apply)
        return
    if event.home_region == chosen.to and event.state != "moving":
        print(f"{event.event_id} is at home in {chosen.to} already, epoch {event.epoch}.")
        return
    if moving_to not in ("", chosen.to):
        raise GivenUp(f"{event.event_id} is moving to {moving_to}: finish that, or --cancel it first")
    print(f"{event.event_id}: {event.home_region} -> {chosen.to}, epoch {event.epoch} -> {event.epoch + 1}")
    if not chosen.apply:
        print(f"Sales would stop for some {stack.quiet_seconds + 3} s.")
        return
    _announce(stack, decider, event, chosen.to)
    heard = [region for region in stack.regions if region not in chosen.lost]
    deadline = time.monotonic() + chosen.patience
    _wait_until_heard(stack, event, heard, deadline)
    print(f"Nobody starts a sale any more; waiting {stack.quiet_seconds} s for those that have begun.")
    time.sleep(stack.quiet_seconds)
    if decider != chosen.to:
        _wait_until_copied(stack, event, chosen.to, deadline)
    print(f"Put right in {chosen.to}: {_rebuild(stack, event, chosen.to)} inventory items.")
    _settle_in(stack, decider, event, chosen.to)
    print(f"{event.event_id} is sold in {chosen.to} from now on.")


def _read(stack: Stack, region: str, event_id: str) -> tuple[Event, str]:
    """The event as a Region has it now, and where it is moving."""
    item = dynamo.get(dynamo.client(region, attempts=4), stack.name("events"), {"event_id": event_id})
    if item is None:
        raise GivenUp(f"{region} knows no event {event_id}")
    return parse(item, Clock()), item.get("moving_to", "")


def _update(stack: Stack, region: str, event: Event, change: str, condition: str, values: Item) -> None:
    """Changes the event item as long as its epoch is the one that we know."""
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
        raise GivenUp(f"somebody else changed {event.event_id} meanwhile") from error


def _announce(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET #state = :moving, moving_to = :target, resumes = if_not_exists(resumes, #state)"
    free = "(attribute_not_exists(moving_to) OR moving_to = :target)"
    _update(stack, decider, event, change, free, {":moving": "moving", ":target": target})


def _settle_in(stack: Stack, decider: str, event: Event, target: str) -> None:
    change = "SET home_region = :target, epoch = :next, #state = resumes REMOVE moving_to, resumes"
    values = {":target": target, ":next": event.epoch + 1, ":moving": "moving"}
    _update(stack, decider, event, change, "#state = :moving AND moving_to = :target", values)


def _cancel(stack: Stack, decider: str, event: Event, *, apply: bool) -> None:
    """Sells on at the old home, in a new epoch: another run of this move must not finish what it waited for."""
    if event.state != "moving":
        raise GivenUp(f"{event.event_id} is not moving")
    print(f"{event.event_id} stays at home in {event.home_region}.")
    if apply:
        change = "SET epoch = :next, #state = resumes REMOVE moving_to, resumes"
        _update(
            stack, decider, event, change, "#state = :moving", {":next": event.epoch + 1, ":moving": "moving"}
        )


def _wait_until_heard(stack: Stack, event: Event, regions: Sequence[str], deadline: float) -> None:
    """Until every Region's replica says that the event is moving."""
    waiting = list(regions)
    while waiting:
        known = _read(stack, waiting[0], event.event_id)[0]
        if (known.state, known.epoch) == ("moving", event.epoch):
            waiting.pop(0)
        elif time.monotonic() > deadline:
            raise GivenUp(f"{waiting[0]} has not heard of the move; sales stay stopped until it goes on")
        else:
            time.sleep(POLL_SECONDS)


def _wait_until_copied(stack: Stack, event: Event, target: str, deadline: float) -> None:
    """Until the new home has every entry and item of the old one."""
    for shard in event.every_shard():
        theirs = _shard(stack, event.home_region, shard)  # nothing is added to it any more
        while missing := theirs - _shard(stack, target, shard):
            if time.monotonic() > deadline:
                raise GivenUp(f"{target} lacks {len(missing)} items of {shard}; sales stay stopped")
            time.sleep(POLL_SECONDS)


def _shard(stack: Stack, region: str, shard: str) -> set[tuple[str, str]]:
    """All that a Region has of a shard: ledger ids, and seats with the sales that took them."""
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
    """Makes the new home's inventory say what its ledger says; how many items were put right.

    An item whose sale is not there at all stays: it may be the only trace of what a lost home sold.
    """
    client, mended = dynamo.client(target, attempts=4), 0
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
            has = None if item is None else item.get("sale_id", "")  # nothing: the seat is withheld
            if sales is None and has in voided:
                mended += _delete(client, stack, key, str(has))
            elif sales is not None and has != "" and has != (keeper := ledger.winner(sales)["sale_id"]):
                mended += _put(client, stack, shard, keeper, has)
    return mended


def _put(client: Client, stack: Stack, shard: str, sale_id: str, instead_of: str | None) -> bool:
    entry = dynamo.get(client, stack.tables.sales, {"event_shard": shard, "sale_id": sale_id})
    if entry is None:
        raise GivenUp(f"{sale_id} has gone from the ledger")
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
    """Makes a write; not, if the item is another by now: then another run of this script was quicker."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
