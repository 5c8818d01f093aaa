"""`make bench-scale`: the scale that the spec promises, each figure beside its objective, from one run.

DynamoDB Local and Redis are real, and each function of the rendered stack runs in its own process. The figures depend
on the machine and on its other load, which the last line has.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench_functions import HOLDERS, cache_load, correction, lock_ms, verification
from bench_move import stop_of_a_move
from bench_seat_map import read_costs
from dynamodb_local import running
from scale_rows import COUNTS, ROWS, SECTIONS, Measured, costs, hot_keys, opening, runs
from sold_out_event import NEW, SEATS, sold_out_event
from verification_at_scale import listing_seconds

from support.redis_server import RedisServer

__all__ = ["record"]

COMMAND = "make bench-scale"


def measure(port: int, stack: ExitStack) -> Iterator[Measured]:
    """Measure everything, one after the other."""

    def folder() -> Path:
        return Path(stack.enter_context(tempfile.TemporaryDirectory()))

    yield from hot_keys()
    yield from opening()
    yield from costs()
    locks = lock_ms(port, folder())
    yield Measured(
        "lock of 8 seats, p99",
        f"{locks['p99']:.0f} ms",
        f"{HOLDERS} buyers at up to 10 holds/s each; p50 {locks['p50']:.0f} ms",
    )
    yield Measured(
        "correction of 100 seats",
        f"{correction(port, folder())['seconds']:.1f} s",
        "each sold twice, in one run",
    )
    listing = {count: listing_seconds(port, folder(), count) for count in COUNTS}
    sold_out = stack.enter_context(sold_out_event(port, folder()))
    move = stop_of_a_move(sold_out)
    yield Measured(
        "stop of sales by a move",
        f"{move['seconds']:.1f} s",
        f"{SEATS:,} seats sold, no sales; {move['waits']:.0f} s of it the protocol waits, {move['whole']:.0f} s with "
        "the preparation, during which the event is sold",
    )
    redis = stack.enter_context(RedisServer.running())
    loaded = cache_load(sold_out, redis)
    yield Measured("load of a seat map", f"{loaded['seconds']:.1f} s", f"{SEATS:,} seats; the best of three")
    yield Measured("load of a seat map, processor", f"{loaded['cpu_seconds']:.1f} s", "of the function")
    for sections in SECTIONS:
        yield from reads(redis, sections)
    verified = verification(sold_out)
    yield Measured(
        "verification of a full event",
        f"{verified['seconds']:.1f} s",
        f"12 Regions, {SEATS:,} seats sold, {NEW:,} of them new, 0.1 s to other Regions; the best of four, "
        f"{verified['cold_seconds']:.1f} s the first time",
    )
    yield Measured(
        "verification of a full event, processor",
        f"{verified['cpu_seconds']:.1f} s",
        "of the function; at most half of the objective, by its memory",
    )
    yield from runs(listing, verified["seconds"], verified["quiet_seconds"])


def reads(redis: RedisServer, sections: int) -> Iterator[Measured]:
    """What reads of the seat map cost Redis, beside a GET of as many bytes."""
    found = read_costs(redis, sections)
    writes = found.pop("writes")
    for name, cost in found.items():
        yield Measured(
            f"read of the {name}, {sections:,} sections",
            f"{cost['ratio']:.2f} GETs",
            f"of {cost['bytes']:,.0f} bytes: {cost['read_us']:.0f} µs of the thread, GET {cost['get_us']:.0f} µs, "
            f"{1e6 / cost['read_us']:,.0f} reads/s; meanwhile {writes['per_second']:,.0f} seats/s are written, "
            f"{writes['seat_us']:.0f} µs each",
        )


def record(figures: list[Measured], machine: str) -> str:
    """The figures as the file that `docs/sizing.md` carries."""
    lines = [
        f"# Written by `{COMMAND}`: measure again, do not edit.",
        f"date = {datetime.now(UTC).date()}",
        f"machine = {json.dumps(machine, ensure_ascii=False)}",
        f"command = {json.dumps(COMMAND)}",
    ]
    for figure in figures:
        lines += ["", "[[figures]]"]
        fields = {
            "name": figure.name,
            "measured": figure.value,
            "objective": ROWS[figure.name],
            "load": figure.load,
        }
        lines += [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table, and write it to a file if there is one."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the figures to this file")
    file: Path | None = parser.parse_args().record
    began, busy = time.monotonic(), os.getloadavg()[0]
    found: list[Measured] = []
    with ExitStack() as stack:
        port = stack.enter_context(running())
        if isinstance(port, str):
            print(port)
            return 1
        print(f"{'':42} {'measured':>16} {'objective':>16}")
        for figure in measure(port, stack):
            print(f"{figure.name:42} {figure.value:>16} {ROWS[figure.name]:>16}   {figure.load}", flush=True)
            found.append(figure)
    assert {figure.name for figure in found} == ROWS.keys(), "a figure is missing"
    machine = (
        f"{os.cpu_count()} shared cores, load average {busy:.1f} at the beginning and {os.getloadavg()[0]:.1f} at "
        "the end"
    )
    print(f"{machine}; {time.monotonic() - began:.0f} s")
    if file:
        order = list(ROWS)
        file.write_text(record(sorted(found, key=lambda each: order.index(each.name)), machine), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
