"""The values of a spec draft: values that all environments share, and values of single environments."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ticketgen.adopt.find_project import shortened_name
from ticketgen.adopt.found_values import FoundValue, LeftOut, SpecPath, SpecValue, place_text
from ticketgen.spec.nodes import find, plain_value_of
from ticketgen.spec.presets import presets
from ticketgen.spec.reader import read
from ticketgen.stack.names import longest_suffix

__all__ = ["Draft", "Values", "add_defaults", "fit_names", "scalar", "shared_values", "shown"]

_PRESET: Final = "small-venue"
"""The preset whose event scale is assumed if the stack does not indicate a scale."""
_PROJECT: Final = "imported-stack"
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

Values = dict[SpecPath, FoundValue]


@dataclass(slots=True)
class Draft:
    """The values of a spec draft.

    Attributes:
        common: the values of all environments.
        own: by environment, the values that differ from the common ones.
        basis: the basis of each environment's name.
        left_out: values that are not in the spec.
        refused: the values that ticketgen refuses, each with its path.
    """

    common: Values
    own: dict[str, Values]
    basis: Mapping[str, str]
    left_out: list[LeftOut] = field(default_factory=list)
    refused: set[tuple[SpecPath, SpecValue]] = field(default_factory=set)


def shared_values(found: Mapping[str, Sequence[FoundValue | LeftOut]], basis: Mapping[str, str]) -> Draft:
    """Make a draft in which the most frequent values are the common ones.

    Args:
        found: the values by the name of the environment, in order; the first value at a path counts.
        basis: the basis of each environment's name.
    """
    draft = Draft({}, {name: {} for name in found}, basis)
    for name, each_found in found.items():
        values = draft.own[name]
        for each in each_found:
            if isinstance(each, LeftOut):
                draft.left_out.append(each)
                continue
            first = values.setdefault(each.path, each)
            if first.value != each.value and each.path[0] not in {"project", "tags"}:
                where = f" of {place_text(first.location)}" if first.location else ""
                reason = f"the spec has {shown(first.value)}{where}"
                draft.left_out.append(
                    LeftOut(
                        f"{'.'.join(each.path)} {shown(each.value)} ({each.basis})", reason, each.location
                    )
                )
    for path in dict.fromkeys(path for values in draft.own.values() for path in values):
        given = [values[path] for values in draft.own.values() if path in values]
        if len(given) < len(draft.own) and path[0] != "project":
            continue
        counts = Counter(each.value for each in given)
        most = max(counts.values())
        common = [each for each in given if counts[each.value] == most][-1]
        draft.common[path] = common
        for values in draft.own.values():
            if path in values and (values[path].value == common.value or path[0] == "project"):
                del values[path]
    return draft


def shown(value: SpecValue) -> str:
    """A value as the report shows it."""
    return ", ".join(value) if isinstance(value, tuple) else scalar(value)


def add_defaults(draft: Draft) -> None:
    """Add the values that every spec must have."""
    basis = "assumption: the stack has no name that ticketgen accepts"
    draft.common.setdefault(("project",), FoundValue(("project",), _PROJECT, basis))
    path = presets()[_PRESET].path
    preset = read(path.read_bytes(), str(path)).value
    scale = plain_value_of(find(preset, ("event_scale",))) if preset is not None else {}
    assert isinstance(scale, dict)
    for key, value in scale.items():
        where = ("event_scale", str(key))
        if any(where not in {**draft.common, **own} for own in draft.own.values()):
            basis = f"assumption: the value of the preset {_PRESET}; measure it, or take it from your sales"
            draft.common.setdefault(where, FoundValue(where, value, basis))
    per_order, per_buyer = ("event_scale", "seats_per_order"), ("event_scale", "seats_per_buyer")
    for values in (draft.common, *draft.own.values()):
        order, buyer = {**draft.common, **values}.get(per_order), {**draft.common, **values}.get(per_buyer)
        if (
            order
            and buyer
            and not order.location
            and isinstance(buyer.value, int)
            and int(str(order.value)) > buyer.value
        ):
            values[per_order] = replace(
                order, value=buyer.value, basis="assumption: as many as a buyer may have"
            )


def fit_names(draft: Draft) -> None:
    """Shorten the project's name until every name in the stack fits."""
    found = draft.common[("project",)]
    name = str(found.value)
    longest = max(map(len, draft.own))
    while len(name) > 3 and longest_suffix(name) < longest:
        shorter = shortened_name(name, len(name) - 1)
        if not shorter:
            break
        name = shorter
    if name != found.value:
        reason = f"the spec has {name}, because names that end with the environment would be too long"
        draft.left_out.append(LeftOut(f"the project's name {found.value}", reason, found.location))
        draft.common["project",] = replace(found, value=name)


def scalar(value: SpecValue) -> str:
    """A single value in YAML."""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)
