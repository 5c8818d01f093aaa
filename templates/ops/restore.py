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
from dataclasses import replace
from typing import Any

from console import GivenUp, Stack, lost_option, options, run
from botocore.exceptions import ClientError
from event_replicas import everywhere, find, wait_until
from home_copy import HomeCopy
from moves import complete, stop_sales
from table_items import conditional, query

import dynamo
from dynamo import Item
from events import Clock, Event, epoch_key, parse

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
    lost_option(parser, "do not call this Region, nor wait for it; may be repeated")
    parser.add_argument(
        "--patience", type=float, default=600, help="seconds to wait for replication (default: 600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    event = _find(stack, chosen)
    home = event.home_region
    if home in chosen.lost:
        raise GivenUp(
            f"the home of {event.event_id} is {home}: move it with move_home.py --lost {home} first"
        )
    if event.moving and event.moving_to != home:
        raise GivenUp(
            f"{event.event_id} is moving to {event.moving_to}: finish that move, or --cancel it first"
        )
    source = chosen.region or home
    tables = [(table, _target(stack, table, event, chosen.lost)) for table in KEYS if table in chosen.tables]
    print(f"{event.event_id}: home {home}, epoch {event.epoch} -> {event.epoch + 1}")
    deadline = time.monotonic() + chosen.patience
    if chosen.apply:
        event = stop_sales(stack, event, home, chosen.lost, deadline)
        print(f"No new sales start; waiting {stack.quiet_seconds} s for sales in progress.")
        time.sleep(stack.quiet_seconds)
    for table, target in tables:
        _put_back(stack, event, table, source, target, apply=chosen.apply)
    if chosen.apply:
        print(
            f"Inventory items repaired in {home}: {HomeCopy(stack, event, None, home, deadline).complete()}."
        )
        event = complete(stack, event, chosen.lost, deadline)
        print(f"{event.event_id} is {event.state} in {home} again, epoch {event.epoch}.")


def _find(stack: Stack, chosen: argparse.Namespace) -> Event:
    """The event, from its home; items of it that are gone are put back first."""
    known = [event for event in everywhere(stack, chosen.event_id, chosen.lost).values() if event is not None]
    if "events" not in chosen.tables:
        if not known:
            raise GivenUp(f"there is no event {chosen.event_id}: restore the events table, too")
        return find(stack, chosen.event_id, chosen.lost)
    restored = _put_event_back(stack, chosen)
    return find(stack, chosen.event_id, chosen.lost) if chosen.apply or known else restored


def _put_event_back(stack: Stack, chosen: argparse.Namespace) -> Event:
    """Put the items of an event back that its home lacks, and return the event that they make.

    Only the state of the newest epoch ever changes, so an item that is there is not older than the restored one. The
    event may have moved after the time of the restore: then the ledger knows a newer epoch.
    """
    source, table = chosen.region or stack.primary_region, stack.name("events")
    if source in chosen.lost:
        raise GivenUp(f"name the Region of the restored tables with --region, because {source} is --lost")
    client = dynamo.client(source, attempts=4)
    items: list[Item] = []
    for found in query(client, table + RESTORED, "event_id", chosen.event_id):
        item = dynamo.plain(found)
        if isinstance(item, str):
            raise GivenUp(
                f"the restored table in {source} has an item that cannot be read, with {item}: {found}"
            )
        items.append(item)
    event = parse(items, Clock())
    if event is None:
        raise GivenUp(f"the restored table in {source} has no event {chosen.event_id} either")
    newest = max(_epochs(stack, chosen, event, source), default=(event.epoch, event.home_region))
    if newest[0] > event.epoch:
        number, home = newest
        items.append(
            {
                **next(item for item in items if item["item"] == event.key),
                "item": epoch_key(number, home),
                "epoch": number,
                "home_region": home,
                "state": event.state,
                "opens_at": event.opens_at,
                "closes_at": event.closes_at,
            }
        )
        event = replace(event, epoch=number, home_region=home, decided_in=home, saved=False)
    home_client = dynamo.client(event.home_region, attempts=4)
    there = {item["item"]["S"] for item in query(home_client, table, "event_id", chosen.event_id)}
    lost = [item for item in items if item["item"] not in there]
    done = "put back" if chosen.apply else "to put back"
    print(f"events in {event.home_region}: {len(lost)} {done}")
    for item in lost if chosen.apply else ():
        conditional(
            home_client.put_item,
            TableName=table,
            Item=dynamo.pack(item)["M"],
            ConditionExpression="attribute_not_exists(event_id)",
        )
    if lost and chosen.apply:
        regions = [region for region in stack.regions if region not in chosen.lost]

        def shows(shown: Event | None) -> bool:
            return shown is not None and shown.key >= event.key

        deadline = time.monotonic() + chosen.patience
        wait_until(stack, chosen.event_id, regions, shows, "received the event", deadline)
    return event


def _epochs(stack: Stack, chosen: argparse.Namespace, event: Event, source: str) -> Iterator[tuple[int, str]]:
    """The epochs and homes of an event's ledger entries, live and restored."""
    for region in {source, event.home_region} - set(chosen.lost):
        client = dynamo.client(region, attempts=4)
        for table in (stack.tables.sales, stack.tables.sales + RESTORED):
            for shard in event.every_shard():
                try:
                    for found in query(client, table, "event_shard", shard, "epoch, home_region"):
                        match dynamo.plain(found):
                            case {"epoch": int(epoch), "home_region": str(home)}:
                                yield epoch, home
                except ClientError as error:
                    if error.response["Error"]["Code"] != "ResourceNotFoundException":
                        raise
                    break


def _target(stack: Stack, table: str, event: Event, lost: Sequence[str]) -> str:
    """The Region to write to: the home, and for the audit trail a hub."""
    if table != "corrections":
        return event.home_region
    hub = next((region for region in stack.hubs if region not in lost), None)
    if hub is None:
        raise GivenUp("no hub is left: the audit trail is only there")
    return hub


def _put_back(stack: Stack, event: Event, table: str, source: str, target: str, *, apply: bool) -> None:
    """Put the items back that a table lacks."""
    restored = dynamo.client(source, attempts=4)
    live = dynamo.client(target, attempts=4)
    first, second = KEYS[table]
    lost = different = kept = 0
    for key in [event.event_id] if table == "corrections" else event.every_shard():
        there = {item[second]["S"]: item for item in query(live, stack.name(table), first, key)}
        for item in query(restored, stack.name(table) + RESTORED, first, key):
            if item[second]["S"] in there:
                different += item != there[item[second]["S"]] and table != "ticket-inventory"
            elif table == "ticket-inventory" and item.get("kind") != {"S": "withheld"}:
                kept += 1  # the ledger decides about it
            else:
                lost += 1
                if apply:
                    _put(live, stack.name(table), second, item)
    done = "put back" if apply else "to put back"
    print(f"{table} in {target}: {lost} {done}, {different} that differ and stay as they are.")
    if kept:
        print(f"{table}: {kept} sold seats of the restored table are not used, because the ledger decides.")


def _put(live: Any, table: str, key: str, item: dict[str, Any]) -> None:
    """Put an item as DynamoDB sent it, unless there is one.

    Seat maps keep the later of two versions of an inventory item.
    """
    if "version" in item:
        item = {**item, "version": dynamo.pack(int(time.time() * 1000))}
    conditional(
        live.put_item,
        TableName=table,
        Item=item,
        ConditionExpression=f"attribute_not_exists({key})",
    )


if __name__ == "__main__":
    sys.exit(main())
