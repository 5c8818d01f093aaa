"""Delete the items of an event, and then its seats.

First the event goes, so that nobody opens it while its withheld seats are deleted. The mark that stays names the home
and the shards, so that an interrupted deletion can be resumed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from console import GivenUp, Stack
from event_replicas import keys_of
from event_steps import check_of, key_of, put_new, write
from table_items import query

import dynamo
from dynamo import Step
from events import DELETED, LAYOUT, Event

__all__ = ["delete_seats", "deleted", "forget"]


def deleted(stack: Stack, event_id: str, lost: Sequence[str]) -> tuple[str, list[str]] | None:
    """The home and the shards of an event that was deleted; None if no Region shows that one was."""
    for region in [region for region in stack.regions if region not in lost]:
        client = dynamo.client(region, attempts=4)
        for item in query(client, stack.name("events"), "event_id", event_id):
            match dynamo.plain(item):
                case {"item": "deleted", "home_region": str(home), "shards": int(shards)} if home not in lost:
                    return home, [f"{event_id}#{shard}" for shard in range(shards)]
    return None


def delete_seats(stack: Stack, home: str, shards: Sequence[str], *, apply: bool) -> int:
    """Delete the inventory of an event, and return the number of its items."""
    client = dynamo.client(home, attempts=4)
    seats = 0
    for shard in shards:
        for item in query(client, stack.tables.inventory, "event_shard", shard, "event_shard, seat_id"):
            seats += 1
            if apply:
                client.delete_item(TableName=stack.tables.inventory, Key=item)
    return seats


def forget(stack: Stack, event: Event) -> None:
    """Delete the items of an archived event or of a draft, and leave a mark, so that its id is not used again.

    Raises:
        Refused: the event was changed concurrently.
        GivenUp: the event is neither, or whether it was deleted is unknown.
    """
    if event.state not in ("archived", "draft") or event.moving:
        raise GivenUp(f"{event.event_id} is {event.state}: only drafts and archived events can be deleted")
    client = dynamo.client(event.home_region, attempts=4)
    table = stack.name("events")
    state = f"{event.key}/state"
    others = [key for key in keys_of(client, table, event.event_id) if key not in (state, event.key, LAYOUT)]
    for key in others:  # of earlier epochs, which nobody changes any more
        client.delete_item(TableName=table, Key=dynamo.pack(key_of(event.event_id, key))["M"])

    def delete(item: str, condition: str, **values: Any) -> Step:
        check = check_of(stack, key_of(event.event_id, item), condition, **values).action["ConditionCheck"]
        if "#state" in condition:
            check["ExpressionAttributeNames"] = {"#state": "state"}
        return Step("delete", {"Delete": check})

    mark = {
        **key_of(event.event_id, DELETED),
        "created_at": int(time.time() * 1000),
        "home_region": event.home_region,
        "shards": event.shards,
    }
    same = (
        delete(state, "#state = :state", state=event.state)
        if event.saved
        else check_of(stack, key_of(event.event_id, state), "attribute_not_exists(event_id)")
    )
    gone = [delete(item, "attribute_exists(event_id)") for item in (event.key, LAYOUT)]
    write(event.home_region, [put_new(stack, mark), same, *gone])
