"""Values as Terraform converts them to the type of an argument."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.provider.schema import Type
from ticketgen.hcl.primitive_conversions import primitive_number, primitive_text
from ticketgen.hcl.values import Value

__all__ = ["converted_values"]


def converted_values(value: Value, type: Type) -> Iterator[str | float]:
    """A value, or the elements of a list, as Terraform converts them to a type; none if that is impossible."""
    is_list = not isinstance(type, str)
    if is_list and not isinstance(value, list):
        return
    for each in value if is_list and isinstance(value, list) else [value]:
        converted = _converted(each, type[1] if is_list else type)
        if converted is not None:
            yield converted


def _converted(value: Value, type: Type) -> str | float | None:
    """A value as a string or a number; None if it is null or another value."""
    if type == "number":
        return primitive_number(value)
    return primitive_text(value) if type == "string" else None
