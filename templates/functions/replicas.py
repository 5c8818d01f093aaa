"""Read ledger and inventory from each Region's own replica, fast enough for 250,000 seats.

Reads request only the few attributes that a comparison needs, because parsing takes most of the time. A Region that
failed to answer once is not called again in the same run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import dynamo
import ledger
from progress import NEVER

__all__ = ["EVER", "Entry", "Late", "Reading", "Replicas", "Seat", "Silent"]

T = TypeVar("T")

EVER = 9_999_999_999_999  # the epoch millisecond after any id


class Silent(Exception):
    """The Region does not answer."""


class Late(Exception):
    """The run has no time left to read this."""


class Entry(NamedTuple):
    """A ledger entry (a sale or a void), reduced to what the verifier needs."""

    sale_id: str
    seat_id: str
    home_region: str

    @property
    def voids(self) -> str:
        """The id of the sale that it voids, or "" if it is a sale."""
        return self.sale_id.removesuffix(ledger.VOID) if self.sale_id.endswith(ledger.VOID) else ""


class Seat(NamedTuple):
    """An inventory item. A withheld seat has no sale."""

    sale_id: str
    version: int
    home_region: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries of one shard in one Region.

    Attributes:
        entries: the requested entries.
        count: the number of all entries in the range, including filtered ones.
        complete_to: the epoch millisecond up to which the reading is complete.
    """

    entries: tuple[Entry, ...]
    count: int
    complete_to: int


