"""The command line of event.py."""

from __future__ import annotations

import argparse
from pathlib import Path

from console import lost_option, shared_options

__all__ = ["add_arguments"]


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the options of one of its commands."""
    shared_options(command, writes=name not in ("list", "show", "validate"))
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="format of the output (default: text)"
    )
    if name in ("create", "validate"):
        command.add_argument("file", type=Path, help="YAML, JSON or CSV file of the event")
        command.add_argument("--event-id", help="ID of the event")
        command.add_argument(
            "--home", metavar="REGION", help="home of the event (default: the primary Region)"
        )
        command.add_argument("--currency", help="currency of all prices, for example USD")
        command.add_argument("--opens-at", metavar="TIME", help="beginning of the sale")
        command.add_argument("--closes-at", metavar="TIME", help="end of the sale")
        command.add_argument(
            "--price",
            action="append",
            default=[],
            metavar="SECTION=AMOUNT",
            help="price of a section in minor units, for example cents; may be repeated",
        )
    elif name != "list":
        command.add_argument("event_id", help="ID of the event")
    if name == "open":
        command.add_argument("--at", metavar="TIME", help="beginning of the sale, for a draft")
    if name == "extend":
        command.add_argument(
            "--until", metavar="TIME", required=True, help="new end of the sale, later or earlier"
        )
    if name == "open":
        command.add_argument("--until", metavar="TIME", help="new end of the sale")
    if name == "limit":
        command.add_argument("seats", type=int, help="the most seats of a buyer, 0 for any number")
    if name == "admit":
        command.add_argument(
            "buyers", type=int, help="how many buyers its queue admits a minute, 0 for no queue"
        )
    if name in ("release", "withhold"):
        command.add_argument("seats", nargs="+", help="A-7, A-1..20, or A for the whole section A")
    if name == "withhold":
        command.add_argument("--reason", default="", help="kept with the seats")
    if name == "archive":
        command.add_argument(
            "--unconfirmed-refunds", action="store_true", help="archive although refunds are not confirmed"
        )
    lost_option(command, "do not call this Region; may be repeated")
