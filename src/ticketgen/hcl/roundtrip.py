"""The way to text and back: what python-hcl2 writes of a tree must read as the same tree.

Trees are compared rule by rule and token by token, comments included, white space left out. One tree is alive at a
time.
"""

from __future__ import annotations

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
    went = _significant(before)
    del before
    after = read(written)
    if isinstance(after, Unreadable):
        return f"what python-hcl2 writes of it cannot be read again: {after.reason}"
    came = _significant(after)
    if went != came:
        return _difference(went, came)
    refused = complaints(written)
    return f"HCL's parser refuses what python-hcl2 writes of it: {refused[0].summary}" if refused else ""


def _significant(tree: Tree) -> list[str]:
    """Rules and tokens in the order in which they stand: the kind, NUL, and a token's text without white space."""
    found = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "children"):
            if node.data != "new_line_or_comment":
                found.append(f"rule\0{node.data}")
            waiting.extend(reversed(node.children))
        elif node is not None:
            text = " ".join(node.split())
            if text:
                found.append(f"{node.type}\0{text}")
    return found


def _difference(went: list[str], came: list[str]) -> str:
    for old, new in zip(went, came, strict=False):
        if old != new:
            return f"{_shown(old)!r} comes back as {_shown(new)!r}"
    return "something comes back that was not there, or does not come back"


def _shown(entry: str) -> str:
    return entry.partition("\0")[2]