class Replicas:
    """The replicas of ledger and inventory in all Regions, for one run.

    Attributes:
        tables: their names.
        deadline, last: in `time.monotonic()` seconds; no further page is read after the first, and no seat is read
            again after the second.
        silent: Regions that did not answer.
        malformed: items that cannot be read, by partition key and sort key: what is wrong with each. They are left out
            of every reading, and nothing is decided about their seats.
    """

    def __init__(self, tables: ledger.Tables, deadline: float, last: float) -> None:
        self.tables = tables
        self.deadline, self.last = deadline, last
        self.silent: set[str] = set()
        self.malformed: dict[tuple[str, str], str] = {}

    def ask(self, region: str, call: Callable[[dynamo.Client], T]) -> T:
        """Call a Region.

        Raises:
            Silent: it does not answer, or failed to answer earlier in this run.
        """
        if region in self.silent:
            raise Silent(region)
        try:
            return call(self.client(region))
        except Exception as error:
            if not dynamo.unreachable(error):
                raise
            self.silent.add(region)
            raise Silent(region) from error

    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() > self.deadline

    def client(self, region: str) -> dynamo.Client:
        """The client of a Region, for reads that involve several Regions."""
        return dynamo.client(region, attempts=2)

    def entries(
        self, region: str, shard: str, above: int, to: int, *, own: bool = False, most_pages: int = 0
    ) -> Reading:
        """The entries with ids after `above` up to and including `to`, in at most so many pages, or until the deadline.

        From NEVER to EVER, ids with the wrong format are found, too. With `own`, replicas of other Regions' entries are
        counted but not transferred: twelve replicas of one sale are one sale.
        """
        if above >= to:  # another run, which began later, has checked them; DynamoDB refuses such a range
            return Reading((), 0, to)
        values = {":shard": {"S": shard}}
        condition = "event_shard = :shard"
        if (above, to) != (NEVER, EVER):
            first, last = ledger.between(above, to)
            values |= {":first": {"S": first}, ":last": {"S": last}}
            condition += " AND sale_id BETWEEN :first AND :last"
        request: dict[str, Any] = {
            "TableName": self.tables.sales,
            "KeyConditionExpression": condition,
            "ProjectionExpression": "sale_id, seat_id, home_region",
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        if own:
            request["FilterExpression"] = "home_region = :region"
            values[":region"] = {"S": region}

        def read(client: dynamo.Client) -> Reading:
            entries: list[Entry] = []
            count = 0
            for number, page in enumerate(dynamo.pages(client.query, **request), 1):
                for item in page["Items"]:
                    try:
                        entries.append(_entry(item))
                    except (KeyError, ValueError) as error:
                        self.malformed[shard, item["sale_id"]["S"]] = f"{type(error).__name__}: {error}"
                count += page["ScannedCount"]
                if "LastEvaluatedKey" in page and (number == most_pages or self.late()):
                    reached = ledger.minted_at(page["LastEvaluatedKey"]["sale_id"]["S"]) - 1
                    return Reading(tuple(entries), count, reached)
            return Reading(tuple(entries), count, to)

        return self.ask(region, read)

    def first_seats(self, region: str, shard: str) -> set[str]:
        """The seats of the first ledger entry and of the first inventory item of a shard; empty if there are none."""

        def read(client: dynamo.Client) -> set[str]:
            seats = set()
            for table in (self.tables.sales, self.tables.inventory):
                found = client.query(
                    TableName=table,
                    KeyConditionExpression="event_shard = :shard",
                    ProjectionExpression="seat_id",
                    ExpressionAttributeValues={":shard": {"S": shard}},
                    ConsistentRead=True,
                    Limit=1,
                )
                seats |= {str(item.get("seat_id", {}).get("S")) for item in found["Items"]}
            return seats

        return self.ask(region, read)

    def inventory(self, region: str, shard: str) -> dict[str, Seat]:
        """All inventory items of a shard, by seat.

        Raises:
            Late: the deadline has passed between two pages.
            Silent: the Region does not answer.
        """
        request: dict[str, Any] = {
            "TableName": self.tables.inventory,
            "KeyConditionExpression": "event_shard = :shard",
            "ProjectionExpression": "seat_id, sale_id, version, home_region",
            "ExpressionAttributeValues": {":shard": {"S": shard}},
            "ConsistentRead": True,
        }

        def read(client: dynamo.Client) -> dict[str, Seat]:
            found: list[Any] = []
            for page in dynamo.pages(client.query, **request):
                found += page["Items"]
                if "LastEvaluatedKey" in page and self.late():
                    raise Late
            return self._seats(found, lambda seat_id: shard)

        return self.ask(region, read)

    def seats(self, region: str, keys: Collection[tuple[str, str]]) -> dict[str, Seat]:
        """The inventory items of at most 100 (shard, seat) keys of an event, by seat.

        Raises:
            Late: a throttled table did not return all of them in time.
            Silent: the Region does not answer.
        """
        table = self.tables.inventory
        wanted: Any = {
            table: {
                "Keys": [{"event_shard": {"S": shard}, "seat_id": {"S": seat}} for shard, seat in keys],
                "ProjectionExpression": "seat_id, sale_id, version, home_region",
                "ConsistentRead": True,
            }
        }

        def answers(client: dynamo.Client) -> Iterator[Any]:
            left = wanted
            while left:
                answer = client.batch_get_item(RequestItems=left)
                yield from answer["Responses"].get(table, ())
                left = answer.get("UnprocessedKeys")
                if left and time.monotonic() > self.last:
                    raise Late
                if left:
                    time.sleep(random.uniform(0.02, 0.1))

        shards = {seat_id: shard for shard, seat_id in keys}
        return self.ask(region, lambda client: self._seats(answers(client), shards.__getitem__))

    def _seats(self, items: Iterable[Any], shard_of: Callable[[str], str]) -> dict[str, Seat]:
        seats = {}
        for item in items:
            seat_id = item["seat_id"]["S"]
            try:
                seats[seat_id] = _seat(item)
            except (KeyError, ValueError) as error:
                self.malformed[shard_of(seat_id), seat_id] = f"{type(error).__name__}: {error}"
        return seats


def _entry(item: Any) -> Entry:
    """An entry in DynamoDB's notation.

    Raises:
        KeyError, ValueError: an attribute is missing, or has the wrong type or format.
    """
    sale_id = item["sale_id"]["S"]
    if not ledger.SALE_ID.fullmatch(sale_id.removesuffix(ledger.VOID)):
        raise ValueError("its ID has the wrong format")
    return Entry(sale_id, item["seat_id"]["S"], item["home_region"]["S"])


def _seat(item: Any) -> Seat:
    """An inventory item in DynamoDB's notation.

    Raises:
        KeyError, ValueError: an attribute is missing, or has the wrong type or format.
    """
    if "sale_id" not in item:  # the seat is withheld
        return Seat("", 0, "")
    sale_id = item["sale_id"]["S"]
    if not ledger.SALE_ID.fullmatch(sale_id):
        raise ValueError(f"its sale is {sale_id!r}")
    return Seat(sale_id, int(item["version"]["N"]), item["home_region"]["S"])
