"""The string of bits that answers buyers says what the sorted set says, after every step, in every order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from seat_map_tools import connect, load, must_agree, section, server_of, show, shown

import seat_layout
import seat_map
import seat_view
from events import Event
from redis_client import Redis
from seat_layout import Layout
from support.redis_server import ENGINES, RedisServer

# Sections whose bits begin and end anywhere in a byte, names that begin with another's, and one of a single seat.
HALL = show(section("A", 9), section("AB", 20, first=13), section("A_1", 7, first=7), section("B", 16))
SEATS = ["A-1", "A-8", "A-9", "AB-13", "AB-20", "A_1-7", "B-1", "B-16"]
STRAY = ["A-10", "AB-12", "AB-21", "A_1-1", "C-1", "B-9999999"]
"""Seats that are not in the layout."""


@pytest.fixture(scope="module", params=ENGINES)
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with pytest.MonkeyPatch.context() as patch, server_of(request.param, patch) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    server.admin.flushall()
    redis = connect(server.port)
    seat_map.describe(redis, [HALL])
    yield redis
    redis.close()


def sold(*seats: str, version: int = 1) -> list[tuple[str, int]]:
    return [(seat, seat_map.stamp(version, False)) for seat in seats]


def freed(*seats: str, version: int = 1) -> list[tuple[str, int]]:
    return [(seat, seat_map.stamp(version, True)) for seat in seats]


def test_each_seat_of_a_section_has_a_bit_of_its_own(server: RedisServer, redis: Redis) -> None:
    load(redis, HALL, [])
    for part in HALL.sections:
        for number in range(part.first, part.last + 1):
            seat_map.apply(redis, "gala", sold(f"{part.name}-{number}"))
            must_agree(server.admin, HALL)
            expected = {other.name: [number] if other == part else [] for other in HALL.sections}
            assert shown(redis) == expected
            seat_map.apply(redis, "gala", freed(f"{part.name}-{number}"))
    assert shown(redis) == {part.name: [] for part in HALL.sections}


def test_seats_that_are_not_in_the_layout_are_not_counted(server: RedisServer, redis: Redis) -> None:
    load(redis, HALL, sold(*STRAY[:3], "A-2"))
    seat_map.apply(redis, "gala", sold(*STRAY, "B-2"))
    must_agree(server.admin, HALL)
    assert shown(redis) == {"A": [2], "AB": [], "A_1": [], "B": [2]}
    assert server.admin.zcard("{gala}:taken") == len(STRAY) + 2


@pytest.mark.parametrize("seed", range(6))
def test_the_string_says_what_the_sorted_set_says(server: RedisServer, redis: Redis, seed: int) -> None:
    """After every one of a hundred random steps of loads and streams, with repeated and stray records."""
    chance = random.Random(seed)

    def some() -> list[tuple[str, int]]:
        seats = chance.choices([*SEATS, *STRAY], k=chance.randint(1, 8))
        return [(seat, seat_map.stamp(chance.randint(0, 6), chance.random() < 0.4)) for seat in seats]

    steps: list[tuple[int, Callable[[], Any]]] = [
        (10, lambda: seat_map.apply(redis, "gala", some())),
        (5, lambda: seat_map.apply(redis, "gala", some(), chance.choice(["one", "two"]))),
        (2, lambda: seat_map.begin(redis, "gala", chance.choice(["one", "two"]), HALL.sections)),
        (2, lambda: seat_map.publish(redis, "gala", chance.choice(["one", "two"]), 1.0)),
        (1, lambda: seat_map.doubt(redis, "gala")),
        (1, lambda: seat_map.describe(redis, [HALL])),
        (1, lambda: server.admin.delete("{gala}:loading")),
    ]
    for _ in range(100):
        chance.choices([step for _, step in steps], weights=[weight for weight, _ in steps])[0]()
        must_agree(server.admin, HALL)
        answer = seat_view.read(redis, "gala")
        assert (answer is None) == (seat_map.loaded_at(redis, "gala") is None)
        if answer is not None:
            assert answer["exact"] != seat_map.doubted(redis, "gala")
            shown(redis)


class Sale:
    """A table of seats with their versions, its stream, and a loader that reads it shard by shard."""

    SHARDS = ("A-1", "A-9"), ("A-8", "B-1")

    def __init__(self, redis: Redis, changes: list[list[tuple[str, int]]]) -> None:
        self.redis = redis
        self.table = {"A-1": 3, "A-8": 3}
        seat_map.describe(redis, [HALL])
        load(redis, HALL, self._read(*self.SHARDS))
        self.programs: dict[str, Iterator[Callable[[], Any]]] = {
            "loader": iter([self._begin, *map(self._copy, self.SHARDS), self._publish]),
            "table": iter([self._write(change) for change in changes]),
            "stream": iter([self._deliver(change) for change in changes]),
        }

    def _read(self, *shards: tuple[str, ...]) -> list[tuple[str, int]]:
        return [
            stamp
            for shard in shards
            for seat in shard
            if seat in self.table
            for stamp in sold(seat, version=self.table[seat])
        ]

    def _begin(self) -> None:
        assert seat_map.begin(self.redis, "gala", "loader", HALL.sections)

    def _copy(self, shard: tuple[str, ...]) -> Callable[[], Any]:
        return lambda: seat_map.apply(self.redis, "gala", self._read(shard), "loader")

    def _publish(self) -> None:
        assert seat_map.publish(self.redis, "gala", "loader", 2.0)

    def _write(self, change: list[tuple[str, int]]) -> Callable[[], Any]:
        def write() -> None:
            for seat, stamp in change:
                if stamp % 2:
                    del self.table[seat]
                else:
                    self.table[seat] = stamp // 2

        return write

    def _deliver(self, change: list[tuple[str, int]]) -> Callable[[], Any]:
        return lambda: seat_map.apply(self.redis, "gala", change)


CHANGES: dict[str, list[list[tuple[str, int]]]] = {
    "in order": [
        [*freed("A-1", version=3), *sold("A-9", version=5)],
        [*sold("A-1", version=7), *freed("A-8", version=3)],
    ],
    "doubtful": [freed("A-1", version=3), sold("A-1", version=3)],  # a version that does not grow
}


def orders() -> Iterator[tuple[str, ...]]:
    """All orders of a loader's four steps, two changes and their two records, each after its change."""
    for loader in itertools.combinations(range(8), 4):
        for others in (("table", "table", "stream", "stream"), ("table", "stream", "table", "stream")):
            rest = iter(others)
            yield tuple("loader" if at in loader else next(rest) for at in range(8))


