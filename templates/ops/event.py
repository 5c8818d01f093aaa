"""Put events on sale, and take them through their life.

    python event.py create gala.yaml --apply
    python event.py withhold gala A-1..20 --reason "the band's guests" --apply
    python event.py open gala --apply
    python event.py close gala --apply
    python event.py archive gala --apply

An event is a draft until it is opened. Its states, and the steps between them:

    draft -> on_sale    open
    on_sale -> closed   close
    closed -> on_sale   open
    closed -> archived  archive: no more sales, corrections or moves
    draft, archived     delete: its seats and settings; its sales stay in the ledger

`extend` changes the end of the sale, `limit` how many seats a buyer may hold and buy, `admit`
how many buyers the queue admits, `withhold` and `release` change seats. Sections, seats,
prices and the number of shards never change once the event exists. Every step is one
conditional write in the event's home, so it does not matter where you run the script.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from console import GivenUp, Stack, run
from event_answers import Answer, at, facts, lines, shortened
from event_deletion import delete_seats, deleted, forget
from event_file import (
    MOST_LAYOUT_BYTES,
    MOST_PER_BUYER,
    NewEvent,
    layout_bytes,
    read_file,
    time_of,
    wrong_admission,
)
from event_options import add_arguments
from event_replicas import everywhere, find, wait_until
from event_steps import change, check_step, create
from table_items import query
from withheld_seats import count, release, seats_named, withhold

import dynamo
from events import ADMISSION, Event, every_event
from sale import SKEW_SECONDS

__all__ = ["main"]

PATIENCE_SECONDS = 60  # for replication, after a step was made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (work, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.set_defaults(work=work)
        add_arguments(command, name)
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> int | None:
    answer: Answer = chosen.work(stack, chosen)
    code = answer.pop("exit", None)
    if chosen.format == "json":
        if hasattr(chosen, "apply"):
            answer["applied"] = chosen.apply
        print(json.dumps(answer, indent=2, sort_keys=True))
    else:
        for line in lines(answer):
            print(line)
    return code


# --- before an event is there ----------------------------------------------------------------------------------------


def _read(stack: Stack, chosen: argparse.Namespace) -> tuple[NewEvent, Answer]:
    prices = {}
    for told in chosen.price:
        section, _, amount = told.partition("=")
        if not (amount.isascii() and amount.isdigit() and len(amount) < 16):
            raise GivenUp(f"--price {told}: write SECTION=AMOUNT, the amount in minor units")
        prices[section] = int(amount)
    given = {
        "event_id": chosen.event_id,
        "home": chosen.home,
        "currency": chosen.currency,
        "opens_at": _number(chosen.opens_at),
        "closes_at": _number(chosen.closes_at),
    }
    event = read_file(stack, chosen.file, given, prices)
    size = layout_bytes(event)
    if size > MOST_LAYOUT_BYTES:
        raise GivenUp(
            f"{chosen.file}: the {len(event.sections)} sections take {size:,} bytes; use at most {MOST_LAYOUT_BYTES:,}"
        )
    notes = []
    if event.seats > stack.seats_per_event:
        notes.append(
            f"the event has {event.seats:,} seats, but the stack is sized for {stack.seats_per_event:,}:"
            " raise seats_per_event in the spec first"
        )
    facts = {
        "event_id": event.event_id,
        "home": event.home,
        "currency": event.currency,
        "opens_at": at(event.opens_at),
        "closes_at": at(event.closes_at),
        **({"seats_per_buyer": event.seats_per_buyer} if event.seats_per_buyer else {}),
        **({"admitted_per_minute": event.admitted_per_minute} if event.admitted_per_minute else {}),
        "seats": event.seats,
        "shards": stack.event_shards,
        "sections": {s.name: f"{s.first} to {s.last} at {s.price}" for s in event.sections},
        "warnings": notes,
    }
    return event, facts


def _number(told: str | None) -> int | str | None:
    """An option's time: digits are epoch seconds."""
    short = told is not None and len(told) < 16  # more is no time
    return int(told) if told and short and told.isascii() and told.isdigit() else told


def _validate(stack: Stack, chosen: argparse.Namespace) -> Answer:
    return _read(stack, chosen)[1]


