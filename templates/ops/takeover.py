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

from console import GivenUp, Stack, lost_option, options, run

import dynamo
import heartbeat
from events import every_event

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("--to", metavar="REGION", required=True, help="Region that takes over")
    lost_option(parser, "Region that is lost; may be repeated. Its events are listed, too")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if chosen.to not in stack.hubs:
        raise GivenUp(f"{chosen.to} runs no verification; choose {' or '.join(stack.hubs)}")
    client = dynamo.client(chosen.to, attempts=4)
    table = stack.name("events")
    control = dynamo.get(client, table, heartbeat.ACTIVE) or {}
    now = control.get("active_region", stack.primary_region)
    print(f"Verification and analytics: {now} -> {chosen.to}.")
    if chosen.apply:
        item = {**heartbeat.ACTIVE, "active_region": chosen.to}
        client.put_item(TableName=table, Item=dynamo.pack(item)["M"])
    print(f"Point reports at the cluster {stack.name('sales')} in {chosen.to}.")
    events, malformed = every_event(client, table)
    for event_id, fault in malformed.items():
        print(f"{event_id} cannot be read, so nothing is known of its home: {fault}")
    suffix = f" --suffix {chosen.suffix}" if chosen.suffix else ""
    for home in {*stack.hubs, *chosen.lost} - {chosen.to}:  # also after it was taken over
        left = [event.event_id for event in events if event.home_region == home and event.state != "archived"]
        if left:
            print(f"Events that still have their home in {home}: {', '.join(sorted(left))}.")
            print(
                f"If that Region is lost, run: move_home.py --all-from {home} --to {chosen.to} --lost {home}"
                f"{suffix} --apply"
            )


if __name__ == "__main__":
    sys.exit(main())