@pytest.mark.parametrize("kind", CHANGES)
def test_a_load_and_a_stream_agree_in_every_order(server: RedisServer, redis: Redis, kind: str) -> None:
    for order in orders():
        server.admin.delete(*server.admin.keys("{gala}:*"))
        sale = Sale(redis, CHANGES[kind])
        for program in order:
            next(sale.programs[program])()
            must_agree(server.admin, HALL)
            shown(redis)
        overview = seat_view.read(redis, "gala")
        assert overview is not None
        assert shown(redis) == by_section(sale.table) or not overview["exact"], order
        assert overview["exact"] or kind == "doubtful", order


def by_section(table: dict[str, int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {part.name: [] for part in HALL.sections}
    for name, _, number in (seat.rpartition("-") for seat in sorted(table)):
        found[name].append(int(number))
    return found


def test_a_doubt_is_in_every_section_until_a_load_that_begins_later(
    server: RedisServer, redis: Redis
) -> None:
    many = show(*[section(f"S{number}", 8) for number in range(1000)], event_id="many")
    seat_map.describe(redis, [many])
    load(redis, many, [])
    seat_map.doubt(redis, "many")
    must_agree(server.admin, many)
    for name in ("", "S0", "S500", "S999"):
        answer = seat_view.read(redis, "many", name)
        assert answer is not None
        assert not answer["exact"]
    load(redis, many, [])
    must_agree(server.admin, many)


def test_a_string_whose_places_are_lost_is_dropped(server: RedisServer, redis: Redis) -> None:
    load(redis, HALL, sold("A-1"))
    server.admin.delete("{gala}:places")
    seat_map.apply(redis, "gala", sold("A-2"))
    assert seat_view.read(redis, "gala") is None
    assert seat_map.loaded_at(redis, "gala") is None
    load(redis, HALL, sold("A-1", "A-2"))
    assert shown(redis)["A"] == [1, 2]


def test_another_layout_has_another_map(server: RedisServer, redis: Redis) -> None:
    """A layout never changes. If it does all the same, no bit is read at another seat's place."""
    load(redis, HALL, sold("B-16"))
    assert shown(redis)["B"] == [16]
    other: Event = show(section("B", 16), section("A", 9), section("C", 3))
    seat_map.describe(redis, [other])
    assert seat_view.read(redis, "gala") is None
    load(redis, other, sold("B-16"))
    seat_view._LAYOUTS.put(
        "gala", Layout(seat_layout.description(HALL).encode()), 1
    )  # an instance that has slept
    assert shown(redis) == {"B": [16], "A": [], "C": []}
    seat_view._LAYOUTS.put("gala", Layout(seat_layout.description(HALL).encode()), 1)
    assert seat_view.read(redis, "gala", "C") is not None
    with pytest.raises(seat_view.NoSuchSection):
        seat_view.read(redis, "gala", "AB")


def test_a_section_that_is_not_there_has_no_answer(redis: Redis) -> None:
    load(redis, HALL, [])
    with pytest.raises(seat_view.NoSuchSection):
        seat_view.read(redis, "gala", "Z")
