"""Items and conditions as moto has them, made and read faster: a sale is a dozen of each.

An item that was written whole is never changed: whoever updates it stores another. So Regions share it, and its JSON
is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

__all__ = ["condition", "image", "item_from"]


def item_from(table: Table, attributes: Mapping[str, Any]) -> Item:
    """The item of some attributes in DynamoDB's JSON; moto's own constructor measures it at each of them."""
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
    """An item in DynamoDB's JSON: as it was written, or read off what an update made of it."""
    written: dict[str, Any] | None = getattr(item, "image", None)
    attributes: dict[str, Any] = item.to_json()["Attributes"] if written is None else written
    return attributes


def condition(expression: str | None, names: Any, values: Any) -> Any:
    """The parsed condition: `expr(item)` says whether it holds."""
    return _parsed(expression or "", json.dumps(names or {}), json.dumps(values or {}))


@lru_cache(maxsize=4096)
def _parsed(expression: str, names: str, values: str) -> Any:
    return get_filter_expression(expression or None, json.loads(names), json.loads(values))
