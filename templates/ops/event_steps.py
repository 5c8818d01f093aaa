"""The steps of an event's life, each as one conditional write in the Region that decides about it.

That Region is the event's home; for a takeover, after which the old home is lost, it is the new home. An item of an
event is written in a single Region for as long as it exists (see `events`), so a condition decides for all Regions, and
a Region that was cut off cannot undo what was decided without it:

- an epoch's state is only changed in that epoch's home, and no longer once a next epoch is written there;
- a finished and a cancelled move both need the id of the move in the state, so only one of the two happens;
- a takeover's epoch is greater than any that the lost Region can reach, and two takeovers see each other's announcement
  before either ends.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from console import GivenUp, Stack
from event_replicas import decided_in, keys_of

import dynamo
from dynamo import Item, Step
from events import (
    DELETED,
    LAYOUT,
    MOVES_PER_TAKEOVER,
    STATES,
    Event,
    Section,
    digest_of,
    epoch_key,
)

__all__ = [
    "STEPS", "announce", "announce_takeover", "cancel", "change", "check_of", "check_step", "create", "finish",
    "key_of", "not_moving", "put_new", "withdraw", "write",
]  # fmt: skip

SECONDS = 20.0  # for a write with all its attempts

STEPS: Mapping[str, tuple[str, ...]] = {
    "draft": ("on_sale",),
    "on_sale": ("closed",),
    "closed": ("on_sale", "archived"),
    "archived": (),
}
"""The states that may follow each state."""
assert STEPS.keys() == set(STATES)


def write(region: str, steps: Sequence[Step]) -> None:
    """Commit a transaction in a Region.

    Raises:
        Refused: a condition failed.
        GivenUp: whether it was written is unknown.
    """
    deadline = time.monotonic() + SECONDS
    try:
        dynamo.transact(dynamo.client(region), steps, fresh=lambda: True, deadline=deadline)
    except (dynamo.Busy, dynamo.Unreachable) as error:
        raise GivenUp(
            f"{region} did not answer, so it is unknown whether the change was made: run the command again"
        ) from error


def key_of(event_id: str, item: str) -> Item:
    """The key of an item of an event."""
    return {"event_id": event_id, "item": item}


def put_new(stack: Stack, item: Item) -> Step:
    """Put an item that does not exist."""
    put = {
        "TableName": stack.name("events"),
        "Item": dynamo.pack(item)["M"],
        "ConditionExpression": "attribute_not_exists(event_id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return Step("new", {"Put": put})


def check_of(stack: Stack, key: Item, condition: str, **values: Any) -> Step:
    """Check a condition on an item of the events table."""
    check = {
        "TableName": stack.name("events"),
        "Key": dynamo.pack(key)["M"],
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if values:
        check["ExpressionAttributeValues"] = dynamo.pack(
            {f":{name}": value for name, value in values.items()}
        )["M"]
    return Step("check", {"ConditionCheck": check})


def _swap(stack: Stack, event: Event, **changes: Any) -> Step:
    """Replace the state of the event's epoch, if it is still as it was read and no epoch has followed.

    `changes` are attributes of the state; None removes one.
    """
    told = {
        "state": event.state,
        "opens_at": event.opens_at,
        "closes_at": event.closes_at,
        "seats_per_buyer": event.seats_per_buyer or None,
        "admitted_per_minute": event.admitted_per_minute or None,
        "changed_at": max(int(time.time() * 1000), event.changed_at + 1),  # never the same again
    }
    if event.move_id and not event.takeovers:
        told |= {"moving_to": event.moving_to, "move_id": event.move_id}
    item = {
        **key_of(event.event_id, f"{event.key}/state"),
        **{name: value for name, value in {**told, **changes}.items() if value is not None},
    }
    put: dict[str, Any] = {
        "TableName": stack.name("events"),
        "Item": dynamo.pack(item)["M"],
        "ConditionExpression": "attribute_not_exists(event_id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if event.saved:
        put |= {
            "ConditionExpression": "changed_at = :seen AND attribute_not_exists(#next)",
            "ExpressionAttributeNames": {"#next": "next"},
            "ExpressionAttributeValues": {":seen": {"N": str(event.changed_at)}},
        }
    return Step("state", {"Put": put})


def _epoch_item(event: Event, number: int, decided_in: str, home: str) -> Item:
    return {
        **key_of(event.event_id, epoch_key(number, decided_in)),
        "epoch": number,
        "home_region": home,
        "layout_digest": event.digest,
        "state": event.state,
        "opens_at": event.opens_at,
        "closes_at": event.closes_at,
        **_options(event.seats_per_buyer, event.admitted_per_minute),
        "move_id": event.move_id,
        "created_at": int(time.time() * 1000),
    }


def create(
    stack: Stack,
    region: str,
    event_id: str,
    home: str,
    sections: Sequence[Section],
    currency: str,
    shards: int,
    window: tuple[int, int],
    seats_per_buyer: int = 0,
    admitted_per_minute: int = 0,
) -> None:
    """Create an event as a draft.

    `region` decides whether the id is new. It is the same Region for all events, so two creations cannot both succeed.

    Raises:
        Refused: there is an event with this id, or there was.
    """
    now = int(time.time() * 1000)
    parts = [{"name": s.name, "first": s.first, "last": s.last, "price": s.price} for s in sections]
    layout = {"sections": parts, "currency": currency, "shards": shards, "created_at": now}
    epoch = {
        **key_of(event_id, epoch_key(1, region)),
        "epoch": 1,
        "home_region": home,
        "layout_digest": digest_of(sections, currency, shards),
        "state": "draft",
        "opens_at": window[0],
        "closes_at": window[1],
        **_options(seats_per_buyer, admitted_per_minute),
        "created_at": now,
    }
    never = check_of(stack, key_of(event_id, DELETED), "attribute_not_exists(event_id)")
    write(region, [put_new(stack, {**key_of(event_id, LAYOUT), **layout}), put_new(stack, epoch), never])


def _options(seats_per_buyer: int, admitted_per_minute: int) -> Item:
    options = {"seats_per_buyer": seats_per_buyer, "admitted_per_minute": admitted_per_minute}
    return {name: value for name, value in options.items() if value}


def change(
    stack: Stack, event: Event, state: str, opens_at: int, closes_at: int, limit: int, admitted: int
) -> None:
    """Change the state, the sale window, the limit of seats per buyer or the queue, also during a planned move.

    Raises:
        Refused: it was changed concurrently, or the event has moved.
        GivenUp: the step is illegal, or whether it was made is unknown.
    """
    check_step(event, state)
    if state == "archived" and event.moving:
        raise GivenUp(f"{event.event_id} is moving to {event.moving_to}: finish the move first")
    swap = _swap(
        stack,
        event,
        state=state,
        opens_at=opens_at,
        closes_at=closes_at,
        seats_per_buyer=limit or None,
        admitted_per_minute=admitted or None,
    )
    write(event.home_region, [swap, _present(stack, event)])


def not_moving(stack: Stack, event: Event) -> list[Step]:
    """Checks for a transaction in the home: the event is still there, and not about to leave."""
    state = key_of(event.event_id, f"{event.key}/state")
    here_to_stay = "attribute_not_exists(move_id) AND attribute_not_exists(#next)"
    check = check_of(stack, state, here_to_stay)
    check.action["ConditionCheck"]["ExpressionAttributeNames"] = {"#next": "next"}
    return [check, _present(stack, event)]


def check_step(event: Event, state: str) -> None:
    """Check that the event may get a state.

    Raises:
        GivenUp: it may not.
    """
    if state != event.state and state not in STEPS[event.state]:
        follow = ", ".join(STEPS[event.state]) or "nothing"
        raise GivenUp(f"{event.event_id} is {event.state}, after which comes {follow}, but not {state}")
    if event.takeovers:
        raise GivenUp(
            f"{event.event_id} is being taken over by {event.moving_to}: finish or cancel that first"
        )


def _present(stack: Stack, event: Event) -> Step:
    """Its newest epoch has arrived where the transaction is made."""
    return check_of(stack, key_of(event.event_id, event.key), "attribute_exists(event_id)")


def announce(stack: Stack, event: Event, target: str) -> str:
    """Announce a move to a new home, and return the move's id.

    Raises:
        Refused: another move was announced, or the event was changed concurrently.
        GivenUp: whether it was announced is unknown.
    """
    if (event.epoch + 1) % MOVES_PER_TAKEOVER == 0:
        raise GivenUp(
            f"{event.event_id} has moved {event.epoch % MOVES_PER_TAKEOVER} times, which is the most"
        )
    move_id = secrets.token_hex(8)
    swap = _swap(stack, event, moving_to=target, move_id=move_id)
    write(event.home_region, [swap, _present(stack, event)])
    return move_id


def announce_takeover(stack: Stack, event: Event, target: str, lost: Sequence[str]) -> str:
    """Announce that a Region takes over an event whose home is lost, and return the announcement's key.

    Raises:
        Refused: the same takeover was announced concurrently.
        GivenUp: whether it was announced is unknown.
    """
    client = dynamo.client(target, attempts=4)
    keys = [key for key in keys_of(client, stack.name("events"), event.event_id) if key.startswith("epoch#")]
    newest = max(event.epoch, *(int(key[6:18]) for key in keys))
    key = epoch_key((newest // MOVES_PER_TAKEOVER + 1) * MOVES_PER_TAKEOVER, target)
    item = {
        **key_of(event.event_id, f"{key}/takeover"),
        "home_region": target,
        "move_id": secrets.token_hex(8),
        "lost": list(lost),
        "created_at": int(time.time() * 1000),
    }
    write(target, [put_new(stack, item)])
    return f"{key}/takeover"


def finish(stack: Stack, event: Event) -> None:
    """Finish the move of `event`, which is under way, with the state that the event has.

    Raises:
        Refused: it was finished or cancelled, or the state was changed concurrently.
        GivenUp: whether it was finished is unknown.
    """
    if event.takeovers:
        takeover = event.takeovers[-1]
        key = takeover.removesuffix("/takeover")
        announced = check_of(
            stack,
            key_of(event.event_id, takeover),
            "move_id = :move AND attribute_not_exists(withdrawn)",
            move=event.move_id,
        )
        epoch = _epoch_item(event, int(key[6:18]), event.moving_to, event.moving_to)
        write(event.moving_to, [announced, put_new(stack, epoch)])
        return
    epoch = _epoch_item(event, event.epoch + 1, event.home_region, event.moving_to)
    write(event.home_region, [_swap(stack, event, next=epoch["item"]), put_new(stack, epoch)])


def cancel(stack: Stack, event: Event, lost: Sequence[str] = ()) -> None:
    """Cancel the move of `event`, which is under way: it keeps its home and its epoch.

    Takeovers by Regions that are lost are left: the next epoch exceeds them.

    Raises:
        Refused: it was finished, or cancelled before.
        GivenUp: whether it was cancelled is unknown.
    """
    if not event.takeovers:
        write(event.home_region, [_swap(stack, event, moving_to=None, move_id=None)])
        return
    ours = [takeover for takeover in event.takeovers if decided_in(takeover) not in lost]
    if not ours:
        raise GivenUp(
            f"{event.event_id} is being taken over by {event.moving_to}, which is lost: take it over again instead"
        )
    for takeover in ours:
        withdraw(stack, event.event_id, takeover)


def withdraw(stack: Stack, event_id: str, takeover: str) -> None:
    """Withdraw the announcement of a takeover, by its key.

    Raises:
        Refused: the takeover was finished, or withdrawn before.
        GivenUp: whether it was withdrawn is unknown.
    """
    target, key = decided_in(takeover), key_of(event_id, takeover)
    announced = dynamo.get(dynamo.client(target, attempts=4), stack.name("events"), key) or key
    put = {
        "TableName": stack.name("events"),
        "Item": dynamo.pack({**announced, "withdrawn": True})["M"],
        "ConditionExpression": "attribute_exists(move_id) AND attribute_not_exists(withdrawn)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    epoch = key_of(event_id, takeover.removesuffix("/takeover"))
    unfinished = check_of(stack, epoch, "attribute_not_exists(event_id)")
    write(target, [Step("takeover", {"Put": put}), unfinished])
