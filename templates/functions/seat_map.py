"""The map of an event's taken seats in Redis: its keys, and how it is written.

    {event}:taken     sorted set of taken seats, all with score 0, so that it is ordered by name
    {event}:versions  hash, taken seat -> stamp; `#loaded` -> when the map was loaded, in epoch ms. It exists
                      as long as the map does, even when no seat is taken
    {event}:map       string: a bit for each seat of the layout and a number for each section, as `seat_layout` says.
                      It answers buyers; the sorted set and the versions decide what is in it
    {event}:places    hash, section -> where it lies in the string
    {event}:removed   hash, freed seat -> stamp. It outlives a reload, so that the record of a sale that is
                      repeated after the removal still finds its tombstone
    {event}:doubt     exists from when records came whose order is unknown, until a load that begins later ends: the
                      map may be wrong. During such a load, it is {event}:doubt:old. The string's flags say the same
    {event}:about     the event's description, as JSON
    {event}:loading   the loader that fills a new map in {event}:taken:new, {event}:versions:new, {event}:map:new and
                      {event}:places:new, beside the seats that are freed meanwhile, in {event}:removed:new: what the
                      loader reads is newer than any other removal
    events            set of all events that should have a map

A stamp is the version of an inventory item (the time of its last write) times two, plus one for its removal;
the higher stamp wins, so records may repeat, arrive late or out of order. An item that was written by hand may have no
version, or one that does not grow. Its records leave a doubt. Each script handles at most one chunk of seats. All keys
of an event share a hash tag.

**The string follows the sorted set.** The scripts that change the sorted set change the string in the same step, so
that readers need no script: a GETRANGE is a whole answer, and Redis serves it as fast as a GET of as many bytes. Once,
a script counted and listed the sections for each reader. With 20 sections, a node served 232 of them a second, in the
same thread that takes the writes. Seats that are not in the layout are in the sorted set only.

**Versions of this code.** Older ones have no string, and leave one as it is that they find. Before and after an update,
or a rollback, they may be the writers. Each writer describes the events once a minute, and one without a string
describes them differently, so that readers then refuse the string at once, and the next writer that has one loads it
again. Older readers find all that they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import seat_layout
import seat_scripts
from events import Event, Section
from redis_client import Redis
from seat_scripts import KEPT_MS

__all__ = [
    "apply",
    "begin",
    "describe",
    "doubt",
    "doubted",
    "loaded_at",
    "publish",
    "stamp",
]

CHUNK = 500  # seats per script: about two milliseconds, during which Redis serves no other client
PIPELINE = 4  # chunks that are sent before the first one is answered


def _keys(event_id: str, *names: str) -> list[str]:
    return [f"{{{event_id}}}:{name}" for name in names]


def stamp(version: int, removed: bool) -> int:
    """The stamp of a seat's version; the higher of two stamps wins."""
    return version * 2 + removed


def apply(redis: Redis, event_id: str, stamps: Sequence[tuple[str, int]], loader: str = "") -> bool:
    """Apply stamps of seats.

    Those of the stream go to the live map and to a new one, those of a loader only to its new map.

    Returns:
        False if another loader has taken over, else True.
    """
    names = "taken", "versions", "removed", "loading", "taken:new", "versions:new", "removed:new", "doubt"
    keys = _keys(event_id, *names, "map", "places", "map:new", "places:new")
    newest: dict[str, int] = {}  # each seat once, because the script reads all of them before it writes
    falling = False
    for seat, said in stamps:
        falling |= said < newest.get(seat, 0)
        newest[seat] = max(said, newest.get(seat, 0))
    if falling and not loader:
        doubt(redis, event_id)
    flat = [part for pair in newest.items() for part in pair]
    chunks = [[loader, *flat[start : start + 2 * CHUNK]] for start in range(0, len(flat), 2 * CHUNK)]
    for start in range(0, len(chunks), PIPELINE):
        if not all(redis.scripts(seat_scripts.APPLY, keys, chunks[start : start + PIPELINE])):
            return False
    return True


def begin(redis: Redis, event_id: str, loader: str, sections: Sequence[Section]) -> bool:
    """Start a new map beside the live one; return False if another loader is at work."""
    names = (
        "loading",
        "taken:new",
        "versions:new",
        "removed:new",
        "doubt",
        "doubt:old",
        "map:new",
        "places:new",
    )
    flat = [part for pair in seat_layout.places(sections).items() for part in pair]
    arguments: list[str | int] = [loader, seat_layout.size_of(sections), *flat]
    return bool(redis.script(seat_scripts.BEGIN, _keys(event_id, *names), arguments))


def publish(redis: Redis, event_id: str, loader: str, now: float) -> bool:
    """Replace the live map with the new one; return False if another loader has taken over."""
    gone = "loading", "removed:new", "doubt:old"
    names = "versions:new", "versions", "taken:new", "taken", "map:new", "map", "places:new", "places"
    return bool(redis.script(seat_scripts.PUBLISH, _keys(event_id, *gone, *names), [loader, int(now * 1000)]))


def doubt(redis: Redis, event_id: str) -> None:
    """Note that a record came whose order among the others is unknown."""
    redis.script(seat_scripts.DOUBT, _keys(event_id, "doubt", "map", "places", "map:new", "places:new"))


def doubted(redis: Redis, event_id: str) -> bool:
    """Whether the map may be wrong, so that it should be loaded again."""
    return bool(redis.call("EXISTS", *_keys(event_id, "doubt", "doubt:old")))


def describe(redis: Redis, events: Iterable[Event], unknown: Iterable[str] = ()) -> None:
    """Store which events should have a map, and describe them; those of `unknown` ids stay as they are.

    A map is removed if another version of this code has described its event: it may not have kept the map up to date.
    """
    events = list(events)
    commands: list[list[str | int]] = [["MULTI"], ["DEL", "events"]]
    commands += [["SADD", "events", event_id] for event_id in unknown]
    abouts = [_keys(event.event_id, "about")[0] for event in events]
    heads = redis.calls([["GETRANGE", about, 0, seat_layout.HEAD - 1] for about in abouts])
    for event, about, head in zip(events, abouts, heads, strict=True):
        commands += [["SADD", "events", event.event_id]]
        if head != seat_layout.head_of(event).encode():
            commands += [["UNLINK", *_keys(event.event_id, "map", "places")]]
        commands += [["SET", about, seat_layout.description(event), "PX", KEPT_MS]]
    # "#" is not an event's id; it makes the set exist without events, because empty differs from unknown.
    redis.calls([*commands, ["SADD", "events", "#"], ["EXEC"]])


def loaded_at(redis: Redis, event_id: str) -> float | None:
    """When the live map was loaded, in epoch seconds, or None if there is no map."""
    versions, seats = _keys(event_id, "versions", "map")
    loaded, exists = redis.calls([["HGET", versions, "#loaded"], ["EXISTS", seats]])
    return int(loaded) / 1000 if loaded and exists else None
