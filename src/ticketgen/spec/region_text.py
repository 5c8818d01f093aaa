"""Write the Regions of environments into the text of a spec."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import Map, Sequence, plain_value_of
from ticketgen.spec.yaml_edits import (
    Replacement,
    apply_replacements,
    compose,
    insert_entry,
    insert_item,
    remove_entry,
    remove_item,
    replace_value,
    value_of,
)

__all__ = ["Key", "UnnamedEnvironment", "edit_text"]

Key = Literal["regions", "retired_regions", "opt_in_regions", "secondary_region"]
"""A key whose value names Regions."""

_PREDECESSORS: dict[Key, tuple[str, ...]] = {
    "regions": ("secondary_region", "primary_region", "extends", "project", "version"),
    "retired_regions": ("regions", "secondary_region", "primary_region", "extends", "project", "version"),
    "opt_in_regions": ("regions", "secondary_region", "primary_region", "extends", "project", "version"),
    "secondary_region": ("primary_region", "regions", "extends", "project", "version"),
}
"""The keys that may have to be added, each with the keys that it may follow; the first existing one is used."""


class UnnamedEnvironment(Exception):
    """Error for an environment of the preset that the spec does not name."""


def edit_text(
    document: SpecDocument,
    text: str,
    project: Project,
    environments: Collection[Environment],
    key: Key,
    region: str,
    *,
    add: bool,
) -> str:
    """Add the Region to a key of the environments, or remove it.

    Args:
        document: the spec before any edit.
        text: its text, which may contain edits of other keys.
        project: the spec, resolved.
        environments: the environments that change.
        key: the key to edit.
        region: the Region.
        add: whether to add it.

    Raises:
        UnnamedEnvironment: the text has no place for the value of an environment.
    """
    if not environments:
        return text
    replacements: list[Replacement] = []
    top = compose(text)
    own = [each for each in environments if _own_value(top, each, key) is not None]
    for each in own:
        replacements += _edit_value(text, value_of(top, "environments", each.name), key, region, add)
    sharing = [each.name for each in project.environments if _own_value(top, each, key) is None]
    shared = [each for each in environments if each not in own]
    value = (
        region if key == "secondary_region" else _changed_list(_inherited_list(document, key), region, add)
    )
    if shared and len(shared) == len(sharing):
        if value_of(top, key) is not None:
            replacements += _edit_value(text, top, key, region, add)
        else:
            replacements += insert_entry(text, top, key, value, after=_predecessor(top, key))
    else:
        for each in shared:
            where = value_of(top, "environments", each.name)
            if where is None:
                raise UnnamedEnvironment(each.name)
            parent = value_of(top, "environments")
            inline = isinstance(parent, CollectionNode) and bool(parent.flow_style)
            after = _predecessor(where, key) if key == "secondary_region" else ""
            quote = _json_quote(top)
            replacements += insert_entry(text, where, key, value, after=after, inline=inline, quote=quote)
    return apply_replacements(text, replacements)


def _json_quote(top: Node) -> str:
    """The quote around keys and words in a JSON spec; "" for a spec in YAML style."""
    is_json = isinstance(top, MappingNode) and top.flow_style and top.value and top.value[0][0].style == '"'
    return '"' if is_json else ""


def _predecessor(node: Node, key: Key) -> str:
    """The existing key after which to insert a new one; "" if there is none."""
    entries = {name.value for name, _ in node.value} if isinstance(node, MappingNode) else set()
    return next((name for name in _PREDECESSORS[key] if name in entries), "")


def _own_value(top: Node, environment: Environment, key: Key) -> Node | None:
    return value_of(top, "environments", environment.name, key)


def _edit_value(text: str, parent: Node | None, key: Key, region: str, add: bool) -> list[Replacement]:
    assert isinstance(parent, MappingNode)
    node = value_of(parent, key)
    if not isinstance(node, SequenceNode):
        return replace_value(text, parent, key, region)
    if add:
        return insert_item(text, node, region)
    return remove_item(text, node, region) if len(node.value) > 1 else remove_entry(text, parent, key)


def _inherited_list(document: SpecDocument, key: Key) -> list[str]:
    """The list that an environment inherits, in the order in which it was written."""
    for root in (document.root, document.preset):
        node = root.entries.get(key) if isinstance(root, Map) else None
        if isinstance(node, Sequence):
            return [str(plain_value_of(item)) for item in node.items]
    return []


def _changed_list(regions: Collection[str], region: str, add: bool) -> list[str]:
    return [*regions, region] if add else [each for each in regions if each != region]
