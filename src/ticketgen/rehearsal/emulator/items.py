"""Faster construction and reading of moto's items and conditions: a sale needs a dozen of each.

An item that was put is never changed, because an update stores a new item. So Regions share it, and its JSON is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

__all__ = ["condition", "image", "item_from", "key_of", "remove", "store"]


def item_from(table: Table, attributes: Mapping[str, Any]) -> Item:
    """An item from DynamoDB's JSON; moto's constructor would measure the item again at every attribute."""
    item: Any = Item.__new__(Item)
    item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    for name, value in attributes.items():
        dict.__setitem__(item.attrs, name, DynamoType(value))
    item.hash_key = item.attrs[table.hash_key_attr]
    item.range_key = item.attrs[table.range_key_attr] if table.range_key_attr else None
    item.image = attributes
    found: Item = item
    return found


def image(item: Any) -> dict[str, Any]:
    """An item in DynamoDB's JSON: as it was put, or converted if an update changed it."""
    written: dict[str, Any] | None = getattr(item, "image", None)
    attributes: dict[str, Any] = item.to_json()["Attributes"] if written is None else written
    return attributes


def condition(expression: str | None, names: Any, values: Any) -> Any:
    """The parsed condition; `expr(item)` tells whether it holds."""
    return _parsed(expression or "", json.dumps(names or {}), json.dumps(values or {}))


@lru_cache(maxsize=4096)
def _parsed(expression: str, names: str, values: str) -> Any:
    return get_filter_expression(expression or None, json.loads(names), json.loads(values))


def key_of(table: Table, item: Item) -> tuple[str, ...]:
    """The values of an item's key attributes."""
    return tuple(str(item.attrs[name].value) for name in table.table_key_attrs)


def store(table: Any, item: Item) -> None:
    """Store an item as it is, and report the change."""
    if table.range_key_attr:
        old = table.items[item.hash_key].get(item.range_key)
        table.items[item.hash_key][item.range_key] = item
    else:
        old = table.items.get(item.hash_key)
        table.items[item.hash_key] = item
    if table.stream_shard is not None:
        table.stream_shard.add(old, item)


def remove(table: Table, key: tuple[str, ...]) -> None:
    """Delete the item with a key."""
    kinds = (table.hash_key_type, table.range_key_type)
    parts = [DynamoType({kind: part}) for kind, part in zip(kinds, key, strict=False) if kind]
    table.delete_item(parts[0], parts[1] if len(parts) > 1 else None)
