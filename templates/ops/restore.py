"""Put lost items of an event back from restored tables, and repair what follows from them.

    python restore.py gala --from ticket-sales ticket-inventory --apply

DynamoDB restores a table under another name, and a global table cannot take a new name. So
the stack keeps its tables: restore each one that lost items, in the event's home Region, under
its own name followed by `-restored`, and run this script for each event. It stops sales of
the event for about half a minute, as a move of its home does, and then

- puts back the entries of the ledger and of the audit trail that the live table lacks;
- puts back the seats that were withheld, unless they have been sold since;
- puts back the event itself if it is gone;
- rebuilds the inventory of the home from the ledger, and resumes sales with epoch + 1.

It never changes or deletes an item that is there: it prints how many differ. Holds of the
event end, and buyers ask again. To resume an interrupted restore, run the same command
again; to abandon it, run `move_home.py EVENT --cancel --apply`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError
from console import GivenUp, Stack, options, run
from moves import announce, conditional, read, rebuild, settle_in, wait_until_heard

import dynamo
from dynamo import Item
from events import Clock, Event, parse

__all__ = ["main"]

RESTORED = "-restored"
KEYS = {
    "corrections": ("event_id", "entry_id"),
    "ticket-inventory": ("event_shard", "seat_id"),
    "ticket-sales": ("event_shard", "sale_id"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("event_id", help="ID of the event")
    parser.add_argument(
        "--from",
        dest="tables",
        nargs="+",
        required=True,
        choices=("events", *KEYS),
        help=f"the tables that were restored, each under its own name and {RESTORED}",
    )
    parser.add_argument(
        "--region", metavar="REGION", help="Region of the restored tables (default: the event's home)"
    )
    parser.add_argument(
        "--lost",
        metavar="REGION",
        action="append",
        default=[],
        help="do not call this Region, nor wait for it; may be repeated",
    )
    parser.add_argument(
        "--patience", type=float, default=600, help="seconds to wait for replication (default: 600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    event, moving_to = _find(stack, chosen)
    home = event.home_region
    if home in chosen.lost:
        raise GivenUp(
            f"the home of {event.event_id} is {home}: move it with move_home.py --lost {home} first"
        )
    if moving_to not in ("", home):
        raise GivenUp(f"{event.event_id} is moving to {moving_to}: finish that move, or --cancel it first")
    source = chosen.region or home
    tables = [table for table in KEYS if table in chosen.tables]
    print(f"{event.event_id}: home {home}, epoch {event.epoch} -> {event.epoch + 1}")
    if chosen.apply:
        _stop_sales(stack, event, chosen)
    for table in tables:
        _put_back(stack, event, table, source, _target(stack, table, event, chosen.lost), apply=chosen.apply)
    if chosen.apply:
        print(f"Inventory items repaired in {home}: {rebuild(stack, event, home)}.")
        settle_in(stack, home, event, home)
        print(f"{event.event_id} is sold in {home} again, epoch {event.epoch + 1}.")


def _find(stack: Stack, chosen: argparse.Namespace) -> tuple[Event, str]:
    """The event and the Region it is moving to, from its home; if it is gone, from the restored table."""
    asked = next(region for region in stack.regions if region not in chosen.lost)
    client = dynamo.client(asked, attempts=4)
    if dynamo.get(client, stack.name("events"), {"event_id": chosen.event_id}) is None:
        if "events" not in chosen.tables:
            raise GivenUp(f"there is no event {chosen.event_id} in {asked}: restore the events table, too")
        return _lost_event(stack, chosen), ""
    event, moving_to = read(stack, asked, chosen.event_id)
    if event.home_region != asked and event.home_region not in chosen.lost:
        event, moving_to = read(stack, event.home_region, chosen.event_id)
    return event, moving_to


def _lost_event(stack: Stack, chosen: argparse.Namespace) -> Event:
    """Put an event back that is gone, without sales.

    It may have moved after the time of the restore, so the ledger's newest epoch counts if it is higher.
    """
    source = chosen.region or stack.primary_region
    client = dynamo.client(source, attempts=4)
    item = dynamo.get(client, stack.name("events") + RESTORED, {"event_id": chosen.event_id})
    if item is None:
        raise GivenUp(f"the restored table in {source} has no event {chosen.event_id} either")
    event = parse(item, Clock())
    for region in {source, event.home_region} - set(chosen.lost):
        for table in (stack.tables.sales, stack.tables.sales + RESTORED):
            for entry in _entries(region, table, event):
                if entry["epoch"] > item["epoch"]:
                    item |= {"epoch": entry["epoch"], "home_region": entry["home_region"]}
    resumes = item.get("resumes", item["state"])
    item |= {"state": "moving", "moving_to": item["home_region"], "resumes": resumes}
    print(f"{chosen.event_id} is gone; put back with its home in {item['home_region']}, without sales.")
    if chosen.apply:
        home = dynamo.client(item["home_region"], attempts=4)
        conditional(
            home.put_item,
            TableName=stack.name("events"),
            Item=dynamo.pack(item)["M"],
            ConditionExpression="attribute_not_exists(event_id)",
        )
    return parse(item, Clock())


def _entries(region: str, table: str, event: Event) -> Iterator[Item]:
    """The epochs and homes of an event's ledger entries; none if there is no such table."""
    client = dynamo.client(region, attempts=4)
    for shard in event.every_shard():
        try:
            yield from _query(client, table, "event_shard", shard, "epoch, home_region")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return


