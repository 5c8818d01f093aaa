"""The seat map as ticketgen's functions kept it before there was a string of bits, unchanged but for this text.

During an update, and after a rollback, this version reads and writes the same keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from events import Event
from redis_client import Redis

__all__ = [
    "absent",
    "apply",
    "begin",
    "describe",
    "doubt",
    "doubted",
    "loaded_at",
    "publish",
    "read",
    "stamp",
]

CHUNK = 500  # seats per script: about a millisecond, during which Redis serves no other client
LOADING_MS = 30_000  # a loader that is silent for this long is considered dead
KEPT_MS = 2 * 86_400_000  # longer than a stream repeats a record (24 h); old maps expire

_APPLY = """
local seats, stamps = {}, {}
for i = 2, #ARGV, 2 do
  seats[#seats + 1], stamps[#stamps + 1] = ARGV[i], ARGV[i + 1]
end
local function put(taken, versions, removed)
  local freed = redis.call('HMGET', removed, unpack(seats))
  local known, said, sold, gone = redis.call('HMGET', versions, unpack(seats)), {}, {}, {}
  for i, seat in ipairs(seats) do
    local stamp, newest = tonumber(stamps[i]), math.max(tonumber(known[i] or -1), tonumber(freed[i] or -1))
    if stamp % 2 == 1 and stamp >= newest then
      gone[#gone + 1] = seat
    elseif stamp > newest then
      said[#said + 1], said[#said + 2], sold[#sold + 1], sold[#sold + 2] = seat, stamps[i], 0, seat
    end
  end
  if #said > 0 then
    redis.call('HSET', versions, unpack(said))
    redis.call('ZADD', taken, unpack(sold))
  end
  if #gone > 0 then
    redis.call('HDEL', versions, unpack(gone))
    redis.call('ZREM', taken, unpack(gone))
  end
  redis.call('PEXPIRE', versions, KEPT_MS)
  redis.call('PEXPIRE', taken, KEPT_MS)
end
local loader = redis.call('GET', KEYS[4])
if ARGV[1] ~= '' then
  if loader ~= ARGV[1] then return 0 end
  redis.call('PEXPIRE', KEYS[4], LOADING_MS)
  put(KEYS[5], KEYS[6], KEYS[7])
  return 1
end
local function bury(removed)
  local freed = redis.call('HMGET', removed, unpack(seats))
  for i, seat in ipairs(seats) do
    local stamp, before = tonumber(stamps[i]), tonumber(freed[i] or -1)
    if stamp % 2 == 1 and stamp > before then
      redis.call('HSET', removed, seat, stamps[i])
      redis.call('PEXPIRE', removed, KEPT_MS)
    elseif stamp % 2 == 0 and stamp < before then
      redis.call('SET', KEYS[8], 1, 'PX', KEPT_MS)
    end
  end
end
bury(KEYS[3])
if redis.call('EXISTS', KEYS[2]) == 1 then put(KEYS[1], KEYS[2], KEYS[3]) end
if loader then
  bury(KEYS[7])
  put(KEYS[5], KEYS[6], KEYS[7])
end
return 1
""".replace("LOADING_MS", str(LOADING_MS)).replace("KEPT_MS", str(KEPT_MS))

_BEGIN = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('RENAME', KEYS[5], KEYS[6]) end
return 1
"""

# UNLINK frees the old map in the background; RENAME over it would free it synchronously.
_PUBLISH = """
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[5], '#loaded', ARGV[2])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[7])
if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[1]) end
redis.call('RENAME', KEYS[5], KEYS[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
"""

# The seats of section A are those from 'A-' up to 'A.', because '.' is the character after '-'.
_READ = """
local about = redis.call('GET', KEYS[3])
if redis.call('EXISTS', KEYS[2]) == 0 or not about then return {} end
local answer = {about}
for _, section in ipairs(cjson.decode(about).sections) do
  local first, last = '[' .. section.name .. '-', '(' .. section.name .. '.'
  answer[#answer + 1] = redis.call('ZLEXCOUNT', KEYS[1], first, last)
  if section.name == ARGV[1] then answer.seats = redis.call('ZRANGEBYLEX', KEYS[1], first, last) end
end
answer[#answer + 1] = answer.seats or {}
answer[#answer + 1] = redis.call('EXISTS', KEYS[4], KEYS[5])
return answer
"""


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
    keys = _keys(event_id, *names)
    newest: dict[str, int] = {}  # each seat once, because the script reads all of them before it writes
    falling = False
    for seat, said in stamps:
        falling |= said < newest.get(seat, 0)
        newest[seat] = max(said, newest.get(seat, 0))
    if falling and not loader:
        doubt(redis, event_id)
    flat = [part for pair in newest.items() for part in pair]
    for start in range(0, len(flat), 2 * CHUNK):
        if not redis.script(_APPLY, keys, [loader, *flat[start : start + 2 * CHUNK]]):
            return False
    return True


def begin(redis: Redis, event_id: str, loader: str) -> bool:
    """Start a new map beside the live one; return False if another loader is at work."""
    names = "loading", "taken:new", "versions:new", "removed:new", "doubt", "doubt:old"
    keys = _keys(event_id, *names)
    return bool(redis.script(_BEGIN, keys, [loader, LOADING_MS]))


def publish(redis: Redis, event_id: str, loader: str, now: float) -> bool:
    """Replace the live map with the new one; return False if another loader has taken over."""
    names = "taken", "versions", "loading", "taken:new", "versions:new", "removed:new", "doubt:old"
    keys = _keys(event_id, *names)
    return bool(redis.script(_PUBLISH, keys, [loader, int(now * 1000), KEPT_MS]))


def doubt(redis: Redis, event_id: str) -> None:
    """Note that a record came whose order among the others is unknown."""
    redis.call("SET", *_keys(event_id, "doubt"), 1, "PX", KEPT_MS)


def doubted(redis: Redis, event_id: str) -> bool:
    """Whether the map may be wrong, so that it should be loaded again."""
    return bool(redis.call("EXISTS", *_keys(event_id, "doubt", "doubt:old")))


def describe(redis: Redis, events: Iterable[Event], unknown: Iterable[str] = ()) -> None:
    """Store which events should have a map, and their sections; those of `unknown` ids stay as they are."""
    commands: list[list[str | int]] = [["MULTI"], ["DEL", "events"]]
    commands += [["SADD", "events", event_id] for event_id in unknown]
    for event in events:
        sections = [
            {"name": s.name, "capacity": s.last - s.first + 1, "price": s.price} for s in event.sections
        ]
        about = {"event_id": event.event_id, "currency": event.currency, "sections": sections}
        commands += [["SADD", "events", event.event_id]]
        commands += [["SET", *_keys(event.event_id, "about"), json.dumps(about), "PX", KEPT_MS]]
    # "#" is not an event's id; it makes the set exist without events, because empty differs from unknown.
    redis.calls([*commands, ["SADD", "events", "#"], ["EXEC"]])


def loaded_at(redis: Redis, event_id: str) -> float | None:
    """When the live map was loaded, in epoch seconds, or None if there is no map."""
    found = redis.call("HGET", *_keys(event_id, "versions"), "#loaded")
    return None if found is None else int(found) / 1000


def read(redis: Redis, event_id: str, section: str = "") -> dict[str, Any] | None:
    """The event's sections with their numbers of taken and available seats.

    `section` adds the numbers of that section's taken seats. `exact` is false if the map may be wrong. The result is
    None without a map.
    """
    names = "taken", "versions", "about", "doubt", "doubt:old"
    found = redis.script(_READ, _keys(event_id, *names), [section])
    if not found:
        return None
    about, *counts, seats, doubts = found
    answer: dict[str, Any] = json.loads(about)
    for part, count in zip(answer["sections"], counts, strict=True):
        part["taken"], part["available"] = count, max(0, part["capacity"] - count)
        if part["name"] == section:
            part["taken_seats"] = sorted(int(seat.decode().rpartition("-")[2]) for seat in seats)
    answer["exact"] = not doubts
    return answer


def absent(redis: Redis, event_id: str) -> bool:
    """Whether the event does not exist, as opposed to having no map yet."""
    exists, known = redis.calls([["EXISTS", "events"], ["SISMEMBER", "events", event_id]])
    return bool(exists) and not known
