"""Read a history line by line, and judge it.

The file is never in memory as a whole, and a line that cannot be read is a finding.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from pydantic import ValidationError

from ticketgen.findings import Finding
from ticketgen.findings.histories import INCOMPLETE_HISTORY, MALFORMED_OPERATION
from ticketgen.history.allowances import Allowances
from ticketgen.history.judge import Judge
from ticketgen.history.line_model import OPERATIONS

__all__ = ["MAX_LINE", "Verdict", "judge"]

MAX_LINE: Final = 1_000_000
"""Limit of a line in bytes; an order of 32 seats has about 4,000."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a history, and what was judged: the number of operations, and of entries of the ledger."""

    findings: tuple[Finding, ...]
    operations: int
    entries: int


def judge(stream: BinaryIO, name: str, allowances: Allowances) -> Verdict:
    """Judge the history of a stream; findings name it `name`."""
    found = Judge(name, allowances)
    with _without_collections():
        for number, line in enumerate(_lines(stream), start=1):
            _take(found, number, line)
        return Verdict(found.findings(), found.operations, found.entries)


def _take(found: Judge, number: int, line: bytes) -> None:
    if not line.strip():
        return
    if len(line) > MAX_LINE:
        found.note(MALFORMED_OPERATION, f"the line is longer than {MAX_LINE:,} bytes", number)
        return
    try:
        operation = OPERATIONS.validate_json(line)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if not line.endswith(b"\n") and wrong["type"] == "json_invalid":
            found.note(INCOMPLETE_HISTORY, "the last line was cut off", number)
            return
        place = ".".join(map(str, wrong["loc"][1:]))
        text = wrong["msg"].removeprefix("Value error, ").partition(" at line 1 ")[0]
        found.note(MALFORMED_OPERATION, f"{place}: {text}" if place else text, number)
        return
    found.add(number, operation)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, of which one that is too long is cut."""
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE + 1)
            if not line:
                return


@contextmanager
def _without_collections() -> Iterator[None]:
    """Spare the garbage collector millions of objects that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
