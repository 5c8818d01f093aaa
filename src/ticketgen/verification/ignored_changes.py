"""The paths in ``ignore_changes``, compared with the schema of the resource.

Source: StaticValidateTraversal in
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/configschema/validate_traversal.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ticketgen.aws.provider.schema import BlockSchema, Type
from ticketgen.hcl.static_addresses import static_reference
from ticketgen.hcl.syntax import Block, Expression, GetAttribute, GetIndex, Step, Tuple

__all__ = ["IgnoredFault", "ignored_faults"]


class IgnoredFault(NamedTuple):
    """An item of ``ignore_changes`` that leads nowhere.

    Attributes:
        item: the item.
        path: the names up to the one that is wrong.
        message: what is wrong with it.
        known: the names that would be right; empty if no name would.
    """

    item: Expression
    path: str
    message: str
    known: tuple[str, ...]


def ignored_faults(resource: Block, schema: BlockSchema) -> Iterator[IgnoredFault]:
    """The items that name no attribute or block of a resource's schema."""
    for lifecycle in resource.blocks("lifecycle"):
        value = lifecycle.value("ignore_changes")
        for item in value.items if isinstance(value, Tuple) else ():
            reference = static_reference(item)
            if reference is not None:
                first = GetAttribute(reference.line, reference.column, reference.root)
                fault = _in_block(item, schema, [first, *reference.steps], "")
                if fault is not None:
                    yield fault


def _in_block(item: Expression, schema: BlockSchema, steps: Sequence[Step], path: str) -> IgnoredFault | None:
    if not steps:
        return None
    step, *rest = steps
    if not isinstance(step, GetAttribute):
        return IgnoredFault(item, path, "a key follows a single block", ())
    name = f"{path}.{step.name}" if path else step.name
    attribute, nested = schema.attribute(step.name), schema.nested(step.name)
    if attribute is not None:
        return _in_value(item, attribute.type, rest, name)
    if nested is None:
        return IgnoredFault(item, name, "there is no such attribute", (*schema.attributes, *schema.blocks))
    if nested.nesting == "set" and rest:
        return IgnoredFault(item, name, "it is a set of blocks, which have no keys", ())
    if nested.nesting == "list" and rest:
        if not isinstance(rest[0], GetIndex):
            return IgnoredFault(item, name, "it is a list of blocks, so a number must follow in brackets", ())
        rest = rest[1:]
    elif nested.nesting == "map":
        rest = rest[1:]
    return _in_block(item, nested.block, rest, name)


def _in_value(item: Expression, type: Type, steps: Sequence[Step], path: str) -> IgnoredFault | None:
    if not steps or type == "dynamic":
        return None
    step, *rest = steps
    match type:
        case ["map", element]:
            return _in_value(item, element, rest, path)
        case ["list", element] if isinstance(step, GetIndex):
            return _in_value(item, element, rest, path)
        case ["object", fields] if isinstance(step, GetAttribute):
            if step.name in fields:
                return _in_value(item, fields[step.name], rest, f"{path}.{step.name}")
            return IgnoredFault(item, f"{path}.{step.name}", "there is no such attribute", tuple(fields))
        case ["object" | "tuple", *_]:
            return None
    kind = type if isinstance(type, str) else type[0]
    return IgnoredFault(item, path, f"it is a {kind}, which has no such part", ())
