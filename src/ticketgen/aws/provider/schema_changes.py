"""What AWS provider 6 changed, applied to the snapshot of provider 5.100.

``scripts/provider_6_schema.py`` generates the changes from the bindings of the CDK for Terraform, which HashiCorp
published for 5.100.0 and 6.25.0. The JSON of a service maps ``resource``, ``data``, ``ephemeral`` and ``provider`` from
type to a change, or to null if the type was removed. A change has:

- ``removed``: the names that the block no longer has in that form;
- ``attributes``: new or other attributes, from name to flags and type;
- ``blocks``: new nested blocks, from name to nesting mode, minimum, maximum and a change to an empty block;
- ``nested``: changes in nested blocks, and ``limits``: their other nesting mode, minimum and maximum;
- ``open``: whether the bindings do not describe the block, so it may have any name.

The bindings do not say whether a new argument is also computed (it counts as computed), sensitive, write-only or
deprecated, and whether a new single block is an attribute that holds an object (it is accepted in both forms). They
know no minimum and maximum except one. They lack ephemeral resources. Derived from the bindings of 5.100 in the same
way, 27 of 6,024 blocks exist only there or only in 5.100, and so do 25 of 32,106 attributes; 5 types of attributes
differ. All are in the parts that the CDK leaves out, such as statements of WAF rules and definitions of QuickSight,
and those are open in 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["change_service"]

_EMPTY: Mapping[str, Any] = {"attributes": {}, "blocks": {}}


def change_service(before: Mapping[str, Any] | None, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON of a service after the changes.

    Args:
        before: the JSON of the service in 5.100; None if the service is new.
        changes: the JSON of the changes.
    """
    document = dict(before or {})
    blocks = list(document.get("blocks", ()))
    for kind, types in changes.items():
        indexes = dict(document.get(kind, {}))
        for type, change in types.items():
            if change is None:
                indexes.pop(type, None)
            else:
                old = blocks[indexes[type]] if type in indexes else _EMPTY
                indexes[type] = _add(blocks, old, change)
        document[kind] = indexes
    document["blocks"] = blocks
    return document


def _add(blocks: list[Mapping[str, Any]], old: Mapping[str, Any], change: Mapping[str, Any]) -> int:
    """Append a changed block, and return its index."""
    attributes, nested = dict(old["attributes"]), dict(old["blocks"])
    for name in change.get("removed", ()):
        attributes.pop(name, None)
        nested.pop(name, None)
    attributes.update(change.get("attributes", {}))
    for name, (*limits, inner) in change.get("blocks", {}).items():
        nested[name] = [*limits, _add(blocks, _EMPTY, inner)]
    for name, inner in change.get("nested", {}).items():
        *limits, index = nested[name]
        nested[name] = [*limits, _add(blocks, blocks[index], inner)]
    for name, limits in change.get("limits", {}).items():
        nested[name] = [*limits, nested[name][-1]]
    blocks.append({**old, "attributes": attributes, "blocks": nested, "open": change.get("open", False)})
    return len(blocks) - 1
