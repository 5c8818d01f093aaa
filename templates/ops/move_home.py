"""Move an event's home to another Region, which then sells all its seats.

Planned move, while the old home is healthy: sales of the event stop for about half a
minute, and no seat can be sold twice.

    python move_home.py gala --to eu-west-1 --apply

Failover, after the old home is lost: the script neither calls it nor waits for it.
Seats that it sold but had not replicated may be sold again. When it returns, the
verifier finds them: the sale of the newer epoch keeps the seat, and the other is
refunded. Whatever is written in the lost Region meanwhile, the event stays in its new
home.

    python move_home.py gala --to eu-west-1 --lost us-east-1 --apply

All events of a Region, side by side:

    python move_home.py --all-from us-east-1 --to eu-west-1 --apply

An event that is closed stays closed. To resume an interrupted move, run the same command
again; to abandon it, use `--cancel`, with the same `--lost`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from console import GivenUp, Stack, lost_option, options, run
from botocore.exceptions import BotoCoreError, ClientError
from event_replicas import find
from home_copy import HomeCopy, settled_before
from moves import cancel_move, complete, stop_sales

import dynamo
from events import Malformed, every_event

__all__ = ["main"]

SIDE_BY_SIDE = 32  # moves at a time: each mostly waits


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("event_id", nargs="?", help="ID of the event")
    parser.add_argument("--all-from", metavar="REGION", help="move all events whose home is this Region")
    parser.add_argument("--to", metavar="REGION", help="Region of the new home")
    lost_option(parser, "do not call this Region, nor wait for it; may be repeated")
    parser.add_argument("--cancel", action="store_true", help="abandon an unfinished move; the home stays")
    parser.add_argument(
        "--patience", type=float, default=600, help="seconds to wait for replication (default: 600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> int | None:
    if (chosen.to is None) != chosen.cancel:
        raise GivenUp("give either --to REGION or --cancel")
    if (chosen.event_id is None) == (chosen.all_from is None):
        raise GivenUp("give either the ID of an event or --all-from REGION")
    if chosen.to is not None and chosen.to == chosen.all_from:
        raise GivenUp(f"--all-from and --to are both {chosen.to}")
    if chosen.event_id is not None:
        _one(stack, chosen, chosen.event_id, print)
        return None
    names = _events_of(stack, chosen)
    print(f"Events with their home in {chosen.all_from}: {len(names)}.")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        failed = sum(pool.map(lambda event_id: _isolated(stack, chosen, event_id), names))
    if failed:
        raise GivenUp(f"events that have not moved: {failed} of {len(names)}; run the same command again")
    return None


def _events_of(stack: Stack, chosen: argparse.Namespace) -> list[str]:
    """The IDs of the events whose home is the Region that is to be left, and of those that are leaving it."""
    asked = next(region for region in stack.regions if region not in chosen.lost)
    events, malformed = every_event(dynamo.client(asked, attempts=4), stack.name("events"))
    for event_id, fault in malformed.items():
        print(f"{event_id} is left, because it cannot be read: {fault}")
    return [
        event.event_id
        for event in events
        if event.home_region == chosen.all_from and event.state != "archived"
    ]


def _isolated(stack: Stack, chosen: argparse.Namespace, event_id: str) -> bool:
    """Move one of several events, and return whether it failed."""
    try:
        _one(stack, chosen, event_id, lambda text: print(f"{event_id}: {text.removeprefix(f'{event_id}: ')}"))
    except (GivenUp, BotoCoreError, ClientError, Malformed) as error:
        print(f"{event_id}: stopped: {error}")
        return True
    return False


def _one(stack: Stack, chosen: argparse.Namespace, event_id: str, say: Callable[[str], None]) -> None:
    if chosen.cancel:
        cancel_move(stack, event_id, chosen.lost, apply=chosen.apply)
        return
    event, target = find(stack, event_id, chosen.lost), chosen.to
    takeover = event.home_region in chosen.lost
    if event.home_region == target and not event.moving:
        say(f"{event_id} already has its home in {target}, epoch {event.epoch}.")
        return
    if event.state == "archived":
        raise GivenUp(f"{event_id} is archived, so it does not move any more")
    say(f"{event_id}: {event.home_region} -> {target}, from epoch {event.epoch}, {event.state}")
    if not chosen.apply:
        say(f"Sales would stop for about {stack.quiet_seconds + 3} s.")
        return
    deadline = time.monotonic() + chosen.patience
    source = None if takeover or event.home_region == target else event.home_region
    copy = HomeCopy(stack, event, source, target, deadline)
    if source is not None and not event.moving:  # what was sold before is read while sales go on
        say(f"Reading the sales of {event_id} in {source} and {target}; nothing stops meanwhile.")
        copy.prepare(settled_before(stack, time.time()))
        copy.deadline = deadline = time.monotonic() + chosen.patience
    event = stop_sales(stack, event, target, chosen.lost, deadline)
    say(f"No new sales start; waiting {stack.quiet_seconds} s for sales in progress.")
    quiet = time.monotonic() + stack.quiet_seconds
    copy.prepare(settled_before(stack, time.time()))
    time.sleep(max(0.0, quiet - time.monotonic()))
    say(f"Inventory items repaired in {target}: {copy.complete()}.")
    moved = complete(stack, event, chosen.lost, deadline)
    say(f"{event_id} has its home in {moved.home_region} now, epoch {moved.epoch}, {moved.state}.")


if __name__ == "__main__":
    sys.exit(main())
