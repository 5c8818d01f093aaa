"""The way to text and back: what python-hcl2 writes of a tree must read as the same tree.

Trees are compared rule by rule and token by token, comments included, white space left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.hcl.strict import complaints
from ticketgen.hcl.tree import Tree, Unreadable, read

__all__ = ["round_trip"]


def round_trip(before: Tree) -> str:
    """What differs after the way there and back, as a sentence without a full stop; "" where nothing does."""
    import hcl2

    try:
        written = str(hcl2.reconstruct(before))
    except RecursionError:
        return "it is nested too deeply for python-hcl2 to write it"
    after = read(written)
    if isinstance(after, Unreadable):
        return f"what python-hcl2 writes of it cannot be read again: {after.reason}"
    for old, new in zip(_significant(before), _significant(after), strict=False):
        if old != new:
            return f"{old[1]!r} comes back as {new[1]!r}"
    if sum(1 for _ in _significant(before)) != sum(1 for _ in _significant(after)):
        return "something comes back that was not there, or does not come back"
    refused = complaints(written)
    return f"HCL's parser refuses what python-hcl2 writes of it: {refused[0].summary}" if refused else ""


def _significant(tree: Tree) -> Iterator[tuple[str, str]]:
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
