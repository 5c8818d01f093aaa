"""List the refunds of an event that nobody has confirmed, and confirm them.

    python refunds.py gala
    python refunds.py gala --refunded 1767225600000-0123456789abcdef-00 --apply

A sale that lost its seat is voided, and its refund is sent to the refunds queue. A queue
keeps a message for at most 14 days, so a refund that is not confirmed is sent again every
week. Its consumer deduplicates by sale ID. It confirms a refund by setting `refund` to
`refunded` in the corrections table of a hub (key: the event's ID and `refund#<sale ID>`),
or somebody does so with this script.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from console import GivenUp, Stack, lost_option, options, run

import corrections
import dynamo
from progress import read_progress

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("event_id", help="ID of the event")
    parser.add_argument(
        "--refunded",
        nargs="+",
        default=[],
        metavar="SALE_ID",
        help="sales whose buyers have their money back",
    )
    lost_option(parser, "do not call this Region; may be repeated")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    hub = next((region for region in stack.hubs if region not in chosen.lost), None)
    if hub is None:
        raise GivenUp("no hub is left: the audit trail is only there")
    client = dynamo.client(hub, attempts=4)
    table = stack.name("corrections")
    progress = read_progress(client, table, chosen.event_id)
    known = progress.refunds
    waiting = {sale_id: one for sale_id, one in known.items() if one.state in ("pending", "published")}
    for sale_id, refund in sorted(waiting.items(), key=lambda pair: pair[1].at):
        days = (time.time() * 1000 - refund.at) / 86_400_000
        print(f"{sale_id}: {refund.state} {days:.1f} days ago, seat {refund.seat_id}")
    print(f"Refunds that nobody has confirmed: {len(waiting)}.")
    for entry_id, fault in progress.malformed.items():
        if entry_id.startswith("refund#"):
            print(f"{entry_id} in {table} cannot be read, so its refund is unknown: {fault}")
    unknown = [sale_id for sale_id in chosen.refunded if sale_id not in known]
    if unknown:
        raise GivenUp(f"{chosen.event_id} has no refund of {', '.join(unknown)}")
    for sale_id in chosen.refunded:
        state = known[sale_id].state
        if state == "refunded":
            print(f"{sale_id}: confirmed before")
        elif state == "withdrawn":
            raise GivenUp(f"{sale_id} keeps its seat, so it has no refund")
        elif chosen.apply:
            key = corrections.refund_key(chosen.event_id, sale_id)
            if not corrections.set_refund(client, table, key, state, "refunded"):
                raise GivenUp(f"{sale_id} was changed concurrently: run the command again")
            print(f"{sale_id}: confirmed")
        else:
            print(f"{sale_id}: to confirm")


if __name__ == "__main__":
    sys.exit(main())
