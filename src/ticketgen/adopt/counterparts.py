"""Match the resources and tables of a stack with their counterparts in ticketgen's stack."""

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

__all__ = [
    "ResourceGroup",
    "TableMatch",
    "is_state_lock",
    "match_tables",
    "resource_groups",
    "table_consequence",
]

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
"""Words in names that suggest what a table holds, in any order."""
_WORD: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """The resources of one type.

    Attributes:
        type: the type.
        counterpart: ticketgen's counterpart; "" if there is none.
        advice: what to do if there is no counterpart.
        addresses: the resources, each with its place.
    """

    type: str
    counterpart: str
    advice: str
    addresses: tuple[tuple[str, Location], ...]


@dataclass(frozen=True, slots=True)
class TableMatch:
    """A table of the stack, and the most similar table of ticketgen.

    Attributes:
        address: the address of the table.
        location: where it is declared.
        name: its name, with a question mark for each unknown part.
        keys: its partition and sort key.
        ours: the middle part of the name of ticketgen's table; "" if none is similar.
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
    groups: dict[str, set[tuple[Location, str]]] = {}
    for each in resources:
        groups.setdefault(each.type, set()).add((each.location, each.address))
    for call in remote:
        groups.setdefault("module", set()).add((call.location, f"module.{call.name}"))
    return tuple(
        ResourceGroup(
            type,
            counterpart_of(type),
            _advice(type),
            tuple((address, location) for location, address in sorted(found)),
        )
        for type, found in sorted(groups.items(), key=lambda item: (not counterpart_of(item[0]), item[0]))
    )


def _advice(type: str) -> str:
    if type == "module":
        return "its source is not a folder of this directory, so its resources are unknown"
    return "" if counterpart_of(type) else advice_for(type)


def is_state_lock(resource: PlacedResource) -> bool:
    """Whether a resource is the table that locks Terraform's state.

    Source: https://developer.hashicorp.com/terraform/language/backend/s3#dynamodb-state-locking
    """
    return resource.type == "aws_dynamodb_table" and resource.value("hash_key") == "LockID"


def match_tables(tables: Iterable[PlacedResource], project: str, environment: str) -> Iterator[TableMatch]:
    """Yield each table with the most similar one of ticketgen's."""
    ours = [(each.what, tuple(filter(None, (each.hash_key, each.range_key)))) for each in SHARED_TABLES]
    ours.append((_LOCKS[0], (_LOCKS[1],)))
    seen: set[tuple[Location, str]] = set()
    for table in tables:
        name = table.text("name")
        if (table.location, name) in seen:
            continue  # already seen in another call of its module
        seen.add((table.location, name))
        if is_state_lock(table):
            continue
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
    """How similar two tables are: equal keys count most, then words in the names."""
    words = " ".join(_WORD.findall(f"{table.declared.name} {name}".lower()))
    hits = sum(words.count(word) > 0 for word in _WORDS[what])
    # The last words of a name such as ticket-sales or seat-locks are the most specific ones.
    last = max((words.rfind(word) for word in _WORDS[what]), default=-1)
    return 3 * (keys == our_keys) + hits + max(0, last) / 1000


def table_consequence(table: TableMatch) -> str:
    """What adopting means for a table and its data."""
    if not table.ours:
        return "ticketgen has no similar table: keep it in a root module of your own"
    our = f"{table.our_name} ({', '.join(table.our_keys)})"
    if table.ours == _LOCKS[0]:
        return f"like {our}: no data to move, because locks expire"
    if not table.same_keys:
        return (
            f"most like {our}: the keys differ, so it can neither be renamed nor imported; load its data into "
            "the new table"
        )
    if table.name != table.our_name:
        return (
            f"the same keys as {our}, but another name, so an import would replace it; load its data into the new "
            "table"
        )
    return f"the name of {our} is taken: choose another project name, and load its data into the new table"
