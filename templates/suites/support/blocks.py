"""Read a stack's files into blocks with their labels, attributes, inner blocks and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import hcl2
from lark import Token, Tree

__all__ = ["Block", "read"]


@dataclass(frozen=True)
class Block:
    """One block of HCL.

    Attributes:
        type: such as `resource` or `module`, or `ttl` of an inner block.
        labels: the strings after the type.
        attributes: their expressions, by name, unevaluated.
        blocks: the inner blocks, in order.
        place: file and line.
    """

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Tree[Token]]
    blocks: Sequence[Block]
    place: str


@cache
def read(path: str, source: str) -> tuple[Block, ...]:
    """The blocks of a file. Each text is parsed once.

    Raises:
        lark.exceptions.LarkError: the text is not HCL.
    """
    (body,) = hcl2.parses_to_tree(source).children
    assert isinstance(body, Tree)
    return tuple(
        _block(child, path) for child in body.children if isinstance(child, Tree) and child.data == "block"
    )


def _block(tree: Tree[Token], path: str) -> Block:
    *heads, body = [
        part for part in tree.children if isinstance(part, Tree) and part.data != "new_line_or_comment"
    ]
    type_, *labels = ["".join(map(str, head.scan_values(lambda _: True))).strip('"') for head in heads]
    attributes, blocks = {}, []
    for child in body.children:
        if isinstance(child, Tree) and child.data == "attribute":
            name, value = (part for part in child.children if isinstance(part, Tree))
            attributes[str(name.children[0])] = value
        elif isinstance(child, Tree) and child.data == "block":
            blocks.append(_block(child, path))
    return Block(type_, tuple(labels), attributes, tuple(blocks), f"{path}:{tree.meta.line}")
