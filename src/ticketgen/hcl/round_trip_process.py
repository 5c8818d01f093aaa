"""Round trips in a second process, while the first process checks the same files.

A round trip is half of the work on a file, and depends only on the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.second_process import SecondProcess, serve

__all__ = ["MIN_CHARACTERS", "RoundTrips"]

MIN_CHARACTERS: Final = 100_000
"""Fewer are read faster than the process starts."""
_TIME_SHARE: Final = 0.4


class RoundTrips:
    """Round trips of some files in a second process, which starts immediately.

    Args:
        texts: the texts by path; the paths serve only as names.
        budget: the budget of the directory.

    Attributes:
        process: the second process.
    """

    def __init__(self, texts: Mapping[str, str], budget: Budget | None = None) -> None:
        self.process = SecondProcess(__name__, dict(texts), budget or Budget(), _TIME_SHARE)

    def differences(self) -> Mapping[str, str]:
        """Wait for the differences by path, "" for none; unanswered paths are missing."""
        found: dict[str, str] = {}
        for answer in self.process.answers():
            if isinstance(answer, dict):
                found |= {path: each for path, each in answer.items() if isinstance(each, str)}
        return found


def _differences(texts: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    from ticketgen.hcl.guards import refusal
    from ticketgen.hcl.raw_tree import read
    from ticketgen.hcl.reference_parser import parser_errors
    from ticketgen.hcl.roundtrip import write
    from ticketgen.hcl.tokenizer import Unreadable

    for path, text in texts.items():
        if refusal(text) or parser_errors(text):
            continue  # the caller reports these itself and needs no answer
        tree = read(text)
        if not isinstance(tree, Unreadable):
            written = write(tree)
            del tree
            yield {path: written.difference()}


if __name__ == "__main__":
    serve(_differences)
