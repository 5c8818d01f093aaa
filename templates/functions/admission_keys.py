"""The keys that sign the tickets of queues: items of the events table, so that every Region checks any Region's ticket.

Each is written once, by `ops/queue_keys.py`, under `control#admission`, and never changed:

key#<id>    secret: 32 random bytes in hexadecimal. signs_from: when it begins to sign, in epoch seconds; for a key of
            `rotate`, after every Region has it. created_at: in epoch milliseconds

The newest key that may sign does, and every key of the table verifies. Without a key nobody is admitted: if an event
were sold without its queue, a deleted key would be a way around the queue, and nobody would notice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping

import dynamo
from events import ADMISSION, WHOLE, Clock
from queue_ticket import KEY_ID, Key

__all__ = ["KEY", "Keys", "NoKey", "keys_in"]

KEY = "key#"
_SECRET = re.compile(r"[0-9a-f]{64}")


class NoKey(Exception):
    """There is no key, or it cannot be read."""


def keys_in(items: Iterable[Mapping[str, object]]) -> dict[str, tuple[int, bytes]]:
    """The keys in items of the table, by their IDs: when each begins to sign, and its secret."""
    found: dict[str, tuple[int, bytes]] = {}
    for item in items:
        name, secret, signs_from = str(item.get("item")), item.get("secret"), item.get("signs_from")
        key_id = name.removeprefix(KEY)
        if (
            name == f"{KEY}{key_id}"
            and KEY_ID.fullmatch(key_id)
            and isinstance(secret, str)
            and _SECRET.fullmatch(secret)
            and isinstance(signs_from, int)
            and not isinstance(signs_from, bool)
            and 0 <= signs_from <= WHOLE
        ):
            found[key_id] = signs_from, bytes.fromhex(secret)
        else:
            print(f"the item {name!r} of {ADMISSION} is no key")
    return found


class Keys:
    """The keys, in memory for as long as an event is, and longer if the table does not answer."""

    def __init__(self, local: dynamo.Client, table: str, lease_seconds: float) -> None:
        self._local = local
        self._table = table
        self._lease = lease_seconds
        self._read: Clock | None = None
        self._known: dict[str, tuple[int, bytes]] = {}

    def verifying(self) -> Mapping[str, bytes]:
        """The secrets of all keys, by their IDs.

        Raises:
            NoKey: there is none.
        """
        self._refresh()
        if not self._known:
            raise NoKey
        return {key_id: secret for key_id, (_, secret) in self._known.items()}

    def signing(self) -> Key:
        """The key that signs now.

        Raises:
            NoKey: there is none.
        """
        self._refresh()
        now = time.time()
        begun = [(since, key_id) for key_id, (since, _) in self._known.items() if since <= now]
        if not begun:
            raise NoKey
        _, key_id = max(begun)
        return Key(key_id, self._known[key_id][1])

    def _refresh(self) -> None:
        if self._read is not None and self._read.age() < self._lease:
            return
        self._read = Clock()  # also after a failure, so that not every request waits for the table
        try:
            pages = dynamo.pages(
                self._local.query,
                TableName=self._table,
                KeyConditionExpression="event_id = :event",
                ExpressionAttributeValues={":event": {"S": ADMISSION}},
                ConsistentRead=True,
            )
            items = [dynamo.plain(item) for page in pages for item in page["Items"]]
        except Exception as error:
            if not dynamo.unreachable(error):
                raise
            print(f"the keys of {ADMISSION} cannot be read: {error}")
            return
        self._known = keys_in(item for item in items if isinstance(item, dict))
