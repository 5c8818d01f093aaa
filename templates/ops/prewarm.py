"""Warm the stack up before a sale, and let it cool down afterwards.

    python prewarm.py --apply                       a day before: the tables
    python prewarm.py --functions ready --apply     an hour before: also the functions
    python prewarm.py --functions off --apply       after the rush: give them back

A new on-demand table accepts 4,000 writes per second, and a large sale needs more. The first
command raises each table's warm throughput to what the spec's event_scale needs, if it is
lower, and waits until DynamoDB is done. Warm throughput cannot be lowered again, is billed
once, and counts against the quota of write units per table. One call warms a global table in
all its Regions; the lock tables are warmed Region by Region.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html

The second command also keeps executions of the API's functions ready, so that the first
buyers do not wait until Lambda has started them. They are billed for every hour until the
third command gives them back; `ticketgen size` has the price. --region limits it to one
Region, for example where many buyers are expected.
Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from console import GivenUp, Stack, options, run
from ready_functions import let_go, make_ready, readiness

import dynamo

__all__ = ["main"]

POLL_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument(
        "--functions",
        choices=("ready", "off"),
        help="ready: also keep executions of the functions ready; off: only give them back",
    )
    parser.add_argument(
        "--region", metavar="REGION", help="the Region in which to do that to the functions (default: all)"
    )
    parser.add_argument(
        "--patience", type=float, default=3600, help="seconds to wait for AWS (default: 3600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    deadline = time.monotonic() + chosen.patience
    if chosen.functions != "off":
        _warm_tables(stack, chosen.apply, deadline)
    if chosen.functions is None:
        return
    found = list(readiness(stack, [chosen.region] if chosen.region else stack.regions))
    for one in found:
        wanted = f", needs {one.needed:,}" if chosen.functions == "ready" else ""
        print(
            f"{one.region} {one.function}: {one.ready:,} executions are ready, {one.asked:,} are asked for{wanted}"
        )
    if chosen.apply and chosen.functions == "ready":
        make_ready(found, deadline)
    elif chosen.apply:
        let_go(found)


def _warm_tables(stack: Stack, apply: bool, deadline: float) -> None:
    warming = []
    for region, what in _places(stack):
        table = stack.name(what)
        write, read = stack.warm_throughput[what]
        now_write, now_read, is_warming = _warm(region, table)
        print(
            f"{region} {table}: {now_write:,} write and {now_read:,} read units/s, needs {write:,} and {read:,}"
            + (" (warming up)" if is_warming else "")
        )
        if is_warming and apply:  # DynamoDB refuses another change until it is done
            _wait_for(region, table, (0, 0), deadline)
            now_write, now_read, _ = _warm(region, table)
        if now_write >= write and now_read >= read:
            continue
        if apply:
            wanted = {
                "WriteUnitsPerSecond": max(write, now_write),
                "ReadUnitsPerSecond": max(read, now_read),
            }
            dynamo.client(region, attempts=4).update_table(TableName=table, WarmThroughput=wanted)
            warming.append((region, table, (write, read)))
    for region, table, needed in warming:
        _wait_for(region, table, needed, deadline)
        print(f"{table} is warm.")


def _wait_for(region: str, table: str, needed: tuple[int, int], deadline: float) -> None:
    """Wait until no change of a table is under way, and it can serve so many write and read units per second.

    Raises:
        GivenUp: it is not done by the deadline.
    """
    while (now := _warm(region, table))[2] or now[0] < needed[0] or now[1] < needed[1]:
        if time.monotonic() > deadline:
            raise GivenUp(f"{table} is still warming up: run the command again to wait longer")
        time.sleep(POLL_SECONDS)


def _places(stack: Stack) -> Iterator[tuple[str, str]]:
    """Each table to warm up, with the Region in which to call."""
    for what in stack.warm_throughput:
        for region in stack.regions if what == "distributed-locks" else (stack.primary_region,):
            yield region, what


def _warm(region: str, table: str) -> tuple[int, int, bool]:
    """The write and read units per second that the table can serve at once, and whether they are being changed."""
    described = dynamo.client(region, attempts=4).describe_table(TableName=table)["Table"]
    warm = described.get("WarmThroughput", {})
    changing = (
        warm.get("Status", "ACTIVE") == "UPDATING" or described.get("TableStatus", "ACTIVE") == "UPDATING"
    )
    return warm.get("WriteUnitsPerSecond", 0), warm.get("ReadUnitsPerSecond", 0), changing


if __name__ == "__main__":
    sys.exit(main())
