"""Plain, frozen data: the only values that a template gets or can make.

`to_plain` is the boundary. Models, dataclasses, enumerations and paths stay on this side of it; templates get text,
numbers, `Items` and `Data`, which cannot be changed, and the markers `RawExpression` and `Quoted`. None of them has an
attribute or a method that a template can reach, except those that the environment itself grants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from types import NoneType
from typing import Any, NoReturn

from markupsafe import Markup
from pydantic import BaseModel

from ticketgen.rendering.quoted import Quoted, RawExpression

__all__ = ["METHODS", "PLAIN", "Data", "Items", "depth", "to_plain", "weight"]

METHODS = ("get", "items", "keys", "values")
"""The methods of `Data` that a template may call."""

_LEAF_WEIGHT = 32  # the weight of a value in addition to its characters


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} cannot be changed")


class Items(tuple[Any, ...]):
    """A frozen list of plain values, with its total weight and depth."""

    weight: int
    depth: int

    def __new__(cls, values: Iterable[object] = ()) -> Items:
        """Take plain values as they are."""
        items = super().__new__(cls, values)
        items.__dict__["weight"] = _LEAF_WEIGHT + sum(map(weight, items))
        items.__dict__["depth"] = 1 + max(map(depth, items), default=0)
        return items

    __setattr__ = __delattr__ = _refuse


class Data(Mapping[str, Any]):
    """A frozen mapping of names to plain values, with its total weight and depth."""

    __slots__ = ("_entries", "depth", "weight")

    _entries: dict[str, Any]
    weight: int
    depth: int

    def __init__(self, entries: Iterable[tuple[str, object]] = ()) -> None:
        kept = dict(entries)
        object.__setattr__(self, "_entries", kept)
        object.__setattr__(
            self, "weight", _LEAF_WEIGHT + sum(weight(name) + weight(value) for name, value in kept.items())
        )
        object.__setattr__(self, "depth", 1 + max(map(depth, kept.values()), default=0))

    __setattr__ = __delattr__ = _refuse

    def __getitem__(self, name: str) -> Any:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._entries

    def __repr__(self) -> str:
        return f"Data({self._entries!r})"


PLAIN: frozenset[type] = frozenset({str, int, float, bool, NoneType, Items, Data, RawExpression, Quoted})
"""The types of plain values, exactly: a subclass may bring methods of its own."""


def weight(value: object) -> int:
    """The size of a value in characters, an upper bound for the work of reading it."""
    if isinstance(value, Items | Data):
        return value.weight
    if isinstance(value, str):
        return _LEAF_WEIGHT + len(value)
    if isinstance(value, Quoted):
        return _LEAF_WEIGHT + len(value.__html__())
    return _LEAF_WEIGHT + len(value.text) if isinstance(value, RawExpression) else _LEAF_WEIGHT


def depth(value: object) -> int:
    """The nesting of lists and mappings in a value; 0 for anything else."""
    return value.depth if isinstance(value, Items | Data) else 0


def to_plain(value: object) -> Any:
    """A value as plain data.

    A model or dataclass becomes `Data` of its fields and properties.

    Raises:
        TypeError: the value, or one in it, is of another type.
    """
    if type(value) in PLAIN or type(value) is Markup:
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, list | tuple):
        return Items(map(to_plain, value))
    if isinstance(value, BaseModel):
        return _from_dataclass(value, type(value).model_fields)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        computed = [name for name, each in vars(type(value)).items() if isinstance(each, property)]
        return _from_dataclass(value, [*names, *computed])
    if isinstance(value, Mapping):
        return Data((_check_name(name), to_plain(each)) for name, each in value.items())
    raise TypeError(f"a {type(value).__name__} is not data that a template can hold")


def _check_name(value: object) -> str:
    name = to_plain(value)
    if type(name) is not str:
        raise TypeError(f"a mapping in a template has text as keys, not a {type(value).__name__}")
    return name


def _from_dataclass(value: object, names: Iterable[str]) -> Data:
    shadowed = [name for name in names if name in METHODS]
    if shadowed:
        raise TypeError(f"{type(value).__name__}.{shadowed[0]} has the name of a mapping's method")
    return Data((name, to_plain(getattr(value, name))) for name in names if not name.startswith("_"))
