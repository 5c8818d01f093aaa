"""The part of ``docs/sizing.md`` about what was measured: the rows of ``measured.toml`` beside this module.

`make bench-scale RECORD=src/ticketgen/capacity/measured.toml` writes that file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ticketgen.capacity.markdown_report import table

__all__ = ["MEASURED", "measured_figures", "measured_pages"]

MEASURED = Path(__file__).with_name("measured.toml")


def measured_figures() -> dict[str, Any]:
    """The file: its date, machine and command, and its figures."""
    return tomllib.loads(MEASURED.read_text(encoding="utf-8"))


def measured_pages() -> Iterator[str]:
    """The figures beside their objectives."""
    found = measured_figures()
    yield "## Measured\n"
    yield (
        f"By `{found['command']}` on {found['date']}, in one run on {found['machine']}. The stack is the demo's, with "
        "12 Regions and 20 events of 234,000 seats. The functions' own code runs on DynamoDB Local, whose recorded "
        "answers are replayed with 5 ms in a Region and 0.1 s between Regions, and on a real Valkey. Elapsed times "
        "include what other programs on the machine take; processor times do not. An objective is the most that is "
        "allowed; with ≥, it is the least.\n"
    )
    yield from table(
        ("figure", "measured", "objective", "of what"),
        (
            tuple(each[part] for part in ("name", "measured", "objective", "load"))
            for each in found["figures"]
        ),
    )
