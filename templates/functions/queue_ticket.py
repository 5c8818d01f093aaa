"""The tickets of a queue, which are checked without a call: a signed text, bound to an event and to a buyer.

    1.<key>.p.<microsecond>.<signature>                 a place, which is admitted at that time
    1.<key>.d.<region>.<shard>.<number>.<signature>     a draw, from before the opening, which becomes a place then

The first field is the version of the format. The signature is HMAC-SHA256, cut to 128 bits (RFC 2104, section 5), over
the rest of the text, the event's ID and the buyer, which the ticket therefore does not need to name. A ticket says
nothing about its buyer, and one of another event or buyer is the same as a forged one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["KEY_ID", "LONGEST", "MICROSECONDS", "Draw", "Key", "Place", "read", "write"]

KEY_ID = re.compile(r"[0-9a-f]{8}")
LONGEST = 120  # characters
MICROSECONDS = 1_000_000  # in a second
_SIGNATURE_BYTES = 16
_FORM = re.compile(
    rf"(1\.({KEY_ID.pattern})\.(?:p\.([1-9][0-9]{{15}})"
    r"|d\.([a-z]{2}[a-z0-9-]{3,30})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,8})))\.([A-Za-z0-9_-]{22})"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs tickets: its public ID and its secret."""

    key_id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the line: when it is admitted, in epoch microseconds."""

    admits: int

    @property
    def _fields(self) -> str:
        return f"p.{self.admits}"


@dataclass(frozen=True, slots=True)
class Draw:
    """A number that was drawn before the opening; the order of the numbers is decided when the sale opens."""

    region: str
    shard: int
    number: int

    @property
    def _fields(self) -> str:
        return f"d.{self.region}.{self.shard}.{self.number}"


def write(ticket: Place | Draw, key: Key, event_id: str, buyer: str) -> str:
    """The signed text of a ticket; `buyer` is "" where nobody knows the buyer."""
    text = f"1.{key.key_id}.{ticket._fields}"
    return f"{text}.{_signature(text, key.secret, event_id, buyer)}"


def read(text: object, keys: Mapping[str, bytes], event_id: str, buyer: str) -> Place | Draw | None:
    """The ticket in a text from outside; None unless one of our keys has signed it for this event and buyer."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    matched = _FORM.fullmatch(text)
    if matched is None:
        return None
    signed, key_id, admits, region, shard, number, signature = matched.groups()
    secret = keys.get(key_id)
    if secret is None:
        return None
    # The texts are compared, not the bytes: of the spellings that decode to the same bytes, only ours is accepted.
    if not hmac.compare_digest(signature, _signature(signed, secret, event_id, buyer)):
        return None
    return Place(int(admits)) if admits else Draw(region, int(shard), int(number))


def _signature(text: str, secret: bytes, event_id: str, buyer: str) -> str:
    message = json.dumps([text, event_id, buyer]).encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
