"""Complete a Region's copy of an event, so that it can become the event's home.

Most of the work is done while the event is still sold, and while sales in progress end: the ledger is time-ordered, so
what is older than any of them can be compared at once. The rest is compared afterwards. Then

- the ledger decides what the inventory has: a sale that lost its seat, or whose item has not arrived, is put right;
- withheld seats have no sale, so they have to arrive by themselves;
- the records of the last day's purchases, which are not replicated, are made from the ledger, so that a repeated
  Idempotency-Key is the same order there;
- where the event limits the seats of a buyer, so are the numbers of seats that each buyer has.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from console import GivenUp, Stack
from table_items import conditional, query

import buyer_seats
import dynamo
import ledger
import sale
from dynamo import Client, Item
from events import Event

__all__ = ["HomeCopy", "settled_before"]

POLL_SECONDS = 0.5
THREADS = 24  # each mostly waits for a page
# Of one BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
MOST_PUTS = 25
BEFORE, AFTER = 0, 9_999_999_999_999  # epoch milliseconds before and after any id
_NAMES = "sale_id, seat_id, epoch, voids, event_id, order_id, seats, buyer, idempotency_key, body_hash"


@dataclass(slots=True)
class _Shard:
    """The ledger of a shard in the new home."""

    key: str
    reached: int = BEFORE  # epoch milliseconds up to which it is complete
    # seat -> sales with their buyers, also voided ones
    live: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    voided: set[str] = field(default_factory=set)


def _client(region: str) -> Client:
    return dynamo.client(region, attempts=4)


class HomeCopy:
    """The copy of an event in the Region `target`.

    Args:
        source: the old home, whose every entry has to arrive; None if it is lost, or is the target.
        deadline: in `time.monotonic()` seconds, for what has to arrive.
    """

    def __init__(self, stack: Stack, event: Event, source: str | None, target: str, deadline: float) -> None:
        self.deadline = deadline
        self._stack = stack
        self._event = event
        self._source, self._target = source, target
        self._shards = [_Shard(key) for key in event.every_shard()]
        # key of the record -> first entry of each order
        self._orders: dict[str, list[Item]] = defaultdict(list)
        self._turn = threading.Lock()
        # buyer -> seats, as written
        self._bought: dict[str, int] = {}

    def prepare(self, settled: int) -> None:
        """Read what is older than any sale in progress: entries with ids up to `settled`, in epoch milliseconds."""
        self._each(lambda shard: self._advance(shard, settled))
        # In the event's present home, sales in progress still count; there, only `complete` counts again.
        if self._target != self._event.home_region:
            self._count_buyers()

    def complete(self) -> int:
        """Read the rest, once no sale is in progress, repair the inventory and return the number of repairs.

        Raises:
            GivenUp: something has not arrived by the deadline.
        """
        self._each(lambda shard: self._advance(shard, AFTER))
        self._each(self._late_voids)
        self._settle_keys()
        self._count_buyers()
        return sum(self._each(self._repair))

    def _each(self, work: Any) -> list[Any]:
        def patiently(shard: _Shard) -> Any:
            while True:
                try:
                    return work(shard)
                except Exception as error:
                    # A moment without an answer must not leave the event without sales.
                    if not dynamo.unreachable(error):
                        raise
                    if time.monotonic() > self.deadline:
                        raise GivenUp(f"no answer for {shard.key}: {error}") from error
                time.sleep(POLL_SECONDS)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(patiently, self._shards))

    def _advance(self, shard: _Shard, to: int) -> None:
        """Read the entries of a shard after those that are known, once all of them have arrived."""
        if to <= shard.reached:
            return
        theirs: set[str] = set()
        if self._source is not None:
            theirs = {
                item["sale_id"]["S"] for item in self._entries(_client(self._source), shard, to, "sale_id")
            }
        while True:
            entries = list(self._entries(_client(self._target), shard, to, _NAMES))
            missing = theirs - {item["sale_id"]["S"] for item in entries}
            if not missing:
                break
            self._wait(f"sales of {shard.key}", len(missing))
        self._remember(entries)
        for item in entries:
            if "voids" in item:
                shard.voided.add(item["voids"]["S"])
            else:
                sold = {
                    "sale_id": item["sale_id"]["S"],
                    "epoch": int(item["epoch"]["N"]),
                    "buyer": item["buyer"]["S"],
                }
                shard.live[item["seat_id"]["S"]].append(sold)
        shard.reached = to

    def _wait(self, what: str, number: int) -> None:
        if time.monotonic() > self.deadline:
            raise GivenUp(f"{self._target} still lacks {number} {what}")
        time.sleep(POLL_SECONDS)

    def _entries(self, client: Client, shard: _Shard, to: int, names: str) -> Iterator[Any]:
        """The ledger entries of a shard after those that are known, in DynamoDB's notation."""
        first, last = ledger.between(shard.reached, to)
        pages = dynamo.pages(
            client.query,
            TableName=self._stack.tables.sales,
            KeyConditionExpression="event_shard = :shard AND sale_id BETWEEN :first AND :last",
            ExpressionAttributeValues=dynamo.pack({":shard": shard.key, ":first": first, ":last": last})["M"],
            ProjectionExpression=names,
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _remember(self, entries: Iterable[Any]) -> None:
        """Write the records of the purchases of the last day; the first seat's entry stands for its order."""
        since = (time.time() - sale.REMEMBERED_SECONDS) * 1000
        records = {}
        for item in entries:
            if item["sale_id"]["S"].endswith("-00") and ledger.minted_at(item["sale_id"]["S"]) > since:
                entry = dynamo.unpack({"M": item})
                record = sale.order_record(entry)
                with self._turn:
                    self._orders[record["lock_key"]].append(entry)
                records[record["lock_key"]] = record
        self._write_records(list(records.values()))

    def _write_records(self, records: Sequence[Item]) -> None:
        puts = [{"PutRequest": {"Item": dynamo.pack(record)["M"]}} for record in records]
        for start in range(0, len(puts), MOST_PUTS):
            left: Any = {self._stack.tables.locks: puts[start : start + MOST_PUTS]}
            while left := _client(self._target).batch_write_item(RequestItems=left).get("UnprocessedItems"):
                time.sleep(POLL_SECONDS)

    def _settle_keys(self) -> None:
        """Write again the records of keys that have bought twice, which happens if a lost Region comes back."""
        voided = {sale_id for shard in self._shards for sale_id in shard.voided}
        records = []
        for entries in self._orders.values():
            kept = [
                entry
                for entry in entries
                if not voided.issuperset(ledger.sale_ids(entry["order_id"], entry["seats"]).values())
            ]
            if len(entries) > 1:
                records.append(sale.order_record(ledger.winner(kept or entries)))
        self._write_records(records)

    def _count_buyers(self) -> None:
        """Write how many seats each buyer has, where that has changed."""
        if not self._event.seats_per_buyer:
            return
        # Buyers without seats count as well: a former home may have an older number for them.
        bought: Counter[str] = Counter()
        for shard in self._shards:
            for sold in (sold for entries in shard.live.values() for sold in entries):
                bought[sold["buyer"]] += sold["sale_id"] not in shard.voided
        buyers = [
            buyer for buyer in bought.keys() | self._bought.keys() if bought[buyer] != self._bought.get(buyer)
        ]
        records = [buyer_seats.bought_item(self._event, buyer, bought[buyer]) for buyer in sorted(buyers)]
        chunks = [records[start : start + MOST_PUTS] for start in range(0, len(records), MOST_PUTS)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._write_records, chunks))
        self._bought = dict(bought)

    def _late_voids(self, shard: _Shard) -> None:
        """Wait for the voids of older sales, which stand beside the sales and not at the end."""
        if self._source is None:
            return
        while True:
            theirs = self._voids(self._source, shard)
            missing = theirs - self._voids(self._target, shard)
            if not missing:
                shard.voided |= theirs
                return
            self._wait(f"voids of {shard.key}", len(missing))

    def _voids(self, region: str, shard: _Shard) -> set[str]:
        """The voided sales of a shard in a Region."""
        only = {"FilterExpression": "attribute_exists(voids)"}
        items = query(_client(region), self._stack.tables.sales, "event_shard", shard.key, "voids", **only)
        return {item["voids"]["S"] for item in items}

    def _repair(self, shard: _Shard) -> int:
        """Repair the inventory of a shard.

        An item whose sale is missing from the ledger stays: it may be the only trace of a sale by a lost home.
        """
        items = self._inventory(_client(self._target), shard)
        while self._source is not None:
            theirs = self._inventory(_client(self._source), shard, withheld=True).keys()
            ours = {seat for seat, sold in items.items() if not sold}
            missing = theirs ^ ours  # a release may be late, too
            if not missing:
                break
            self._wait(f"withheld seats of {shard.key}", len(missing))
            items = self._inventory(_client(self._target), shard)
        repaired = 0
        for seat_id in sorted(shard.live.keys() | items.keys()):
            key = {"event_shard": shard.key, "seat_id": seat_id}
            live = [one for one in shard.live.get(seat_id, ()) if one["sale_id"] not in shard.voided]
            has = items.get(seat_id)  # "": the seat is withheld
            if not live and has in shard.voided:
                repaired += self._delete(key, str(has))
            elif live and has != "" and has != (keeper := ledger.winner(live)["sale_id"]):
                repaired += self._put(shard.key, keeper, has)
        return repaired

    def _inventory(self, client: Client, shard: _Shard, *, withheld: bool = False) -> dict[str, str]:
        """The seats of a shard with their sales, "" for those that are withheld."""
        only = {"FilterExpression": "attribute_not_exists(sale_id)"} if withheld else {}
        items = query(
            client, self._stack.tables.inventory, "event_shard", shard.key, "seat_id, sale_id", **only
        )
        return {item["seat_id"]["S"]: item.get("sale_id", {}).get("S", "") for item in items}

    def _put(self, shard: str, sale_id: str, instead_of: str | None) -> bool:
        entry = dynamo.get(
            _client(self._target), self._stack.tables.sales, {"event_shard": shard, "sale_id": sale_id}
        )
        if entry is None:
            raise GivenUp(f"sale {sale_id} has disappeared from the ledger")
        unchanged = "attribute_not_exists(seat_id)" if instead_of is None else "sale_id = :seen"
        values = {} if instead_of is None else {"ExpressionAttributeValues": {":seen": {"S": instead_of}}}
        return conditional(
            _client(self._target).put_item,
            TableName=self._stack.tables.inventory,
            Item=dynamo.pack(ledger.inventory_item(entry, int(time.time() * 1000)))["M"],
            ConditionExpression=unchanged,
            **values,
        )

    def _delete(self, key: Item, sale_id: str) -> bool:
        return conditional(
            _client(self._target).delete_item,
            TableName=self._stack.tables.inventory,
            Key=dynamo.pack(key)["M"],
            ConditionExpression="sale_id = :seen",
            ExpressionAttributeValues={":seen": {"S": sale_id}},
        )


def settled_before(stack: Stack, now: float) -> int:
    """The epoch millisecond up to which no sale that is in progress at `now` can have an id."""
    return int((now - stack.quiet_seconds) * 1000)
