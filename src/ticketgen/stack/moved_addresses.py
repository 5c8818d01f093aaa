"""The resource addresses that versions of ticketgen have changed, from ``moved_addresses.toml``.

A change inside one state becomes a ``moved`` or ``removed`` block of the stack, which every plan follows. A change from
one state to another is a step of ``ticketgen migrate``.

Sources: https://developer.hashicorp.com/terraform/language/modules/develop/refactoring and
https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from ticketgen.rendering.quoted import RawExpression
from ticketgen.stack.roots import RootKind

__all__ = [
    "OLD_STACK",
    "AddressChange",
    "ChangeKind",
    "MovedBlock",
    "address_changes",
    "changed_places",
    "moved_blocks",
    "read_changes",
]

OLD_STACK: Final = "stack"
"""In place of a kind of root module: the single root module of an environment before 0.2.0."""

_TABLE: Final = "moved_addresses.toml"


class ChangeKind(StrEnum):
    """What becomes of an address: a block of Terraform, or a step of ``ticketgen migrate``."""

    MOVED = "moved"
    REMOVED = "removed"
    MIGRATE = "migrate"
    FORGET = "forget"
    IMPORT = "import"

    @property
    def is_step(self) -> bool:
        """Whether ``ticketgen migrate`` does it."""
        return self not in {ChangeKind.MOVED, ChangeKind.REMOVED}


@dataclass(frozen=True, slots=True)
class AddressChange:
    """One changed address; ``moved_addresses.toml`` explains the fields.

    Attributes:
        first: the oldest version whose stacks have the old address.
        before: the oldest version after it whose stacks do not.
        root: the kind of the root module, or `OLD_STACK`.
        module: the child module that has the address; "" for the root module.
        kind: what becomes of it.
        source: the old address.
        target: the new address; "" if there is none.
        target_root: the root module that gets it, of a step.
        identifier: what AWS's provider imports it by.
        destroy: whether Terraform destroys what was removed.
        reason: why it changed.
    """

    first: str
    before: str
    root: str
    module: str
    kind: ChangeKind
    source: str
    target: str = ""
    target_root: str = ""
    identifier: str = ""
    destroy: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MovedBlock:
    """A ``moved`` or ``removed`` block as the template sees it."""

    kind: str
    source: RawExpression
    target: RawExpression
    reason: str


def read_changes(text: str) -> Iterator[AddressChange]:
    """The changes in the text of a table, in its order.

    Raises:
        ValueError: the table breaks its own format.
    """
    for change in tomllib.loads(text)["change"]:
        for entry in change["address"]:
            yield from _expanded(change, entry)


@cache
def address_changes() -> tuple[AddressChange, ...]:
    """Every change, in the order of the table."""
    return tuple(read_changes(Path(__file__).with_name(_TABLE).read_text(encoding="utf-8")))


def moved_blocks(root: str, module: str) -> list[MovedBlock]:
    """The blocks of a child module, or of the root modules of a kind where the module is "".

    What Terraform destroys anyway has no block.
    """
    return [
        MovedBlock(each.kind, RawExpression(each.source), RawExpression(each.target), each.reason)
        for each in address_changes()
        if _has_block(each) and each.module == module and (module or each.root == root)
    ]


def changed_places() -> tuple[frozenset[RootKind], tuple[str, ...]]:
    """The kinds of root modules, and the child modules in alphabetical order, that have blocks."""
    blocks = [each for each in address_changes() if _has_block(each)]
    kinds = frozenset(RootKind(each.root) for each in blocks if not each.module)
    return kinds, tuple(sorted({each.module for each in blocks if each.module}))


def _has_block(change: AddressChange) -> bool:
    return change.kind is ChangeKind.MOVED or (change.kind is ChangeKind.REMOVED and not change.destroy)


def _expanded(change: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[AddressChange]:
    """One change for each name that `*` stands for."""
    for name in entry.get("names", ("",)):
        filled = {
            key: value.replace("*", name) if isinstance(value, str) and key != "reason" else value
            for key, value in entry.items()
        }
        made = AddressChange(
            first=change["first"],
            before=change["before"],
            root=filled["root"],
            module=filled.get("module", ""),
            kind=ChangeKind(filled["block"]),
            source=filled["from"],
            target=filled.get("to", ""),
            target_root=filled.get("to_root", ""),
            identifier=filled.get("id", ""),
            destroy=entry.get("destroy", True),
            reason=filled["reason"],
        )
        if made.kind.is_step != (made.root == OLD_STACK):
            raise ValueError(
                f"{made.source}: a step is from the root module {OLD_STACK!r}, a block from another"
            )
        if bool(made.target) == (made.kind is ChangeKind.REMOVED):
            raise ValueError(f"{made.source}: only a removed address has no new one")
        yield made
