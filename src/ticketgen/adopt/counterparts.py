"""Which resources of a stack have a counterpart in ticketgen's, and what adopting means for its tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ticketgen.adopt.counterpart_table import advice_for, counterpart_of
from ticketgen.adopt.placement import PlacedResource
from ticketgen.findings import Location
from ticketgen.hcl.declarations import Declaration
from ticketgen.stack.context import SHARED_TABLES

__all__ = ["ResourceGroup", "TableMatch", "match_tables", "resource_groups"]

_LOCKS: Final = ("distributed-locks", "lock_key", "")
_WORDS: Final = {
    "events": ("event", "show", "concert", "schedule", "venue"),
    "ticket-inventory": ("inventory", "seat", "ticket", "availability", "stock"),
    "ticket-sales": (
        "sale",
        "order",
        "purchase",
        "ledger",
        "booking",
        "transaction",
        "reservation",
        "payment",
    ),
    "corrections": ("correction", "audit", "reconcil", "discrepan"),
    "distributed-locks": ("lock", "lease", "hold", "mutex"),
}
"""Parts of names that tell what a table holds; the order of the words in a name does not count."""
_WORD: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """The resources of one type.

    Attributes:
        type: the type.
        counterpart: what ticketgen has in its place; "" if nothing.
        advice: what to do if there is no counterpart.
        addresses: the resources, each with its place.
    """

    type: str
    counterpart: str
    advice: str
    addresses: tuple[tuple[str, Location], ...]


@dataclass(frozen=True, slots=True)
class TableMatch:
    """A table of the stack, and ticketgen's table that is most like it.

    Attributes:
        address: the address of the table.
        location: where it is declared.
        name: its name, with a question mark for each unknown part.
        keys: its partition and sort key.
        ours: the middle of the name of ticketgen's table; "" if none is like it.
        our_name: the name of ticketgen's table.
        our_keys: its keys.
        same_keys: whether both have the same keys.
    """

    address: str
    location: Location
    name: str
    keys: tuple[str, ...]
    ours: str
    our_name: str
    our_keys: tuple[str, ...]
    same_keys: bool


def resource_groups(
    resources: Iterable[PlacedResource], remote: Iterable[Declaration]
) -> tuple[ResourceGroup, ...]:
    """The resources by type, each once; calls of modules that were not read count as the type ``module``."""
    groups: dict[str, dict[str, Location]] = {}
    for each in resources:
        groups.setdefault(each.type, {}).setdefault(each.address, each.location)
    for call in remote:
        groups.setdefault("module", {}).setdefault(f"module.{call.name}", call.location)
    return tuple(
        ResourceGroup(
            type,
            counterpart_of(type),
            _advice(type),
            tuple(sorted(found.items(), key=lambda item: (item[1], item[0]))),
        )
        for type, found in sorted(groups.items(), key=lambda item: (not counterpart_of(item[0]), item[0]))
    )


def _advice(type: str) -> str:
    if type == "module":
        return "its source is not a folder of this directory, so its resources are unknown"
    return "" if counterpart_of(type) else advice_for(type)


def match_tables(tables: Iterable[PlacedResource], project: str, environment: str) -> Iterator[TableMatch]:
    """Yield each table with the most similar one of ticketgen's."""
    ours = [(each.what, tuple(filter(None, (each.hash_key, each.range_key)))) for each in SHARED_TABLES]
    ours.append((_LOCKS[0], (_LOCKS[1],)))
    seen: set[tuple[str, str]] = set()
    for table in tables:
        name = table.text("name")
        if (table.address, name) in seen:
            continue
        seen.add((table.address, name))
        keys = tuple(filter(None, (table.text("hash_key"), table.text("range_key"))))
        what, our_keys = max(ours, key=lambda each: _similarity(table, name, keys, *each))
        if _similarity(table, name, keys, what, our_keys) < 1:
            what, our_keys = "", ()
        our_name = f"{project}-{what}-{environment}" if what else ""
        yield TableMatch(
            table.address,
            table.location,
            name,
            keys,
            what,
            our_name,
            our_keys,
            bool(what) and keys == our_keys,
        )


def _similarity(
    table: PlacedResource, name: str, keys: tuple[str, ...], what: str, our_keys: tuple[str, ...]
) -> float:
    """How alike two tables are: same keys count most, then what the names say."""
    words = " ".join(_WORD.findall(f"{table.declared.name} {name}".lower()))
    hits = sum(words.count(word) > 0 for word in _WORDS[what])
    # The more specific meaning of a name such as ticket-sales or seat-locks is that of its last words.
    last = max((words.rfind(word) for word in _WORDS[what]), default=-1)
    return 3 * (keys == our_keys) + hits + max(0, last) / 1000
