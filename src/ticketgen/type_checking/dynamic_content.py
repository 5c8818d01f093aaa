"""Find the content of ``dynamic`` blocks that Terraform evaluates.

``terraform validate`` knows no value of a variable. If it does not know ``for_each``, it only compares the content with
the schema, and resolves no reference in it. If ``for_each`` is empty, it does not look at the content at all. A plan
then evaluates the content only if a variable adds elements.

Source: https://github.com/hashicorp/hcl/blob/v2.23.0/ext/dynblock/expand_body.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from ticketgen.hcl.syntax import Block, Body, File, Reference
from ticketgen.type_checking.cty_types import TypedValue
from ticketgen.type_checking.inference import Context, infer, known_pairs

__all__ = ["Evaluated", "contents_of_loops", "loop_element", "loop_name"]


class Evaluated(IntEnum):
    """Whether Terraform evaluates some content; of content that is repeated, the greatest value counts."""

    NEVER = 0
    PERHAPS = 1
    ALWAYS = 2


def contents_of_loops(file: File, context: Context) -> Mapping[tuple[int, int], Evaluated]:
    """The first and last line of the content of each dynamic block, and whether Terraform evaluates it.

    Args:
        file: the file.
        context: the context of its expressions.
    """
    found: dict[tuple[int, int], Evaluated] = {}
    for block in file.body.blocks:
        if any(each.type == "dynamic" for each in block.body.walk()):
            _add(block.body, Evaluated.ALWAYS, context.muted(), found)
    return found


def _add(body: Body, around: Evaluated, context: Context, found: dict[tuple[int, int], Evaluated]) -> None:
    """Add the contents in a body, at any depth."""
    for block in body.blocks:
        if block.type != "dynamic" or not block.labels:
            _add(block.body, around, context, found)
            continue
        loop = block.value("for_each")
        pairs = known_pairs(infer(loop, context)) if loop is not None and around is Evaluated.ALWAYS else None
        evaluated = min(around, Evaluated.PERHAPS)
        contexts: Iterable[Context] = (context,)
        if pairs is not None:
            evaluated = Evaluated.ALWAYS if pairs else Evaluated.NEVER
            name = loop_name(block)
            contexts = [context.binding({name: loop_element(*pair)}) for pair in pairs] or contexts
        for content in block.blocks("content"):
            lines = content.line, content.end_line
            found[lines] = max(evaluated, found.get(lines, Evaluated.NEVER))
            for inner in contexts:
                _add(content.body, evaluated, inner, found)


def loop_name(block: Block) -> str:
    """The name that a dynamic block binds in its content."""
    iterator = block.value("iterator")
    return iterator.root if isinstance(iterator, Reference) else block.labels[0]


def loop_element(key: TypedValue, value: TypedValue) -> TypedValue:
    """The value of that name, for one element."""
    return TypedValue(["object", {"key": key.type, "value": value.type}], {"key": key, "value": value})
