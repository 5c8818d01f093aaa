"""Python-hcl2's reading of a text, and its way to text and back: both readings must be the same.

The trees stay in here. They are compared rule by rule and token by token, comments included, white space left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ticketgen.hcl.strict import complaints

__all__ = ["Unreadable", "round_trip", "unreadable"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why python-hcl2 cannot read a text, and where: lines and columns count from 1."""

    line: int
    column: int
    reason: str


def unreadable(text: str) -> Unreadable | None:
    """What stops python-hcl2 from reading a text that has passed `guards.refusal`; None where nothing does."""
    result = _read(text)
    return result if isinstance(result, Unreadable) else None


def round_trip(text: str) -> str:
    """What differs after the way there and back, as a sentence without a full stop; "" where nothing does.

    The text is one that python-hcl2 can read.
    """
    import hcl2

    before = _read(text)
    assert not isinstance(before, Unreadable)
    written = str(hcl2.reconstruct(before))
    after = _read(written)
    if isinstance(after, Unreadable):
        return f"what python-hcl2 writes of it cannot be read again: {after.reason}"
    for old, new in zip(_significant(before), _significant(after), strict=False):
        if old != new:
            return f"{old[1]!r} comes back as {new[1]!r}"
    if sum(1 for _ in _significant(before)) != sum(1 for _ in _significant(after)):
        return "something comes back that was not there, or does not come back"
    refused = complaints(written)
    return f"HCL's parser refuses what python-hcl2 writes of it: {refused[0].summary}" if refused else ""


def _read(text: str) -> Any:
    import hcl2
    from lark.exceptions import LarkError

    try:
        return hcl2.parses_to_tree(text)
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        return Unreadable(max(1, line or 1), max(1, column or 1), str(error).split("\n")[0].rstrip(". "))
    except RecursionError:
        return Unreadable(1, 1, "it is nested too deeply")


def _significant(tree: Any) -> Iterator[tuple[str, str]]:
    """Rules and tokens in the order in which they stand: the kind, and the text without white space around it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "children"):
            if node.data != "new_line_or_comment":
                yield "rule", str(node.data)
            waiting.extend(reversed(node.children))
        elif node is not None and str(node).strip():
            yield str(node.type), " ".join(str(node).split())
