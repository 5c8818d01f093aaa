"""Take over verification and analytics, for example after the primary Region is lost.

    python takeover.py --to us-west-2 --apply

The script writes one item in the Region that takes over, and does not call the other
Region: verification starts there with its next run. Analytics needs no switch, because
each of the two Regions fills its own, complete database from its own replica of the
ledger. The script lists the events whose home is the other Region; move them with
`move_home.py`. To switch back, run the same command with the other Region.
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
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("--to", metavar="REGION", required=True, help="Region that takes over")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if chosen.to not in stack.hubs:
        raise GivenUp(f"{chosen.to} runs no verification; choose {' or '.join(stack.hubs)}")
    client = dynamo.client(chosen.to, attempts=4)
    table = stack.name("events")
    control = dynamo.get(client, table, {"event_id": "control#active"}) or {}
    now = control.get("active_region", stack.primary_region)
    print(f"Verification and analytics: {now} -> {chosen.to}.")
    if chosen.apply:
        item = {"event_id": "control#active", "active_region": chosen.to}
        client.put_item(TableName=table, Item=dynamo.pack(item)["M"])
    print(f"Point reports at the cluster {stack.name('sales')} in {chosen.to}.")
    for event in every_event(client, table):
        if event.home_region == now != chosen.to and event.state != "closed":
            print(
                f"{event.event_id} is still sold in {now}. If that Region is lost, run:"
                f" move_home.py {event.event_id} --to {chosen.to} --lost {now} --apply"
            )


if __name__ == "__main__":
    sys.exit(main())
