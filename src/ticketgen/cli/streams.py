"""Escape all text on standard output and standard error.

Text in a format of its own (a report, a document, a coloured difference) is escaped by that format, and is written
with `write_escaped` or as bytes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO

__all__ = ["EscapedStream", "escape_streams", "write_escaped"]

_HARMLESS = re.compile("[\n -~]*")


class EscapedStream:
    """A stream whose text passes through `visible_lines`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text without control characters and CI commands."""
        if not _HARMLESS.fullmatch(text) or "::" in text or "##" in text:
            from ticketgen.escaping import visible_lines

            self.stream.write(visible_lines(text))
        else:
            self.stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line as `write` does."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def escape_streams() -> None:
    """Guard standard output and standard error from now on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, EscapedStream):
            setattr(sys, name, EscapedStream(stream))


def write_escaped(text: str, *, err: bool = False) -> None:
    """Print text that is escaped already, and may contain ticketgen's colours."""
    stream = sys.stderr if err else sys.stdout
    stream = stream.stream if isinstance(stream, EscapedStream) else stream
    stream.write(text)
    stream.flush()
