"""The comments of a text, from python-hcl2's tree."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from ticketgen.hcl.syntax import Comment
from ticketgen.hcl.tree import Tree

__all__ = ["SIGN", "comments"]

SIGN = re.compile(r"(?:[=!<>]=|&&|\|\||[-+*/%<>?])$")
"""The operator at the end of an operator's token, which also contains the preceding line end and comment."""

_LINE_END = re.compile(r"\n")


def comments(tree: Tree, text: str) -> Iterator[Comment]:
    """Yield every comment. The tree lacks the place of a comment before an operator, so it is found in the text."""
    from hcl2.postlexer import OPERATOR_TYPES

    line_ends: list[int] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "children"):
            waiting.extend(reversed(node.children))
        elif node is None:
            continue
        elif node.type == "NL_OR_COMMENT":
            if node.strip():
                yield Comment(node.line, node.column, node.rstrip("\r\n"))
        elif node.type in OPERATOR_TYPES and len(node) > 2:
            said = SIGN.sub("", node).strip()
            if said:
                line_ends = line_ends or [-1, *(end.start() for end in _LINE_END.finditer(text))]
                start = text.rindex(said, 0, node.start_pos)
                line = bisect_left(line_ends, start)
                yield Comment(line, start - line_ends[line - 1], said)
