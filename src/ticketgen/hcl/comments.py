"""The comments of a text, from python-hcl2's tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.hcl.syntax import Comment
from ticketgen.hcl.tree import Tree

__all__ = ["SIGN", "comments"]

SIGN = re.compile(r"(?:[=!<>]=|&&|\|\||[-+*/%<>?])$")
"""The operator at the end of an operator's token, which also contains the preceding line end and comment."""


def comments(tree: Tree, text: str) -> Iterator[Comment]:
    """Yield every comment. The tree lacks the place of a comment before an operator, so it is found in the text."""
    from hcl2.postlexer import OPERATOR_TYPES

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
                start = text.rindex(said, 0, node.start_pos)
                column = start - text.rfind("\n", 0, start)
                yield Comment(text.count("\n", 0, start) + 1, column, said)
