"""Warm the tables up before a sale.

    python prewarm.py --apply

A new on-demand table accepts 4,000 writes per second, and a large sale needs more.
Run this a day before the sale. It raises each table's warm throughput to what the spec's
event_scale needs, if it is lower, and waits until DynamoDB is done. Warm throughput
cannot be lowered again, is billed once, and counts against the quota of write units per
table. One call warms a global table in all its Regions; the lock tables are warmed
Region by Region.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from console import GivenUp, Stack, options, run

import dynamo

__all__ = ["main"]

POLL_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__)
    parser.add_argument(
        "--patience", type=float, default=3600, help="seconds to wait for DynamoDB (default: 3600)"
    )
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> None:
    warming = []
    for region, what in _places(stack):
        table = stack.name(what)
        write, read = stack.warm_throughput[what]
        now_write, now_read = _warm(region, table)
        print(
            f"{region} {table}: {now_write:,} write and {now_read:,} read units/s, needs {write:,} and {read:,}"
        )
        if now_write >= write and now_read >= read:
            continue
        if chosen.apply:
            wanted = {
                "WriteUnitsPerSecond": max(write, now_write),
                "ReadUnitsPerSecond": max(read, now_read),
            }
            dynamo.client(region, attempts=4).update_table(TableName=table, WarmThroughput=wanted)
            warming.append((region, table, write, read))
    deadline = time.monotonic() + chosen.patience
    for region, table, write, read in warming:
        needed = write, read
        while any(now < least for now, least in zip(_warm(region, table), needed, strict=True)):
            if time.monotonic() > deadline:
                raise GivenUp(f"{table} is still warming up: run the command again to wait longer")
            time.sleep(POLL_SECONDS)
        print(f"{table} is warm.")


def _places(stack: Stack) -> Iterator[tuple[str, str]]:
    """Each table to warm up, with the Region in which to call."""
    for what in stack.warm_throughput:
        for region in stack.regions if what == "distributed-locks" else (stack.primary_region,):
            yield region, what


def _warm(region: str, table: str) -> tuple[int, int]:
    """The write and read units per second that the table can serve at once."""
    described = dynamo.client(region, attempts=4).describe_table(TableName=table)["Table"]
    warm = described.get("WarmThroughput", {})
    return warm.get("WriteUnitsPerSecond", 0), warm.get("ReadUnitsPerSecond", 0)


if __name__ == "__main__":
    sys.exit(main())
