"""Show, create and replace the keys that sign the tickets of queues.

    python queue_keys.py show
    python queue_keys.py create --apply     once, before the first event with a queue opens
    python queue_keys.py rotate --apply     regularly: tickets of the old key stay valid
    python queue_keys.py revoke --apply     after a key has leaked: all tickets become invalid

The keys are items of the events table, so every Region checks the tickets of any other, also
of one that is lost. The new key of `rotate` signs after two minutes, when every Region has it;
those of `create` and `revoke` sign at once. `rotate` keeps the key that has signed until then,
and deletes older ones: run it only when nobody waits with a ticket of those. After `revoke`,
buyers who are signed in get their place again by asking for it; with `api.auth: none`,
everybody goes to the end of the queue.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from console import GivenUp, Stack, lost_option, options, run
from table_items import query

import dynamo
from admission_keys import KEY, keys_in
from events import ADMISSION

__all__ = ["main"]

BEGINS_AFTER_SECONDS = 120  # longer than replication and the lease of the functions
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument("step", choices=("show", "create", "rotate", "revoke"), help="what to do")
    lost_option(parser, "do not call this Region; may be repeated")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    if not stack.admitted_per_minute:
        raise GivenUp("the stack has no queues: set admission in the spec first")
    regions = [region for region in stack.regions if region not in chosen.lost]
    writer = next((region for region in stack.hubs if region in regions), regions[0])
    known = _keys(stack, writer)
    now = int(time.time())
    for key_id, since in sorted(known.items(), key=lambda key: key[1]):
        print(f"{key_id} signs from {datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M:%S} UTC on.")
    if chosen.step == "show":
        chosen.apply = True  # there is nothing to change
        if not known:
            print("There is no key: run `queue_keys.py create --apply`.")
        return
    if chosen.step == "create" and known:
        raise GivenUp("there is a key already: use rotate, or revoke if it has leaked")
    if chosen.step != "create" and not known:
        raise GivenUp("there is no key: use create")
    begun = {key_id: since for key_id, since in known.items() if since <= now}
    if chosen.step == "rotate" and len(begun) < len(known):
        raise GivenUp("the last key has not begun to sign: try again in two minutes")
    kept = max(begun, key=lambda key_id: (begun[key_id], key_id)) if chosen.step == "rotate" else ""
    old = sorted(known.keys() - {kept})
    print(f"A new key {'replaces ' + ', '.join(old) if old else 'is added'}.")
    if not chosen.apply:
        return
    new = secrets.token_hex(4)
    since = now + (BEGINS_AFTER_SECONDS if chosen.step == "rotate" else 0)
    table = stack.name("events")
    client = dynamo.client(writer, attempts=4)
    key = {
        "event_id": ADMISSION,
        "item": f"{KEY}{new}",
        "secret": secrets.token_hex(32),
        "signs_from": since,
        "created_at": int(time.time() * 1000),
    }
    client.put_item(TableName=table, Item=dynamo.pack(key)["M"])
    for key_id in old:
        item = dynamo.pack({"event_id": ADMISSION, "item": f"{KEY}{key_id}"})["M"]
        client.delete_item(TableName=table, Key=item)
    deadline = time.monotonic() + PATIENCE_SECONDS
    for region in regions:
        while new not in (there := _keys(stack, region)) or not there.keys().isdisjoint(old):
            if time.monotonic() > deadline:
                raise GivenUp(f"{region} does not show the key yet; it is made, so do not repeat the step")
            time.sleep(POLL_SECONDS)
    print(f"{new} signs from {datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M:%S} UTC on.")


def _keys(stack: Stack, region: str) -> dict[str, int]:
    """The keys in a Region: when each begins to sign."""
    items = query(dynamo.client(region, attempts=4), stack.name("events"), "event_id", ADMISSION)
    plain = [item for found in items if isinstance(item := dynamo.plain(found), dict)]
    return {key_id: since for key_id, (since, _) in keys_in(plain).items()}


if __name__ == "__main__":
    sys.exit(main())
