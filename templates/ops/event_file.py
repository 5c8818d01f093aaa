"""Read a new event from a YAML, JSON or CSV file, and check it.

YAML and JSON hold the whole event; a CSV file holds its sections, with the columns section, first, last and price, and
options of the command the rest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from console import GivenUp, Stack

from dynamo import pack
from events import EVENT_ID, MOST_ADMITTED, Malformed, Section, sections_in

__all__ = [
    "LAST_SECOND",
    "MOST_LAYOUT_BYTES",
    "MOST_PER_BUYER",
    "NewEvent",
    "layout_bytes",
    "read_file",
    "time_of",
    "wrong_admission",
]

NAMES = (
    "event_id",
    "home",
    "currency",
    "opens_at",
    "closes_at",
    "seats_per_buyer",
    "admitted_per_minute",
    "sections",
)
MOST_BYTES = 1_000_000
MOST_PER_BUYER = (
    100  # each of these seats may be a hold of its own in the buyer's item, which has to stay small
)
FIRST_SECOND = 946_684_800  # the year 2000: a smaller number is a date without separators, such as 20270501
LAST_SECOND = 253_402_300_799  # the last that a calendar has, in the year 9999
# Each seller reads the layout every few seconds, and 4 KB cost one read unit.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/provisioned-capacity-mode.html
MOST_LAYOUT_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as its file describes it; times are in epoch seconds, prices in minor units.

    `seats_per_buyer` is 0 for any number, `admitted_per_minute` 0 for no queue.
    """

    event_id: str
    home: str
    currency: str
    opens_at: int
    closes_at: int
    sections: tuple[Section, ...]
    seats_per_buyer: int
    admitted_per_minute: int

    @property
    def seats(self) -> int:
        """The number of its seats."""
        return sum(section.last - section.first + 1 for section in self.sections)


def read_file(stack: Stack, path: Path, options: Mapping[str, Any], prices: Mapping[str, int]) -> NewEvent:
    """Read and check a file; `options` and `prices` (by section) win over it.

    Raises:
        GivenUp: it cannot be read, or describes no event; the text lists everything that is wrong.
    """
    told = _loaded(path)
    if not isinstance(told, dict):
        raise GivenUp(f"{path} does not hold an event: a mapping with {', '.join(NAMES)}")
    told = {**told, **{name: value for name, value in options.items() if value is not None}}
    wrong = [f"{name} is unknown; known are {', '.join(NAMES)}" for name in told.keys() - set(NAMES)]
    sections = _sections(told.get("sections"), prices, wrong)
    event_id, home = told.get("event_id"), told.get("home", stack.primary_region)
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        wrong.append(f"event_id is {event_id!r}; use up to 64 letters, digits, - and _")
    if home not in stack.regions:
        wrong.append(f"home is {home!r}; choose one of {', '.join(stack.regions)}")
    currency = told.get("currency")
    if not isinstance(currency, str) or not (
        len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    ):
        wrong.append(f"currency is {currency!r}; use a code of ISO 4217, such as USD")
    window = []
    for name in ("opens_at", "closes_at"):
        try:
            window.append(time_of(told.get(name)))
        except ValueError as error:
            wrong.append(f"{name} is {told.get(name)!r}; {error}")
    if len(window) == 2 and window[0] >= window[1]:
        wrong.append("closes_at is not later than opens_at")
    limit = told.get("seats_per_buyer", stack.seats_per_buyer)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= MOST_PER_BUYER:
        wrong.append(
            f"seats_per_buyer is {limit!r}; write a number up to {MOST_PER_BUYER}, 0 for any number of seats"
        )
    rate = told.get("admitted_per_minute", stack.admitted_per_minute)
    wrong_rate = wrong_admission(stack, rate)
    wrong += [wrong_rate] if wrong_rate else []
    if wrong:
        raise GivenUp(f"{path}: " + "; ".join(sorted(wrong)))
    return NewEvent(str(event_id), str(home), str(currency), window[0], window[1], sections, limit, rate)