def _create(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event, facts = _read(stack, chosen)
    # One Region decides about all new events, so that an id cannot be used twice.
    decider = next((region for region in stack.hubs if region not in chosen.lost), None)
    if decider is None:
        raise GivenUp("no hub is left to create an event in")
    known = [region for region, found in everywhere(stack, event.event_id, chosen.lost).items() if found]
    if known:
        raise GivenUp(f"there is an event {event.event_id} in {', '.join(known)}")
    if chosen.apply:
        try:
            create(
                stack,
                decider,
                event.event_id,
                event.home,
                event.sections,
                event.currency,
                stack.event_shards,
                (event.opens_at, event.closes_at),
                event.seats_per_buyer,
                event.admitted_per_minute,
            )
        except dynamo.Refused:
            raise GivenUp(f"the ID {event.event_id} is in use, or was used before: choose another") from None
        _wait(stack, event.event_id, chosen, lambda shown: shown is not None, "received the event")
    return {**facts, "state": "draft"}


# --- its life --------------------------------------------------------------------------------------------------------


def _list(stack: Stack, chosen: argparse.Namespace) -> Answer:
    asked = next(region for region in stack.regions if region not in chosen.lost)
    events, malformed = every_event(dynamo.client(asked, attempts=4), stack.name("events"))
    listed: Answer = {
        event.event_id: facts(event) for event in sorted(events, key=lambda event: event.event_id)
    }
    if chosen.format == "json":
        return {"events": list(listed.values()), "malformed": malformed}
    shown = {
        name: f"{event['state']}, {event['home']}, {event['opens_at']} to {event['closes_at']}"
        for name, event in listed.items()
    }
    return {**(shown or {"events": "none"}), "malformed": malformed}


def _show(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    reader = next(region for region in (event.home_region, *stack.regions) if region not in chosen.lost)
    client = dynamo.client(reader, attempts=4)
    items = (
        item
        for shard in event.every_shard()
        for item in query(client, stack.tables.inventory, "event_shard", shard, "seat_id, sale_id")
    )
    counts = count(items)
    sections = {}
    for section in event.sections:
        taken = counts.get(section.name, {"sold": 0, "withheld": 0})
        seats = section.last - section.first + 1
        sections[section.name] = {
            "seats": f"{section.first} to {section.last}",
            "price": section.price,
            **taken,
            "available": seats - sum(taken.values()),
        }
    return {**facts(event), "currency": event.currency, "shards": event.shards, "sections": sections}


def _open(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    opens, closes = _time(chosen.at, event.opens_at), _time(chosen.until, event.closes_at)
    if opens != event.opens_at and event.state != "draft":
        raise GivenUp(f"{event.event_id} was open before, so its beginning cannot change any more")
    if closes <= max(opens, int(time.time())):
        raise GivenUp(
            f"its sale would end at {at(closes)}, which has passed or is before its beginning: use --until"
        )
    if event.state == "on_sale":
        raise GivenUp(f"{event.event_id} is on sale already")
    shown = everywhere(stack, event.event_id, chosen.lost)
    missing = [region for region, found in shown.items() if found is None or found.digest != event.digest]
    if missing:
        raise GivenUp(
            f"{', '.join(missing)} has not received the event as it is in {event.home_region}: try again later"
        )
    if event.admitted_per_minute:
        _need_key(stack, chosen)
    return _changed(stack, event, chosen, "on_sale", opens, closes)


def _close(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    if event.state == "closed":
        raise GivenUp(f"{event.event_id} is closed already")
    answer = _changed(stack, event, chosen, "closed", event.opens_at, event.closes_at)
    return {**answer, "note": f"sales in progress may end within {stack.quiet_seconds} s"}


def _extend(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    closes = _time(chosen.until, event.closes_at)
    if event.state == "archived":
        raise GivenUp(f"{event.event_id} is archived")
    if closes <= event.opens_at:
        raise GivenUp(f"--until {chosen.until} is before the beginning of the sale, {at(event.opens_at)}")
    return _changed(stack, event, chosen, event.state, event.opens_at, closes)


def _limit(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    if not 0 <= chosen.seats <= MOST_PER_BUYER:
        raise GivenUp(
            f"{chosen.seats} seats: write a number up to {MOST_PER_BUYER}, 0 for any number of seats"
        )
    if event.state == "archived":
        raise GivenUp(f"{event.event_id} is archived")
    if chosen.seats and not event.seats_per_buyer and event.state != "draft":
        raise GivenUp(
            f"{event.event_id} was on sale without a limit, so the seats that were sold are not counted: it cannot get"
            " one any more"
        )
    return _changed(stack, event, chosen, event.state, event.opens_at, event.closes_at, limit=chosen.seats)


def _admit(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    wrong = wrong_admission(stack, chosen.buyers)
    if wrong:
        raise GivenUp(wrong)
    if event.state == "archived":
        raise GivenUp(f"{event.event_id} is archived")
    if chosen.buyers and event.state != "draft":
        _need_key(stack, chosen)
    drawing = event.state == "on_sale" and time.time() < event.opens_at + SKEW_SECONDS
    if drawing and event.admitted_per_minute and chosen.buyers not in (0, event.admitted_per_minute):
        # The number of lines follows from the rate, and numbers were drawn in those of the old one.
        raise GivenUp(
            f"the order of {event.event_id}'s queue is being drawn, for {event.admitted_per_minute} buyers a minute:"
            f" change that after {at(event.opens_at)}, when the sale has opened"
        )
    return _changed(
        stack, event, chosen, event.state, event.opens_at, event.closes_at, admitted=chosen.buyers
    )


def _need_key(stack: Stack, chosen: argparse.Namespace) -> None:
    """Refuse to sell with a queue that could not sign its tickets."""
    asked = next(region for region in stack.regions if region not in chosen.lost)
    client = dynamo.client(asked, attempts=4)
    if not list(query(client, stack.name("events"), "event_id", ADMISSION, "event_id")):
        raise GivenUp("the queue has no key, so nobody could buy: run queue_keys.py create --apply first")


def _archive(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event = find(stack, chosen.event_id, chosen.lost)
    if event.moving:
        raise GivenUp(f"{event.event_id} is moving to {event.moving_to}: finish the move first")
    hub = next((region for region in stack.hubs if region not in chosen.lost), None)
    if hub is None:
        raise GivenUp("no hub is left to look refunds up in")
    trail = query(
        dynamo.client(hub, attempts=4),
        stack.name("corrections"),
        "event_id",
        event.event_id,
        "entry_id, refund",
    )
    open_refunds = [
        item["entry_id"]["S"].removeprefix("refund#")
        for item in trail
        if item["entry_id"]["S"].startswith("refund#")
        and item.get("refund", {}).get("S") not in ("refunded", "withdrawn")
    ]
    if open_refunds and not chosen.unconfirmed_refunds:
        raise GivenUp(
            f"refunds that nobody has confirmed: {shortened(open_refunds)}; see refunds.py, or add"
            " --unconfirmed-refunds"
        )
    return _changed(stack, event, chosen, "archived", event.opens_at, event.closes_at)


def _delete(stack: Stack, chosen: argparse.Namespace) -> Answer:
    begun = deleted(stack, chosen.event_id, chosen.lost)
    if begun:
        seats = delete_seats(stack, *begun, apply=chosen.apply)
        return {"event_id": chosen.event_id, "state": "deleted", "seats": seats}
    event = _decidable(stack, chosen)
    if event.state not in ("archived", "draft"):
        raise GivenUp(f"{event.event_id} is {event.state}: only drafts and archived events can be deleted")
    if event.moving:
        raise GivenUp(f"{event.event_id} is moving to {event.moving_to}: finish or cancel the move first")
    if chosen.apply:
        _refusable(event, lambda: forget(stack, event))
    seats = delete_seats(stack, event.home_region, event.every_shard(), apply=chosen.apply)
    return {"event_id": event.event_id, "state": "deleted", "seats": seats}


def _changed(
    stack: Stack,
    event: Event,
    chosen: argparse.Namespace,
    state: str,
    opens: int,
    closes: int,
    limit: int | None = None,
    admitted: int | None = None,
) -> Answer:
    """Make a step, and wait until every Region shows it."""
    _refuse_lost(event, chosen)
    most = event.seats_per_buyer if limit is None else limit
    rate = event.admitted_per_minute if admitted is None else admitted
    if chosen.apply:
        _refusable(event, lambda: change(stack, event, state, opens, closes, most, rate))
        wanted = state, opens, closes, most, rate

        def shows(shown: Event | None) -> bool:
            return shown is not None and (
                shown.key > event.key
                or (
                    shown.state,
                    shown.opens_at,
                    shown.closes_at,
                    shown.seats_per_buyer,
                    shown.admitted_per_minute,
                )
                == wanted
            )

        _wait(stack, event.event_id, chosen, shows, "seen the change")
    else:
        check_step(event, state)
    return {
        **facts(event),
        "state": state,
        "opens_at": at(opens),
        "closes_at": at(closes),
        **({"seats_per_buyer": most} if most or event.seats_per_buyer else {}),
        **({"admitted_per_minute": rate} if rate or event.admitted_per_minute else {}),
        "before": event.state,
    }


def _decidable(stack: Stack, chosen: argparse.Namespace) -> Event:
    """The event, whose home answers."""
    event = find(stack, chosen.event_id, chosen.lost)
    _refuse_lost(event, chosen)
    return event


def _refuse_lost(event: Event, chosen: argparse.Namespace) -> None:
    if event.home_region in chosen.lost:
        raise GivenUp(
            f"the home of {event.event_id} is {event.home_region}, which is --lost: move it with"
            f" move_home.py --lost {event.home_region} first"
        )


def _refusable(event: Event, step: Callable[[], None]) -> None:
    try:
        step()
    except dynamo.Refused:
        raise GivenUp(f"{event.event_id} was changed concurrently: run the command again") from None


def _wait(
    stack: Stack, event_id: str, chosen: argparse.Namespace, shows: Callable[[Event | None], bool], what: str
) -> None:
    regions = [region for region in stack.regions if region not in chosen.lost]
    deadline = time.monotonic() + PATIENCE_SECONDS
    wait_until(stack, event_id, regions, shows, what, deadline, "the step is made, so do not repeat it")


def _time(told: str | None, otherwise: int) -> int:
    if told is None:
        return otherwise
    try:
        return time_of(_number(told))
    except ValueError as error:
        raise GivenUp(f"{told}: {error}") from error


# --- its seats -------------------------------------------------------------------------------------------------------


def _withhold(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event, seats = _seats_of(stack, chosen)
    if not chosen.apply:
        return {"event_id": event.event_id, "to withhold": seats}
    told = withhold(stack, event, seats, chosen.reason)
    left = told.get("held") or told.get("sold")
    return {"event_id": event.event_id, **told, "exit": 1 if left else None}


def _release(stack: Stack, chosen: argparse.Namespace) -> Answer:
    event, seats = _seats_of(stack, chosen)
    if not chosen.apply:
        return {"event_id": event.event_id, "to release": seats}
    told = release(stack, event, seats)
    return {"event_id": event.event_id, **told, "exit": 1 if told.get("sold") else None}


def _seats_of(stack: Stack, chosen: argparse.Namespace) -> tuple[Event, list[str]]:
    event = _decidable(stack, chosen)
    if event.state == "archived" or event.moving:
        raise GivenUp(f"{event.event_id} is {'moving' if event.moving else 'archived'}")
    return event, seats_named(event, chosen.seats)


COMMANDS: Mapping[str, tuple[Callable[[Stack, argparse.Namespace], Answer], str]] = {
    "validate": (_validate, "check the file of an event, without calling AWS"),
    "create": (_create, "create an event as a draft, which is not on sale yet"),
    "list": (_list, "list all events"),
    "show": (_show, "show an event and how many seats of each section are taken"),
    "withhold": (_withhold, "withhold seats from sale"),
    "release": (_release, "release withheld seats"),
    "open": (_open, "put an event on sale, from the beginning of its sale window"),
    "close": (_close, "end the sale of an event"),
    "extend": (_extend, "change the end of the sale window"),
    "admit": (_admit, "change how many buyers the queue of an event admits"),
    "limit": (_limit, "change how many seats a buyer may hold and buy"),
    "archive": (_archive, "end an event: no more sales, corrections or moves"),
    "delete": (_delete, "delete a draft or an archived event; its sales stay in the ledger"),
}


if __name__ == "__main__":
    sys.exit(main())
