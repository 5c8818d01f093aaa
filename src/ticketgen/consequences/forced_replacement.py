"""Decide whether the change of an argument replaces a resource."""

from __future__ import annotations

import re

from ticketgen.aws.provider.replacement import CONDITIONS, forces_replacement, replaces
from ticketgen.consequences.comparable_values import Comparable

__all__ = ["is_replaced_by", "is_replaced_by_any_change"]

_BUILT_IN = {"terraform_data": frozenset({"triggers_replace"})}
"""Arguments that replace resources of Terraform's own provider.

Source: https://developer.hashicorp.com/terraform/language/resources/terraform-data
"""

_WHOLE = re.compile(r"-?[0-9]{1,15}")


def is_replaced_by_any_change(type: str, path: str) -> bool:
    """Whether every change of an argument replaces a resource, such as one to a value that only AWS knows yet."""
    return path in _BUILT_IN.get(type, ()) or forces_replacement(type, path) is True


def is_replaced_by(
    type: str, path: str, before: tuple[Comparable, ...], after: tuple[Comparable, ...]
) -> bool:
    """Whether the change of an argument's values replaces a resource.

    Where it depends on what the text does not tell, it counts as a replacement: a loss that does not come is better
    than one that nobody announced. An argument of which the provider's plans tell nothing counts as changed in place.

    Args:
        type: of the resource.
        path: of the argument.
        before: its values, one for each block that has it.
        after: its values after the change.
    """
    if is_replaced_by_any_change(type, path):
        return True
    if not before or not after:
        found = replaces(type, path, None if not before else True, None if not after else True)
    elif len(before) == len(after) == 1:
        found = replaces(type, path, *_literals(before[0], after[0]))
    else:
        found = replaces(type, path, len(before), len(after))
    return (type, path) in CONDITIONS if found is None else found


def _literals(before: Comparable, after: Comparable) -> tuple[object, object]:
    """The literals that two comparable values were, both of one type: 7 and 7.1 may be versions."""
    pair = (before, after)
    if all(each in {"true", "false"} for each in pair):
        return before == "true", after == "true"
    if all(isinstance(each, str) and _WHOLE.fullmatch(each) for each in pair):
        return int(str(before)), int(str(after))
    return pair