def wrong_admission(stack: Stack, rate: object) -> str:
    """What is wrong with a rate at which a queue admits buyers; "" if nothing."""
    if isinstance(rate, bool) or not isinstance(rate, int) or not 0 <= rate <= MOST_ADMITTED:
        return f"admitted_per_minute is {rate!r}; write a number up to {MOST_ADMITTED:,}, 0 for no queue"
    if rate and not stack.admitted_per_minute:
        return f"admitted_per_minute is {rate}, but the stack has no queues; set admission in the spec first"
    return ""


def layout_bytes(event: NewEvent) -> int:
    """About the size of the event's layout in DynamoDB."""
    parts = [{"name": s.name, "first": s.first, "last": s.last, "price": s.price} for s in event.sections]
    return len(json.dumps(pack(parts)))


def time_of(value: Any) -> int:
    """A moment in epoch seconds, from epoch seconds or ISO 8601 with an offset.

    Raises:
        ValueError: it is neither, or before the year 2000 or after 9999.
    """
    wrong = ValueError("write a time with its offset, such as 2027-05-01T10:00:00+02:00, or epoch seconds")
    if isinstance(value, bool) or not isinstance(value, int):
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            raise wrong from None
        if moment.tzinfo is None:
            raise wrong
        value = int(moment.timestamp())
    if not FIRST_SECOND <= value <= LAST_SECOND:
        raise ValueError("write a time between the years 2000 and 9999; epoch seconds are no milliseconds")
    return value


def _sections(told: Any, prices: Mapping[str, int], wrong: list[str]) -> tuple[Section, ...]:
    if isinstance(told, list):
        told = [
            {**part, "price": prices.get(str(part.get("name")), part.get("price"))}
            if isinstance(part, dict)
            else part
            for part in told
        ]
    try:
        sections = sections_in({"sections": told})
    except Malformed as error:
        wrong.append(f"sections: {error}")
        return ()
    unknown = prices.keys() - {section.name for section in sections}
    wrong += [f"--price {name}: there is no such section" for name in sorted(unknown)]
    return sections


def _loaded(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise GivenUp(f"{path} is longer than {MOST_BYTES:,} bytes")
        plain = text.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GivenUp(f"{path} cannot be read: {error}") from error
    kind = path.suffix.lower()
    try:
        if kind in (".yaml", ".yml"):
            return _yaml(plain, path)
        if kind == ".json":
            return json.loads(plain)
        if kind == ".csv":
            return {"sections": _rows(plain)}
    except (ValueError, RecursionError, csv.Error) as error:
        raise GivenUp(f"{path} cannot be read: {error}") from error
    raise GivenUp(f"{path} is neither .yaml, .json nor .csv")


def _yaml(text: str, path: Path) -> Any:
    try:
        import yaml  # only this format needs more than the standard library and boto3
    except ModuleNotFoundError:
        raise GivenUp(
            f"{path} is YAML, which needs PyYAML: pip install pyyaml, or use .json or .csv"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(error) from error


def _rows(text: str) -> list[dict[str, Any]]:
    """The rows of a CSV file as sections."""
    reader = csv.DictReader(text.splitlines())
    columns = {"section", "first", "last", "price"}
    if not reader.fieldnames or set(reader.fieldnames) - {"price"} != columns - {"price"}:
        raise ValueError(f"its columns are {reader.fieldnames}, not {', '.join(sorted(columns))}")
    rows = []
    for row in reader:
        if None in row:
            raise ValueError(
                f"line {reader.line_num} has more cells than there are columns: write numbers without commas"
            )
        part: dict[str, Any] = {"name": row["section"]}
        for name in ("first", "last", "price"):
            value = (row.get(name) or "").strip()
            if value:
                part[name] = int(value) if value.isascii() and value.isdigit() else value
        rows.append(part)
    return rows
