"""The round trip: python-hcl2 writes a tree, and must read it as the same tree.

Trees are compared rule by rule and token by token, including comments but not white space. Only one tree is in memory
at a time: callers release the first one before `Written.difference` reads the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from ticketgen.escaping import quoted
from ticketgen.hcl.raw_tree import Tree, read
from ticketgen.hcl.reference_parser import parser_errors
from ticketgen.hcl.tokenizer import Unreadable

__all__ = ["Written", "write"]


@dataclass(frozen=True, slots=True)
class Written:
    """A tree as python-hcl2 wrote it.

    Attributes:
        text: the text; None if the tree is nested too deeply.
        significant: the rules and tokens of the tree.
    """

    text: str | None
    significant: tuple[str, ...]

    def difference(self) -> str:
        """The first difference, as a sentence without a full stop; "" for none."""
        if self.text is None:
            return "the round trip fails: the file is nested too deeply for python-hcl2"
        after = read(self.text)
        if isinstance(after, Unreadable):
            return f"the round trip fails: python-hcl2 cannot read its own output: {after.reason}"
        for old, new in zip_longest(self.significant, _significant(after)):
            if old is None or new is None:
                return "the round trip adds or drops a token"
            if old != new:
                return f"the round trip changes {_token(old)} to {_token(new)}"
        errors = parser_errors(self.text)
        return f"the round trip makes the file invalid: {errors[0].summary}" if errors else ""


def write(tree: Tree) -> Written:
    """Write a tree as text."""
    import hcl2

    try:
        text = str(hcl2.reconstruct(tree))
    except RecursionError:
        return Written(None, ())
    return Written(text, tuple(_significant(tree)))


def _significant(tree: Tree) -> Iterator[str]:
    """Rules and tokens in order: kind, NUL, and the name or normalized text."""
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


def _token(entry: str) -> str:
    return quoted(entry.partition("\0")[2])
