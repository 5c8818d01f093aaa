"""An update of the functions, and a rollback: versions with and without the string of bits work on the same keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import seat_map_without_string as before
from seat_map_tools import connect, load, must_agree, section, server_of, show, shown

import seat_map
import seat_view
from events import Event
from redis_client import Redis
from support.redis_server import ENGINES, RedisServer

GALA = show(section("A", 20), section("B", 10))


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    with server_of(request.param, monkeypatch) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    redis = connect(server.port)
    yield redis
    redis.close()


def sold(*seats: str, version: int = 1) -> list[tuple[str, int]]:
    return [(seat, seat_map.stamp(version, False)) for seat in seats]


def load_before(redis: Redis, event: Event, stamps: list[tuple[str, int]]) -> None:
    """Load a map as the version before does."""
    before.describe(redis, [event])
    assert before.begin(redis, event.event_id, "old")
    assert before.apply(redis, event.event_id, stamps, "old")
    assert before.publish(redis, event.event_id, "old", 1.0)


def seen_before(redis: Redis) -> list[int]:
    """The numbers of taken seats, as the version before shows them."""
    answer = before.read(redis, "gala", "A")
    assert answer is not None
    return [part["taken"] for part in answer["sections"]]


def test_a_map_of_the_version_before_is_loaded_again(server: RedisServer, redis: Redis) -> None:
    load_before(redis, GALA, sold("A-1", "B-2"))
    assert seat_view.read(redis, "gala") is None  # an update: readers first
    seat_map.apply(redis, "gala", sold("A-3"))  # then the writer, with the stream's records
    assert seat_view.read(redis, "gala") is None
    assert seen_before(redis) == [2, 1]
    seat_map.describe(redis, [GALA])
    assert seat_map.loaded_at(redis, "gala") is None
    assert seen_before(redis) == [2, 1]  # instances of the version before still serve
    load(redis, GALA, sold("A-1", "A-3", "B-2"))
    must_agree(server.admin, GALA)
    assert shown(redis) == {"A": [1, 3], "B": [2]}
    seat_map.apply(redis, "gala", sold("A-4"))
    assert seen_before(redis) == [3, 1]


def test_a_rollback_and_the_next_update_show_no_wrong_number(server: RedisServer, redis: Redis) -> None:
    seat_map.describe(redis, [GALA])
    load(redis, GALA, sold("A-1"))
    assert shown(redis) == {"A": [1], "B": []}  # from here on, readers have the layout in memory

    before.describe(redis, [GALA])  # a rollback: the refresh of the version before
    before.apply(redis, "gala", sold("A-2"))
    assert seen_before(redis) == [2, 0]
    assert seat_view.read(redis, "gala") is None, "it would miss A-2"
    assert seat_view.read(redis, "gala", "A") is None

    seat_map.apply(redis, "gala", sold("A-3"))  # the update again: a record, before the first refresh
    assert seat_view.read(redis, "gala") is None
    seat_map.describe(redis, [GALA])
    assert seat_view.read(redis, "gala") is None
    assert seat_map.loaded_at(redis, "gala") is None
    load(redis, GALA, sold("A-1", "A-2", "A-3"))
    must_agree(server.admin, GALA)
    assert shown(redis) == {"A": [1, 2, 3], "B": []}


@pytest.mark.parametrize("when", ["begin", "copy", "publish"])
def test_a_batch_of_the_version_before_that_ends_late_does_no_harm(
    server: RedisServer, redis: Redis, when: str
) -> None:
    """Its records were written to the table before the load began, so that the load reads all that they say."""
    load_before(redis, GALA, sold("A-1"))
    seat_map.describe(redis, [GALA])
    late = [("A-1", seat_map.stamp(1, True)), *sold("A-2", "B-1", version=2)]

    def step(name: str) -> None:
        if name == when:
            before.apply(redis, "gala", late)

    assert seat_map.begin(redis, "gala", "new", GALA.sections)
    step("begin")
    assert seat_map.apply(redis, "gala", sold("A-2", "B-1", version=2), "new")
    step("copy")
    assert seat_map.publish(redis, "gala", "new", 2.0)
    step("publish")
    must_agree(server.admin, GALA)
    assert shown(redis) == {"A": [2], "B": [1]}


def test_a_load_of_the_version_before_leaves_no_string_behind(server: RedisServer, redis: Redis) -> None:
    """It began before the update, and ends after it."""
    before.describe(redis, [GALA])
    assert before.begin(redis, "gala", "old")
    seat_map.describe(redis, [GALA])
    assert not seat_map.begin(redis, "gala", "new", GALA.sections)
    assert before.apply(redis, "gala", sold("A-1"), "old")
    assert before.publish(redis, "gala", "old", 1.0)
    assert seat_map.loaded_at(redis, "gala") is None
    assert seat_view.read(redis, "gala") is None
    load(redis, GALA, sold("A-1"))
    assert shown(redis) == {"A": [1], "B": []}
