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
longer than its timeout. So a move marks the event `moving`, waits until every Region
has seen that, waits for the lease and the timeout, waits until the new home has
everything that the old one has, repairs the new home's inventory from the ledger, and
only then sets the new home. To resume an interrupted move, run the same command again;
to abandon it, use `--cancel`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from console import GivenUp, Stack, options, run
from moves import POLL_SECONDS, announce, items_of, read, rebuild, settle_in, update, wait_until_heard

import dynamo
from events import Event

__all__ = ["main"]


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
    event, moving_to = read(stack, asked, chosen.event_id)
    # A single Region decides about moves, the home while it exists, so that no two moves can run at once.
    decider = asked if event.home_region in chosen.lost else event.home_region
    if decider != asked:
        event, moving_to = read(stack, decider, chosen.event_id)
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
    announce(stack, decider, event, chosen.to)
    heard = [region for region in stack.regions if region not in chosen.lost]
    deadline = time.monotonic() + chosen.patience
    wait_until_heard(stack, event, heard, deadline)
    print(f"No new sales start; waiting {stack.quiet_seconds} s for sales in progress.")
    time.sleep(stack.quiet_seconds)
    if decider != chosen.to:
        _wait_until_copied(stack, event, chosen.to, deadline)
    print(f"Inventory items repaired in {chosen.to}: {rebuild(stack, event, chosen.to)}.")
    settle_in(stack, decider, event, chosen.to)
    print(f"{event.event_id} is now sold in {chosen.to}.")


def _cancel(stack: Stack, decider: str, event: Event, *, apply: bool) -> None:
    """Resume sales at the old home.

    The new epoch prevents a concurrent run of this move from finishing.
    """
    if event.state != "moving":
        raise GivenUp(f"{event.event_id} is not moving")
    print(f"{event.event_id} keeps its home in {event.home_region}.")
    if apply:
        change = "SET epoch = :next, #state = resumes REMOVE moving_to, resumes"
        update(
            stack, decider, event, change, "#state = :moving", {":next": event.epoch + 1, ":moving": "moving"}
        )


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
    items = items_of(client, stack.tables.inventory, shard, "seat_id, sale_id")
    entries = items_of(client, stack.tables.sales, shard, "sale_id")
    return {("", entry["sale_id"]) for entry in entries} | {
        (item["seat_id"], item.get("sale_id", "")) for item in items
    }


if __name__ == "__main__":
    sys.exit(main())