def _stop_sales(stack: Stack, event: Event, chosen: argparse.Namespace) -> None:
    """Stop sales of the event, and wait for those in progress."""
    home = event.home_region
    if event.state != "moving":
        announce(stack, home, event, home)
    heard = [region for region in stack.regions if region not in chosen.lost]
    wait_until_heard(stack, event, heard, time.monotonic() + chosen.patience)
    print(f"No new sales start; waiting {stack.quiet_seconds} s for sales in progress.")
    time.sleep(stack.quiet_seconds)


def _target(stack: Stack, table: str, event: Event, lost: Sequence[str]) -> str:
    """The Region to write to: the home, and for the audit trail a hub."""
    if table != "corrections":
        return event.home_region
    return next(region for region in stack.hubs if region not in lost)


def _put_back(stack: Stack, event: Event, table: str, source: str, target: str, *, apply: bool) -> None:
    """Put the items back that a table lacks."""
    restored = dynamo.client(source, attempts=4)
    live = dynamo.client(target, attempts=4)
    first, second = KEYS[table]
    lost = different = kept = 0
    for key in [event.event_id] if table == "corrections" else event.every_shard():
        there = {item[second]: item for item in _query(live, stack.name(table), first, key)}
        for item in _query(restored, stack.name(table) + RESTORED, first, key):
            if item[second] in there:
                different += item != there[item[second]] and table != "ticket-inventory"
            elif table == "ticket-inventory" and item["kind"] != "withheld":
                kept += 1  # the ledger decides about it
            else:
                lost += 1
                if apply:
                    _put(live, stack.name(table), second, item)
    done = "put back" if apply else "to put back"
    print(f"{table} in {target}: {lost} {done}, {different} that differ and stay as they are.")
    if kept:
        print(f"{table}: {kept} sold seats of the restored table are not used, because the ledger decides.")


def _put(live: Any, table: str, key: str, item: Item) -> None:
    """Put an item unless there is one; seat maps keep the later of two versions of an inventory item."""
    if "version" in item:
        item = {**item, "version": int(time.time() * 1000)}
    conditional(
        live.put_item,
        TableName=table,
        Item=dynamo.pack(item)["M"],
        ConditionExpression=f"attribute_not_exists({key})",
    )


def _query(client: Any, table: str, key: str, value: str, attributes: str = "") -> Iterator[Item]:
    """The items of a partition."""
    projection = {"ProjectionExpression": attributes} if attributes else {}
    pages = dynamo.pages(
        client.query,
        TableName=table,
        KeyConditionExpression=f"{key} = :value",
        ExpressionAttributeValues={":value": {"S": value}},
        ConsistentRead=True,
        **projection,
    )
    for page in pages:
        for item in page["Items"]:
            yield dynamo.unpack({"M": item})


if __name__ == "__main__":
    sys.exit(main())
