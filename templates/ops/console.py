"""What the operator's scripts have in common: the stack that they are for, options, and a dry run by default.

They need Python 3.11, boto3 and AWS credentials; `stack.json` beside them says which stack. Nothing is written
without `--apply`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import ledger

__all__ = ["GivenUp", "Stack", "options", "run"]


class GivenUp(Exception):
    """What cannot be done, and why. Nothing is half done: the same command goes on where it ended."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack, as it was rendered.

    Attributes:
        app_name, environment_suffix: the two ends of every name.
        regions: all of them.
        primary_region, secondary_region: where analytics and verification are; the secondary may be missing.
        quiet_seconds: after which nobody sells any more on what they knew of an event.
        warm_throughput: of each table, write and read units per second that a sale needs.
    """

    app_name: str
    environment_suffix: str
    regions: tuple[str, ...]
    primary_region: str
    secondary_region: str | None
    quiet_seconds: int
    warm_throughput: Mapping[str, tuple[int, int]]

    def name(self, what: str) -> str:
        """The name of one of its resources."""
        return f"{self.app_name}-{what}-{self.environment_suffix}"

    @property
    def hubs(self) -> tuple[str, ...]:
        """The Regions with analytics and verification."""
        return tuple(region for region in (self.primary_region, self.secondary_region) if region)

    @property
    def tables(self) -> ledger.Tables:
        """The tables that a sale is written to."""
        return ledger.Tables(
            self.name("ticket-inventory"), self.name("ticket-sales"), self.name("distributed-locks")
        )


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every script has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--apply", action="store_true", help="do it; without this, only say what would be done"
    )
    parser.add_argument("--suffix", help="the deployment's environment_suffix, where it is not the default")
    return parser


def run(
    work: Callable[[Stack, Any], None], parser: argparse.ArgumentParser, arguments: Sequence[str] | None
) -> int:
    """Does a script's work: 0 done, 1 given up (the reason is printed), 2 wrong usage."""
    chosen = parser.parse_args(arguments)
    known = json.loads(Path(__file__).with_name("stack.json").read_text(encoding="utf-8"))
    if chosen.suffix:
        known["environment_suffix"] = chosen.suffix
    stack = Stack(**{**known, "regions": tuple(known["regions"])})
    for name in ("region", "to"):
        region = getattr(chosen, name, None)
        if region is not None and region not in stack.regions:
            parser.error(f"{region} is none of the stack's Regions: {', '.join(stack.regions)}")
    try:
        work(stack, chosen)
    except (GivenUp, BotoCoreError, ClientError) as error:
        print(f"given up: {error}")
        return 1
    if not chosen.apply:
        print("That was a dry run: nothing was changed. --apply does it.")
    return 0
