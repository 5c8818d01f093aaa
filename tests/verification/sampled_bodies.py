"""Bodies of resources with the arguments that their schema requires, and some others, for tests with Terraform."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence, Set

from ticketgen.aws.provider.schema import BlockSchema, Type

__all__ = ["sample_text", "sampled_body"]


def _sample(name: str, type: Type) -> object:
    """A value of an argument; the provider stops at an ARN that is none."""
    match type:
        case "number":
            return 1
        case "bool":
            return True
        case ["list" | "set", element]:
            return [_sample(name, element)]
        case ["map", element]:
            return {"k": _sample(name, element)}
        case ["object", fields]:
            return {field: _sample(field, each) for field, each in fields.items()}
    return "arn:aws:iam::123456789012:role/a" if "arn" in name else "a"


def sample_text(path: str, type: Type) -> str:
    """A value of an argument as it is written."""
    return json.dumps(_sample(path.rpartition(".")[2], type))


def sampled_body(
    schema: BlockSchema,
    wanted: Set[str],
    written: Callable[[str, str, Type], str],
    wrapped: Callable[[str, Sequence[str]], Sequence[str]],
    prefix: str = "",
) -> Iterator[str]:
    """The lines of a body with the arguments that must be set, and wanted ones.

    Args:
        schema: of the block with the body.
        wanted: the paths of arguments, with the names of their blocks before them.
        written: the text of a value by the path, the flags and the type of its argument.
        wrapped: the lines of a block by its name and the lines in it.
        prefix: the path of the block, with a dot at its end.
    """
    for name, (flags, type) in schema.attributes.items():
        path = f"{prefix}{name}"
        known = schema.attribute(name)
        fields = [each for each in wanted if each.startswith(f"{path}.")]
        if fields and known is not None and known.fields is not None:
            inner = [
                f"{field} = {written(f'{path}.{field}', 'o', each)}" for field, each in known.fields.items()
            ]
            yield from (f"{name} = [{{", *inner, "}]")
        elif "r" in flags or (path in wanted and "o" in flags):
            yield f"{name} = {written(path, flags, type)}"
    for name in schema.blocks:
        nested = schema.nested(name)
        path = f"{prefix}{name}"
        if nested is None or name == "timeouts":
            continue
        if nested.min_items or any(each == path or each.startswith(f"{path}.") for each in wanted):
            yield from wrapped(name, list(sampled_body(nested.block, wanted, written, wrapped, f"{path}.")))
