"""Lets the other hub take analytics and verification over, as when the primary Region is lost.

    python takeover.py --to us-west-2 --apply

It writes one item, in the Region that takes over, and asks nothing of the other: within ten seconds the
verification there goes to work. Analytics needs no switch: each hub streams its own replica of the ledger into
a database of its own, complete by itself. Events whose home is lost are named; `move_home.py` moves them.
The same command with the other Region takes it all back.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from console import GivenUp, Stack, options, run

import dynamo
from events import every_event

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("--to", metavar="REGION", required=True, help="the Region that takes over")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if chosen.to not in stack.hubs:
        raise GivenUp(f"only {' and '.join(stack.hubs)} have analytics and verification")
    client, table = dynamo.client(chosen.to, attempts=4), stack.name("events")
    control = dynamo.get(client, table, {"event_id": "control#active"}) or {}
    now = control.get("active_region", stack.primary_region)
    print(f"Verification and analytics: {now} -> {chosen.to}.")
    if chosen.apply:
        item = {"event_id": "control#active", "active_region": chosen.to}
        client.put_item(TableName=table, Item=dynamo.pack(item)["M"])
    print(f"Reports now read the cluster {stack.name('sales')} in {chosen.to}.")
    for event in every_event(client, table):
        if event.home_region == now != chosen.to and event.state != "closed":
            print(
                f"{event.event_id} is still sold in {now}. If that Region is lost:"
                f" move_home.py {event.event_id} --to {chosen.to} --lost {now} --apply"
            )


if __name__ == "__main__":
    sys.exit(main())
