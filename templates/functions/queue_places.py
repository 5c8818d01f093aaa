"""The places of buyers who are signed in: one for each buyer of an event, however often they ask.

A place is an item of the Region's lock table, `place#<event>#<hash of the buyer>`:

    claim, claimed_at    random, and when: whoever wrote it takes a number or a moment and adds it
    draw                 [shard, number], from before the opening
    admits               the moment of a place, in epoch microseconds

The item is claimed first, so that ten tabs at once take one moment, and not ten of which nine are wasted. A claim whose
function ended before it had a place is taken over after some seconds.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

import dynamo
from dynamo import Client, Item, pack
from events import Event
from queue_line import KEPT_SECONDS
from queue_ticket import Draw, Place

__all__ = ["Places"]

CLAIM_SECONDS = 10  # longer than a function runs


class Places:
    """The places of the buyers in one Region."""

    def __init__(self, local: Client, table: str, region: str) -> None:
        self._local = local
        self._table = table
        self._region = region

    def of(
        self,
        event: Event,
        buyer: str,
        current: Callable[[Place | Draw], Place | Draw | None],
        take: Callable[[], Place | Draw],
    ) -> Place | Draw:
        """The buyer's place, which `take` takes if there is none.

        `current` gives the current state of a ticket; None if it is no longer valid, so that another one is taken.

        Raises:
            Unreachable: another request of this buyer is taking it.
        """
        key = _key(event, buyer)
        claim = {"claim": secrets.token_hex(8), "claimed_at": int(time.time() * 1000)}
        until = {"expiry_time": event.closes_at + KEPT_SECONDS}
        before = self._put({**key, **claim, **until}, "attribute_not_exists(lock_key)", {})
        if before is not None:
            known = self._ticket(before)
            now = None if known is None else current(known)
            if now is not None:
                return now
            if known is None and before.get("claimed_at", 0) > (time.time() - CLAIM_SECONDS) * 1000:
                raise dynamo.Unreachable
            if (
                self._put({**key, **claim, **until}, "claim = :before", {":before": before.get("claim", "")})
                is not None
            ):
                raise dynamo.Unreachable
        ticket = take()
        told = (
            {"admits": ticket.admits}
            if isinstance(ticket, Place)
            else {"draw": [ticket.shard, ticket.number]}
        )
        if (
            self._put({**key, **claim, **until, **told}, "claim = :mine", {":mine": claim["claim"]})
            is not None
        ):
            raise dynamo.Unreachable
        return ticket

    def _ticket(self, item: Item) -> Place | Draw | None:
        if "admits" in item:
            return Place(item["admits"])
        return Draw(self._region, *item["draw"]) if "draw" in item else None

    def _put(self, item: Item, condition: str, values: dict[str, Any]) -> Item | None:
        """Put an item; None, or the item that does not fulfil the condition."""
        try:
            self._local.put_item(
                TableName=self._table,
                Item=pack(item)["M"],
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **({"ExpressionAttributeValues": pack(values)["M"]} if values else {}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found: Item = dynamo.unpack({"M": error.response.get("Item") or {}})
            return found
        return None


def _key(event: Event, buyer: str) -> Item:
    return {"lock_key": f"place#{event.event_id}#{hashlib.sha256(buyer.encode()).hexdigest()[:32]}"}
