"""The steps of a move of an event's home, which a restore shares: sales stop, and the event gets a new epoch.

A function sells from a cached copy of the event that is at most one lease old, and runs no longer than its timeout. So
a move announces itself, waits until every Region has seen that, and waits for the lease and the timeout. Then nothing
is sold until the new epoch arrives, or the move is cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from console import GivenUp, Stack
from event_replicas import decided_in, find, wait_until
from event_steps import announce, announce_takeover, cancel, finish, withdraw

import dynamo
from events import Event

__all__ = ["cancel_move", "complete", "stop_sales"]


def stop_sales(stack: Stack, event: Event, target: str, lost: Sequence[str], deadline: float) -> Event:
    """Announce a move, or resume one, and wait until every Region has seen it; return the event as it is then.

    The wait for sales in progress is up to the caller.

    Raises:
        GivenUp: another move is under way, or a Region has not seen it by the deadline.
    """
    takeover = event.home_region in lost
    _refuse_rivals(event, target, lost, takeover=takeover)
    try:
        if not takeover:
            mine = event.move_id or announce(stack, event, target)
        elif event.takeovers and decided_in(event.takeovers[-1]) == target:
            mine = event.takeovers[-1]
        else:
            mine = announce_takeover(stack, event, target, lost)
    except dynamo.Refused as error:
        raise GivenUp(f"{event.event_id} was changed concurrently: run the command again") from error
    regions = [region for region in stack.regions if region not in lost]

    def seen(shown: Event | None) -> bool:
        return shown is not None and (shown.key > event.key or mine in (shown.move_id, *shown.takeovers))

    wait_until(stack, event.event_id, regions, seen, "seen the move", deadline)
    now = find(stack, event.event_id, lost)
    try:
        _refuse_rivals(now, target, lost, takeover=takeover)
        if now.key != event.key or mine not in (now.move_id, *now.takeovers):
            raise GivenUp(f"{event.event_id} has moved, or its move was cancelled: run the command again")
    except GivenUp:
        if takeover:  # an announcement that nobody follows would keep the event from being sold
            with suppress(dynamo.Refused):
                withdraw(stack, event.event_id, mine)
        raise
    return now


def _refuse_rivals(event: Event, target: str, lost: Sequence[str], *, takeover: bool) -> None:
    """Refuse a move while another one is under way, unless a Region that is lost has announced it."""
    rivals = [decided_in(key) for key in event.takeovers if decided_in(key) not in (lost if takeover else ())]
    if takeover:
        rivals = [region for region in rivals if region != target]
    elif event.moving and not event.takeovers and event.moving_to != target:
        rivals = [event.moving_to]
    if rivals:
        raise GivenUp(
            f"{event.event_id} is moving to {', '.join(rivals)}: finish that move, or --cancel it first"
        )


def complete(stack: Stack, moving: Event, lost: Sequence[str], deadline: float) -> Event:
    """Finish a move after the wait, and return the event in its new epoch.

    Raises:
        GivenUp: it was cancelled, or the new home has not received its epoch by the deadline.
    """
    now = moving
    while now.key == moving.key:
        if now.move_id != moving.move_id:
            if moving.takeovers:
                with suppress(dynamo.Refused):
                    withdraw(stack, moving.event_id, moving.takeovers[-1])
            raise GivenUp(f"the move of {moving.event_id} was cancelled: its home is {now.home_region}")
        # Refused: it was finished by another run or cancelled, or the event was opened, closed or extended.
        with suppress(dynamo.Refused):
            finish(stack, now)
        now = find(stack, moving.event_id, lost, patience=deadline - time.monotonic())
    if now.takeovers:
        raise GivenUp(
            f"{now.event_id} has its home in {now.home_region}, but is not sold, because {now.moving_to} has announced"
            " a takeover: abandon that with --cancel"
        )
    return now


def cancel_move(stack: Stack, event_id: str, lost: Sequence[str], *, apply: bool) -> None:
    """Cancel an unfinished move: the event keeps its home.

    Raises:
        GivenUp: no move is under way, or it was finished meanwhile.
    """
    event = find(stack, event_id, lost)
    if not event.moving:
        raise GivenUp(f"{event_id} is not moving: its home is {event.home_region}, epoch {event.epoch}")
    print(f"{event_id} keeps its home in {event.home_region}, epoch {event.epoch}, and stays {event.state}.")
    now = event
    while apply and now.moving:
        try:
            cancel(stack, now, lost)
            return
        except dynamo.Refused:  # it was finished or cancelled, or the event was opened, closed or extended
            now = find(stack, event_id, lost)
    if apply and now.key != event.key:
        raise GivenUp(
            f"nothing was cancelled: {event_id} has its home in {now.home_region}, epoch {now.epoch}"
        )
