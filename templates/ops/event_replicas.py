"""An event as the Regions have it: each one's copy, the one that counts, and waiting until all have seen a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from console import GivenUp, Stack
from botocore.exceptions import ClientError

import dynamo
from events import Event, Malformed, read_event

__all__ = ["decided_in", "everywhere", "find", "here", "keys_of", "wait_until"]

POLL_SECONDS = 0.5


def decided_in(key: str) -> str:
    """The Region in which an epoch or a takeover is written."""
    return key.partition("@")[2].partition("/")[0]


def here(stack: Stack, region: str, event_id: str) -> Event | None:
    """The event as a Region has it now; None if it has none.

    Raises:
        Malformed: its items do not make an event.
    """
    return read_event(dynamo.client(region, attempts=4), stack.name("events"), event_id)


def everywhere(stack: Stack, event_id: str, lost: Sequence[str]) -> dict[str, Event | None]:
    """The event as each Region has it that is not lost.

    Raises:
        GivenUp: a Region does not answer.
    """
    regions = [region for region in stack.regions if region not in lost]

    def ask(region: str) -> Event | Exception | None:
        try:
            return here(stack, region, event_id)
        except Exception as error:
            if not _has_no_table(error) and not dynamo.unreachable(error):
                raise
            return error

    with ThreadPoolExecutor(len(regions)) as pool:
        found = dict(zip(regions, pool.map(ask, regions), strict=True))
    silent = [region for region, event in found.items() if isinstance(event, Exception)]
    missing = [region for region in silent if _has_no_table(found[region])]
    if missing:
        raise GivenUp(
            f"there is no table {stack.name('events')} in {', '.join(missing)}: apply the Region first, add --lost for"
            " it, or name the deployment with --suffix"
        )
    if silent:
        raise GivenUp(
            f"no answer from {', '.join(silent)}: try again, or name a Region that is lost with --lost"
        )
    return {region: event for region, event in found.items() if not isinstance(event, Exception)}


def _has_no_table(error: object) -> bool:
    """Whether the Region has no events table, because it was never applied."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return code == "ResourceNotFoundException"


def find(stack: Stack, event_id: str, lost: Sequence[str] = (), patience: float = 30) -> Event:
    """The event as its home has it, or, if the home is lost, as the Region that knows its newest epoch.

    Raises:
        GivenUp: no Region has it, or its home has not received its newest epoch in time.
    """
    deadline = time.monotonic() + patience
    while True:
        known = [event for event in everywhere(stack, event_id, lost).values() if event is not None]
        if not known:
            raise GivenUp(f"there is no event {event_id}")
        newest = max(known, key=lambda event: (event.key, event.changed_at))
        if newest.home_region in lost:
            return newest
        event = here(stack, newest.home_region, event_id)
        if event is not None and event.key >= newest.key and event.home_region == newest.home_region:
            return event
        if time.monotonic() > deadline:
            raise GivenUp(
                f"{newest.home_region} has not received its own epoch {newest.epoch} yet: try again later"
            )
        time.sleep(POLL_SECONDS)


def wait_until(
    stack: Stack,
    event_id: str,
    regions: Iterable[str],
    seen: Callable[[Event | None], bool],
    what: str,
    deadline: float,
    then: str = "run the command again",
) -> None:
    """Wait until every Region's replica shows something.

    Raises:
        GivenUp: one of them does not, by the deadline in `time.monotonic()` seconds.
    """
    waiting = list(regions)
    while waiting:
        try:
            if seen(here(stack, waiting[0], event_id)):
                waiting.pop(0)
                continue
        except Exception as error:  # no answer, or some items have not arrived
            if not isinstance(error, Malformed) and not dynamo.unreachable(error):
                raise
        if time.monotonic() > deadline:
            raise GivenUp(f"{waiting[0]} has not {what} yet: {then}")
        time.sleep(POLL_SECONDS)


def keys_of(client: dynamo.Client, table: str, event_id: str) -> list[str]:
    """The keys of all items of an event in a Region."""
    query = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :event",
        "ExpressionAttributeNames": {"#item": "item"},
        "ExpressionAttributeValues": {":event": {"S": event_id}},
        "ProjectionExpression": "#item",
        "ConsistentRead": True,
    }
    return [item["item"]["S"] for page in dynamo.pages(client.query, **query) for item in page["Items"]]
