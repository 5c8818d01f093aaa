"""The way to text and back: what python-hcl2 writes of a tree must read as the same tree.

Trees are compared rule by rule and token by token, comments included, white space left out. One tree is alive at a
time: whoever has the first lets it go between the way there and the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from ticketgen.hcl.strict import complaints
from ticketgen.hcl.tree import Tree, Unreadable, read

__all__ = ["Written", "write"]


@dataclass(frozen=True, slots=True)
class Written:
    """What python-hcl2 wrote of a tree.

    Attributes:
        text: None where it is nested too deeply to be written.
        significant: the tree's rules and tokens.
    """

    text: str | None
    significant: tuple[str, ...]

    def difference(self) -> str:
        """What differs after the way back, as a sentence without a full stop; "" where nothing does."""
        if self.text is None:
            return "it is nested too deeply for python-hcl2 to write it"
        after = read(self.text)
        if isinstance(after, Unreadable):
            return f"what python-hcl2 writes of it cannot be read again: {after.reason}"
        for went, came in zip_longest(self.significant, _significant(after)):
            if went is None or came is None:
                return "something comes back that was not there, or does not come back"
            if went != came:
                return f"{_shown(went)!r} comes back as {_shown(came)!r}"
        refused = complaints(self.text)
        return f"HCL's parser refuses what python-hcl2 writes of it: {refused[0].summary}" if refused else ""


def write(tree: Tree) -> Written:
    """The way there."""
    import hcl2

    try:
        text = str(hcl2.reconstruct(tree))
    except RecursionError:
        return Written(None, ())
    return Written(text, tuple(_significant(tree)))


def _significant(tree: Tree) -> Iterator[str]:
    """Rules and tokens in the order in which they stand: the kind, NUL, and a token's text without white space."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "children"):
            if node.data != "new_line_or_comment":
                yield f"rule\0{node.data}"
            waiting.extend(reversed(node.children))
        elif node is not None:
            text = " ".join(node.split())
            if text:
                yield f"{node.type}\0{text}"


def _shown(entry: str) -> str:
    return entry.partition("\0")[2]
