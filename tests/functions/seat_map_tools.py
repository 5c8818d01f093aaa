"""Seat maps in a test: a client, events, and whether all parts of a map say the same."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from event_items import event_of
from simulated_regions import event_item

import seat_layout
import seat_map
import seat_view
from events import Event
from redis_client import Redis
from support.redis_server import RedisServer

__all__ = [
    "USER", "bits", "connect", "load", "must_agree", "seats_of", "section", "server_of", "show", "shown",
]  # fmt: skip

USER = "tickets", "on ~* &* +@all"


@contextmanager
def server_of(engine: str, monkeypatch: Any) -> Iterator[RedisServer]:
    """A server with the user of the tests, whose token the functions' client has."""
    import redis_client

    with RedisServer.running(engine) as server:
        server.grant(*USER)
        monkeypatch.setattr(redis_client, "iam_token", lambda *identity: server.token)
        yield server


def connect(port: int, host: str = "127.0.0.1", **changes: Any) -> Redis:
    """The functions' client, signed in as the user of the tests."""
    identity = {"user": USER[0], "replication_group": "seats", "region": "here"}
    return Redis(host, port, **{**identity, "tls": False, **changes})


def section(name: str, last: int, first: int = 1) -> dict[str, Any]:
    """A section of an event."""
    return {"name": name, "first": first, "last": last, "price": 100}


def show(*sections: dict[str, Any], event_id: str = "gala") -> Event:
    """An event with these sections."""
    return event_of(event_item(event_id, "us-east-1", sections=list(sections)))


def seats_of(part: dict[str, Any]) -> list[int]:
    """The taken seats of a section of an answer, as docs/seats.md says."""
    bitmap = base64.b64decode(part["taken_seats"], validate=True)
    assert len(bitmap) == (part["capacity"] + 7) // 8
    numbers = bits(bitmap)
    assert all(number < part["capacity"] for number in numbers)
    assert len(numbers) == part["taken"] == part["capacity"] - part["available"]
    return [part["first"] + number for number in numbers]


def bits(bitmap: bytes) -> list[int]:
    """The positions of the bits that are set."""
    return [8 * at + bit for at, byte in enumerate(bitmap) for bit in range(8) if byte & (128 >> bit)]


def shown(redis: Redis, event_id: str = "gala") -> dict[str, list[int]]:
    """The taken seats of each section, as readers see them."""
    overview = seat_view.read(redis, event_id)
    assert overview is not None
    answer = {}
    for part in overview["sections"]:
        details = seat_view.read(redis, event_id, part["name"])
        assert details is not None
        assert details["exact"] == overview["exact"]
        (found,) = details["sections"]
        answer[part["name"]] = seats_of(found)
        del found["taken_seats"]
        assert found == part
    return answer


def load(redis: Redis, event: Event, stamps: list[tuple[str, int]], loader: str = "loader") -> None:
    """Load a whole map."""
    assert seat_map.begin(redis, event.event_id, loader, event.sections)
    assert seat_map.apply(redis, event.event_id, stamps, loader)
    assert seat_map.publish(redis, event.event_id, loader, 1.0)


def must_agree(admin: Any, event: Event) -> None:
    """Compare the string, the sorted set and the versions of the live map and of one that is loaded."""
    doubtful = _must_agree(admin, event, "")
    if doubtful is not None:
        key = f"{{{event.event_id}}}:doubt"
        assert doubtful == bool(admin.exists(key, f"{key}:old"))
    doubtful = _must_agree(admin, event, ":new")
    if doubtful is not None:
        assert doubtful == bool(admin.exists(f"{{{event.event_id}}}:doubt"))


def _must_agree(admin: Any, event: Event, kind: str) -> bool | None:
    def key(name: str) -> str:
        return f"{{{event.event_id}}}:{name}{kind}"

    seats = admin.get(key("map"))
    if seats is None:
        return None
    taken = {seat.decode() for seat in admin.zrange(key("taken"), 0, -1)}
    assert taken == {seat.decode() for seat in admin.hkeys(key("versions"))} - {"#loaded"}
    assert len(seats) == seat_layout.size_of(event.sections)
    flag, *counts = struct.unpack_from(f">B{len(event.sections)}I", seats)
    start = 1 + 4 * len(event.sections)
    inside: dict[str, set[str]] = {part.name: set() for part in event.sections}
    ranges = {part.name: range(part.first, part.last + 1) for part in event.sections}
    for seat in taken:
        name, _, number = seat.rpartition("-")
        if int(number) in ranges.get(name, ()):
            inside[name].add(seat)
    for part, count in zip(event.sections, counts, strict=True):
        end = start + 1 + (part.last - part.first + 8) // 8
        numbers = [part.first + bit for bit in bits(seats[start + 1 : end])]
        assert seats[start] == flag
        assert len(numbers) == count
        assert {f"{part.name}-{number}" for number in numbers} == inside[part.name]
        start = end
    assert start == len(seats)
    return bool(flag)
