"""Follow the steps into a resource through its nested blocks.

Terraform does so for steps whose keys are literals, up to the first attribute of a schema.
Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/configschema/validate_traversal.go
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ticketgen.aws.provider.schema import BlockSchema
from ticketgen.hcl.syntax import GetAttribute, GetIndex, Literal, Step

__all__ = ["UnknownStep", "unknown_step"]


class UnknownStep(NamedTuple):
    """A step to a name that a block does not have: the step, its dotted path, and the names that there are."""

    step: GetAttribute
    path: str
    known: tuple[str, ...]


def unknown_step(schema: BlockSchema, steps: Sequence[Step]) -> UnknownStep | None:
    """The first step to an unknown name; None if there is none, or Terraform does not check it."""
    path = ""
    waiting = list(reversed(steps))
    while waiting:
        step = waiting.pop()
        if not isinstance(step, GetAttribute) or schema.is_open or step.name in schema.attributes:
            return None
        if step.name not in schema.blocks:
            known = tuple(dict.fromkeys((*schema.attributes, *schema.blocks)))
            return UnknownStep(step, path + step.name, known)
        nested = schema.nested(step.name)
        if nested is None or nested.nesting == "set":
            return None
        if nested.nesting in {"list", "map"}:
            index = waiting.pop() if waiting else None
            if not isinstance(index, GetIndex) or not isinstance(index.key, Literal):
                return None
        schema, path = nested.block, f"{path}{step.name}."
    return None
