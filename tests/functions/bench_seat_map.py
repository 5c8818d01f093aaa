"""What a buyer's read of a seat map costs Redis, while the map is written at the full rate of sales.

The cost is processor time of the server, not elapsed time, and it is compared with that of a GET of as many bytes in
the same run: so the ratio depends little on the machine and on its other load.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from seat_map_tools import USER, connect, load, section, show

import redis_client
import seat_map
import seat_view
from redis_client import Redis
from seat_layout import Layout
from support.redis_server import RedisServer

__all__ = ["SEATS", "WRITES", "read_costs"]

SEATS = 234_000
WRITES = 6_000
"""Seats a second, by 45,000 purchases of eight seats a minute."""
BATCH = 100  # seats: a batch of the stream, ten milliseconds of sales after the other
ROUNDS = 5
ROUND_SECONDS = 0.3
ROOT = Path(__file__).resolve().parents[2]


def read_costs(server: RedisServer, sections: int) -> dict[str, dict[str, float]]:
    """What a read costs, for an event's overview and for a section.

    Returns:
        For both: `bytes` that the server sends, `read_us` and `get_us`, processor time of the server's thread for a
        read and for a GET of as many bytes, and `ratio` of the two. `writes` has the seats written per second, and
        `seat_us` for each of them.
    """
    event = show(*[section(f"S{number}", SEATS // sections) for number in range(sections)])
    server.grant(*USER)
    with patch.object(redis_client, "iam_token", lambda *identity: server.token):
        redis = connect(server.port)
        seat_map.describe(redis, [event])
        taken = [
            (f"{part.name}-{number}", seat_map.stamp(1, False))
            for part in event.sections
            for number in range(1, part.last + 1, 2)
        ]
        load(redis, event, taken)
        with _writing(server, sections) as written:
            costs = {
                "overview": _compared(server, redis, ""),
                "section": _compared(server, redis, event.sections[sections // 2].name),
            }
            seconds, seats = written()
        redis.close()
    shares = [cost.pop("share") for cost in costs.values()]
    return {
        **costs,
        "writes": {"per_second": seats / seconds, "seat_us": 1e6 * median(shares) * seconds / seats},
    }


def _compared(server: RedisServer, redis: Redis, name: str) -> dict[str, float]:
    seats = server.admin.get("{gala}:map")
    span = Layout(server.admin.get("{gala}:about")).span(name)
    assert span is not None
    start, length = span
    server.admin.set("as-many-bytes", seats[start : start + length])

    def read() -> Any:
        return seat_view.read(redis, "gala", name)

    def get() -> Any:
        return redis.call("GET", "as-many-bytes")

    assert read() is not None
    assert len(get()) == length
    rounds = [(*_cost(server, read), *_cost(server, get)) for _ in range(ROUNDS)]
    read_us, share, get_us, _ = (median(each) for each in zip(*rounds, strict=True))
    return {
        "bytes": length,
        "read_us": 1e6 * read_us,
        "get_us": 1e6 * get_us,
        "ratio": read_us / get_us,
        "share": share,
    }


def _cost(server: RedisServer, call: Callable[[], Any]) -> tuple[float, float]:
    """Processor time of the server for a call, and the share of its time that the writes take meanwhile."""
    before, began = _processor(server), time.monotonic()
    time.sleep(ROUND_SECONDS)
    writes = (_processor(server) - before) / (time.monotonic() - began)
    before, began, calls = _processor(server), time.monotonic(), 0
    while time.monotonic() - began < ROUND_SECONDS:
        call()
        calls += 1
    return (_processor(server) - before - writes * (time.monotonic() - began)) / calls, writes


def _processor(server: RedisServer) -> float:
    used = server.admin.info("cpu")
    names = "used_cpu_user_main_thread", "used_cpu_sys_main_thread"
    return sum(float(used.get(name, used[name.removesuffix("_main_thread")])) for name in names)


@contextmanager
def _writing(server: RedisServer, sections: int) -> Iterator[Callable[[], tuple[float, int]]]:
    """Another process that sells and frees seats at the full rate, and a function that tells how many so far."""
    folders = [
        ROOT / "tests/functions",
        ROOT / "tests/stack",
        ROOT / "templates/functions",
        ROOT / "templates/suites",
    ]
    process = subprocess.Popen(
        [sys.executable, __file__, str(server.port), str(sections)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "REDIS_TOKEN": server.token},
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def written() -> tuple[float, int]:
        stdin.close()
        seconds, seats = json.loads(stdout.readline())
        return seconds, seats

    with process:
        try:
            assert stdout.readline() == "writing\n"
            yield written
        finally:
            process.kill()


def _write(port: int, sections: int) -> None:
    """Write until standard input ends."""
    import select

    redis_client.iam_token = lambda *identity: os.environ["REDIS_TOKEN"]
    redis, chance, version, seats = connect(port), random.Random(1), 1, 0
    print("writing", flush=True)
    began = time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        version += 1
        # An order has eight seats beside each other.
        orders = [
            (chance.randrange(sections), chance.randrange(1, SEATS // sections - 8))
            for _ in range(BATCH // 8)
        ]
        chosen = {f"S{part}-{first + each}" for part, first in orders for each in range(8)}
        seat_map.apply(
            redis, "gala", [(seat, seat_map.stamp(version, chance.random() < 0.3)) for seat in chosen]
        )
        seats += len(chosen)
        time.sleep(max(0.0, began + seats / WRITES - time.monotonic()))
    print(json.dumps([time.monotonic() - began, seats]), flush=True)


if __name__ == "__main__":
    _write(*map(int, sys.argv[1:]))
