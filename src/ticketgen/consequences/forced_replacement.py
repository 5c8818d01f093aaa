"""Decide whether the change of an argument replaces a resource."""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.aws.provider.replacement import CONDITIONS, ReplacementCondition, forces_replacement
from ticketgen.consequences.comparable_values import Comparable

__all__ = ["is_replaced_by", "is_replaced_by_any_change"]

_BUILT_IN = {"terraform_data": frozenset({"triggers_replace"})}
"""Arguments that replace resources of Terraform's own provider.

Source: https://developer.hashicorp.com/terraform/language/resources/terraform-data
"""


def is_replaced_by_any_change(type: str, path: str) -> bool:
    """Whether every change of an argument replaces a resource, also a change to a value that is not known yet."""
    return path in _BUILT_IN.get(type, ()) or forces_replacement(type, path) is True


def is_replaced_by(
    type: str,
    path: str,
    before: tuple[Comparable, ...],
    after: tuple[Comparable, ...],
    others: Mapping[str, tuple[Comparable, ...]],
) -> bool:
    """Whether the change of an argument's values replaces a resource.

    If the configuration alone does not decide it, the change counts as a replacement: a false alarm is better than an
    unannounced loss. If the provider's plans say nothing about the argument, it counts as updated in place.

    Args:
        type: the type of the resource.
        path: the path of the argument.
        before: its values, one for each block that has it.
        after: its values after the change.
        others: all arguments of the resource after the change, with their values.
    """
    if path in _BUILT_IN.get(type, ()):
        return True
    found = forces_replacement(type, path, before, after)
    if found is not None:
        return found
    condition = CONDITIONS.get((type, path))
    return condition is not None and not _is_exempt(condition, others)


def _is_exempt(condition: ReplacementCondition, others: Mapping[str, tuple[Comparable, ...]]) -> bool:
    """Whether another argument has a value that exempts the change from replacing the resource."""
    name, start = condition.unless
    return any(isinstance(each, str) and each.startswith(start) for each in others.get(name, ()))
