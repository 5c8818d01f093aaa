"""Standard output and standard error: all text passes through here and is escaped.

What has a format of its own (a report, a document, a coloured difference) is escaped by that format, and goes around
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
    """A stream whose text is shown by `visible_lines`; for everything else it is the stream itself."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text without control characters or commands for the CI in it."""
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
    """Print text that is escaped already, with the control characters that ticketgen itself adds: colours."""
    stream = sys.stderr if err else sys.stdout
    stream = stream.stream if isinstance(stream, EscapedStream) else stream
    stream.write(text)
    stream.flush()
