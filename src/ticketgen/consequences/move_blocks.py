"""``moved``, ``removed`` and ``import`` blocks: what Terraform does to a state before it compares.

Sources: https://developer.hashicorp.com/terraform/language/moved,
https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources and
https://developer.hashicorp.com/terraform/language/import
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.consequences.resource_instances import scopes_of
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import Block, Expression, GetAttribute, GetIndex, Literal, Reference

__all__ = ["StateChanges", "state_changes"]

_MAX_MOVES = 50
"""Limit of moves of one address, one after the other: a cycle would not end."""


@dataclass(frozen=True, slots=True)
class StateChanges:
    """The blocks of a root module that change its state.

    Attributes:
        moves: pairs of addresses, of resources, instances or modules.
        forgotten: addresses that leave the state, while the resource stays.
        imported: addresses whose resources exist before they are in the state.
    """

    moves: tuple[tuple[str, str], ...] = ()
    forgotten: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()

    def moved(self, address: str) -> str:
        """The address after all moves."""
        seen = {address}
        for _ in range(_MAX_MOVES):
            after = self._moved_once(address)
            if after is None or after in seen:
                break
            seen.add(after)
            address = after
        return address

    def _moved_once(self, address: str) -> str | None:
        for start, end in self.moves:
            rest = _below(address, start)
            # From an address without a key to one with a key: only the instance without a key moves.
            gains_key = end.endswith("]") and not start.endswith("]")
            if rest is not None and not (gains_key and rest.startswith("[")):
                return end + rest
        return None

    def forgets(self, address: str) -> bool:
        """Whether an address leaves the state, while its resource stays."""
        return any(_below(address, each) is not None for each in self.forgotten)


def _below(address: str, start: str) -> str | None:
    """What follows in an address after another one that contains it; None if that does not contain it."""
    rest = address[len(start) :] if address.startswith(start) else "?"
    return rest if not rest or rest[0] in ".[" else None


def state_changes(root: Scope) -> StateChanges:
    """The blocks of a root module and of the modules that it calls.

    Modules with several instances are not followed: their blocks have no effect here.
    """
    moves, forgotten, imported = [], [], []
    for scope in scopes_of(root):
        path = f"{scope.path}." if scope.path else ""
        for block in scope.module.blocks():
            if block.type == "moved":
                pair = _written(block.value("from")), _written(block.value("to"))
                if pair[0] and pair[1]:
                    moves.append((path + pair[0], path + pair[1]))
            elif block.type == "removed" and not _destroys(block):
                forgotten += [path + each for each in _one(block, "from")]
            elif block.type == "import":
                imported += [path + each for each in _one(block, "to")]
    return StateChanges(tuple(moves), tuple(forgotten), tuple(imported))


def _one(block: Block, name: str) -> Iterator[str]:
    address = _written(block.value(name))
    if address:
        yield address


def _destroys(block: Block) -> bool:
    """Whether a ``removed`` block destroys the resource, which is its default."""
    values = (lifecycle.value("destroy") for lifecycle in block.blocks("lifecycle"))
    return not any(isinstance(value, Literal) and value.value is False for value in values)


def _written(address: Expression | None) -> str:
    """An address as Terraform writes it; "" if it is none."""
    if not isinstance(address, Reference):
        return ""
    text = address.root
    for step in address.steps:
        if isinstance(step, GetAttribute):
            text += f".{step.name}"
        elif isinstance(step, GetIndex) and isinstance(step.key, Literal):
            key = step.key.value
            text += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
        else:
            return ""
    return text
