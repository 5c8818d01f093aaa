"""Shared code of the operator's scripts.

The scripts need Python 3.11 or later, boto3 and AWS credentials; `stack.json` beside them describes the stack. They
write nothing without `--apply`.
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
    """The script cannot continue; the text says why.

    Running the same command again resumes where it stopped.
    """


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack as rendered in `stack.json`.

    Attributes:
        app_name, environment_suffix: the first and the last part of every resource name.
        regions: all Regions of the stack.
        primary_region, secondary_region: the hubs, which run analytics and verification; there may be no secondary.
        quiet_seconds: how long after an event is marked `moving` a sale that began before may still commit.
        warm_throughput: the write and read units per second that a sale needs, by table.
        preflight: what the first apply needs of the account.
    """

    app_name: str
    environment_suffix: str
    regions: tuple[str, ...]
    primary_region: str
    secondary_region: str | None
    quiet_seconds: int
    warm_throughput: Mapping[str, tuple[int, int]]
    preflight: Mapping[str, Any]

    def name(self, what: str) -> str:
        """The full name of a resource of the stack."""
        return f"{self.app_name}-{what}-{self.environment_suffix}"

    @property
    def hubs(self) -> tuple[str, ...]:
        """The Regions that run analytics and verification."""
        return tuple(region for region in (self.primary_region, self.secondary_region) if region)

    @property
    def tables(self) -> ledger.Tables:
        """The tables that a sale is written to."""
        return ledger.Tables(
            self.name("ticket-inventory"), self.name("ticket-sales"), self.name("distributed-locks")
        )


def options(description: str | None, *, writes: bool = True) -> argparse.ArgumentParser:
    """Create the parser with the options that all scripts share; `--apply` is for those that write."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if writes:
        parser.add_argument(
            "--apply", action="store_true", help="make the changes; without it, only print what would change"
        )
    parser.add_argument(
        "--suffix", help="environment_suffix of the deployment, if it is not the environment's default"
    )
    return parser


def run(
    work: Callable[[Stack, Any], int | None],
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
) -> int:
    """Run a script's work and return its exit code.

    The codes are the work's own, or else 0 done, 1 stopped (the reason is printed), 2 usage error.
    """
    chosen = parser.parse_args(arguments)
    known = json.loads(Path(__file__).with_name("stack.json").read_text(encoding="utf-8"))
    if chosen.suffix:
        known["environment_suffix"] = chosen.suffix
    stack = Stack(**{**known, "regions": tuple(known["regions"])})
    for name in ("region", "to"):
        region = getattr(chosen, name, None)
        if region is not None and region not in stack.regions:
            parser.error(f"{region} is not a Region of the stack; choose one of {', '.join(stack.regions)}")
    try:
        code = work(stack, chosen)
    except (GivenUp, BotoCoreError, ClientError) as error:
        print(f"Stopped: {error}")
        return 1
    if not getattr(chosen, "apply", True):
        print("This was a dry run: nothing was changed. Add --apply to make the changes.")
    return code or 0
