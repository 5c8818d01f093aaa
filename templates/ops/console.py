"""Shared code of the operator's scripts.

The scripts need Python 3.11 or later, boto3 and AWS credentials; `stack.json` beside them describes the stack. They
write nothing without `--apply`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

try:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
except ModuleNotFoundError:
    sys.exit("Stopped: boto3 is not installed: run `python -m pip install boto3`")

import dynamo
import ledger
from events import EVENT_ID, Malformed

PATIENCE = 5.0  # times the time that a function gives a call

__all__ = ["GivenUp", "Stack", "boto3", "lost_option", "options", "run", "shared_options"]


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
        quiet_seconds: how long, after every Region has seen a move or a close, a sale may still be committed.
        event_shards: the number of partition keys that a new event gets.
        seats_per_event: the number of seats that the stack is sized for.
        provisioned_concurrency: the executions that have to be ready when a sale opens, by function.
        seats_per_buyer: the most seats that a buyer of a new event may have; 0 for any number.
        warm_throughput: the write and read units per second that a sale needs, by table.
        preflight: what the first apply needs of the account.
        admitted_per_minute: the buyers that the queues admit; 0 if the stack has no queues.
    """

    app_name: str
    environment_suffix: str
    regions: tuple[str, ...]
    primary_region: str
    secondary_region: str | None
    quiet_seconds: int
    event_shards: int
    seats_per_event: int
    provisioned_concurrency: Mapping[str, int]
    seats_per_buyer: int
    warm_throughput: Mapping[str, tuple[int, int]]
    preflight: Mapping[str, Any]
    admitted_per_minute: int = 0

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


def _refuse(stack: Stack, parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    """End with a usage error for IDs that no event has, and Regions that are not the stack's or cannot be lost."""
    event_id = getattr(chosen, "event_id", None)
    if event_id is not None and not EVENT_ID.fullmatch(event_id):
        parser.error(f"{event_id!r} is no event's ID: those have up to 64 letters, digits, - and _")
    if not getattr(chosen, "patience", 0) >= 0:
        parser.error(f"--patience {chosen.patience} is not a number of seconds")
    for name in ("region", "to", "home", "all_from"):
        region = getattr(chosen, name, None)
        if region is not None and region not in stack.regions:
            parser.error(f"{region} is not a Region of the stack; choose one of {', '.join(stack.regions)}")
    lost = getattr(chosen, "lost", None) or ()
    for region in lost:
        if region not in stack.regions:
            parser.error(f"--lost {region} is not a Region of the stack; it has {', '.join(stack.regions)}")
    for name in ("region", "to", "home"):
        if lost and getattr(chosen, name, None) in lost:
            parser.error(f"--{name} {getattr(chosen, name)} is also --lost")
    if set(lost) == set(stack.regions):
        parser.error("every Region is --lost, so there is nothing to work with")


def options(description: str | None, *, writes: bool = True) -> argparse.ArgumentParser:
    """Create the parser with the options that all scripts share; `--apply` is for those that write."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared_options(parser, writes=writes)
    return parser


def shared_options(parser: argparse.ArgumentParser, *, writes: bool) -> None:
    """Add the options that all scripts share."""
    if writes:
        parser.add_argument(
            "--apply", action="store_true", help="make the changes; without it, only print what would change"
        )
    parser.add_argument(
        "--suffix", help="environment_suffix of the deployment, if it is not the environment's default"
    )


def lost_option(parser: argparse.ArgumentParser, text: str) -> None:
    """Add the option that names the Regions that are lost; `text` says what that means here."""
    parser.add_argument("--lost", metavar="REGION", action="append", default=[], help=text)


def run(
    work: Callable[[Stack, Any], int | None],
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
) -> int:
    """Run a script's work and return its exit code.

    The codes are the work's own, or else 0 done, 1 stopped (the reason is printed), 2 usage error.
    """
    chosen = parser.parse_args(arguments)
    as_json = getattr(chosen, "format", "text") == "json"

    def stopped(why: object) -> int:
        print(json.dumps({"stopped": str(why)}) if as_json else f"Stopped: {why}")
        return 1

    facts = Path(__file__).with_name("stack.json")
    try:
        known = json.loads(facts.read_text(encoding="utf-8"))
        stack = Stack(**{**known, "regions": tuple(known["regions"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        return stopped(f"{facts} does not describe a stack, so render it again: {error}")
    if chosen.suffix:
        stack = replace(stack, environment_suffix=chosen.suffix)
    _refuse(stack, parser, chosen)
    dynamo.be_patient(PATIENCE)
    try:
        code = work(stack, chosen)
        if not getattr(chosen, "apply", True) and not as_json:
            print("This was a dry run: nothing was changed. Add --apply to make the changes.")
        sys.stdout.flush()
    except Malformed as error:
        return stopped(f"the event cannot be read: {error}; undo the change by hand, or see restore.py")
    except (GivenUp, BotoCoreError, ClientError) as error:
        silent = isinstance(error, dynamo.LOST) and hasattr(chosen, "lost")
        hint = "; try again, or name a Region that is lost with --lost" if silent else ""
        return stopped(_missing_table(stack, error) or f"{error}{hint}")
    except KeyboardInterrupt:
        stopped("a signal came: run the same command again to go on")
        return 130
    except BrokenPipeError:  # whoever read the output has gone, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code or 0


def _missing_table(stack: Stack, error: Exception) -> str:
    """What to do if an error says that a table does not exist; "" if it says something else."""
    if not isinstance(error, ClientError) or error.response["Error"]["Code"] != "ResourceNotFoundException":
        return ""
    return (
        f"a table does not exist: apply the stack first, or name the deployment with --suffix, which is"
        f" {stack.environment_suffix} now ({error})"
    )
