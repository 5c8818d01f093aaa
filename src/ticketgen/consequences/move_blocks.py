"""``moved``, ``removed`` and ``import`` blocks: changes that Terraform makes to a state before it plans.

Sources: https://developer.hashicorp.com/terraform/language/moved,
https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources and
https://developer.hashicorp.com/terraform/language/import
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ticketgen.consequences.comparable_values import ReferredResource
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.module_instances import key_text, module_instances
from ticketgen.hcl.syntax import Block, Expression, GetAttribute, GetIndex, Literal, Reference

__all__ = ["StateChanges", "state_changes"]

_MAX_MOVES = 50
"""Maximum length of a chain of moves from one address, so that a cycle ends."""

_PART = re.compile(r'\[(?:"(?:[^"\\]|\\.)*+"|[^]["]*+)\]|[.]|[^.\[]++')
"""The parts of an address: names, dots and instance keys."""


@dataclass(frozen=True, slots=True)
class StateChanges:
    """The blocks of a root module that change its state.

    Attributes:
        moves: pairs of old and new address, of resources, instances or modules; the first move of an address counts.
        forgotten: addresses that leave the state, although their resources stay in AWS.
        imported: addresses whose resources exist in AWS but not yet in the state.
    """

    moves: Mapping[str, str] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()

    def all_moved(self, addresses: Iterable[str], wanted: Collection[str]) -> Mapping[str, str]:
        """The addresses after all moves → the addresses before them.

        Args:
            addresses: the addresses in the state.
            wanted: the addresses in the new configuration.
        """
        # Terraform does not move an instance to an address that another instance keeps.
        ways = sorted((self._way(each, wanted) for each in addresses), key=len)
        found: dict[str, str] = {}
        for way in ways:
            found[way[0] if way[-1] in found else way[-1]] = way[0]
        return found

    def renamed(self, referred: ReferredResource) -> ReferredResource:
        """A reference to a resource that is at another address after all moves."""
        key = referred.key if isinstance(referred.key, str) else ""
        address = self._way(referred.address + key, ())[-1]
        if address == referred.address + key:
            return referred
        parts = _PART.findall(address)
        new_key = parts[-1] if parts[-1].startswith("[") else ""
        # References to resources in modules have no keys of the modules.
        declared = "".join(part for part in parts if not part.startswith("["))
        return replace(
            referred, address=declared, key=new_key if isinstance(referred.key, str) else referred.key
        )

    def forgets(self, address: str) -> bool:
        """Whether an address leaves the state, although its resource stays in AWS."""
        return any(each in self.forgotten for each in _containers(address))

    def _way(self, address: str, wanted: Collection[str]) -> tuple[str, ...]:
        """An address, followed by the addresses that it moves to, in order."""
        way = [address]
        while len(way) <= _MAX_MOVES:
            after = self._moved_once(way[-1])
            if after is None:
                break
            if after in way:  # Terraform refuses a cycle
                return (address,)
            way.append(after)
        if len(way) == 1 and address not in wanted:
            # https://developer.hashicorp.com/terraform/language/modules/develop/refactoring: with a new count, or
            # without it, the resource is the instance 0.
            other = address.removesuffix("[0]") if address.endswith("[0]") else f"{address}[0]"
            if other in wanted:
                way.append(other)
        return tuple(way)

    def _moved_once(self, address: str) -> str | None:
        for start in _containers(address):
            end = self.moves.get(start)
            rest = address[len(start) :]
            # From an address without a key to one with a key: only the instance without a key moves.
            gains_key = end is not None and end.endswith("]") and not start.endswith("]")
            if end is not None and not (gains_key and rest.startswith("[")):
                return end + rest
        return None


def _containers(address: str) -> Iterator[str]:
    """An address, then the addresses of the resource and the modules that contain it."""
    yield address
    for part in reversed([*_PART.finditer(address)]):
        if part.start() and part[0] != ".":
            yield address[: part.start()].removesuffix(".")


def state_changes(values: Evaluator, root: Scope) -> StateChanges:
    """Collect the blocks of a root module and of the modules that it calls."""
    moves: dict[str, str] = {}
    forgotten, imported = [], []
    for module in module_instances(values, root):
        for block in module.scope.module.blocks():
            if block.type == "moved":
                start, end = _written(block.value("from")), _written(block.value("to"))
                if start and end:
                    moves.setdefault(module.path + start, module.path + end)
            elif block.type == "removed" and not _destroys(block):
                forgotten += [module.path + each for each in _one(block, "from")]
            elif block.type == "import":
                imported += [module.path + each for each in _one(block, "to")]
    return StateChanges(moves, frozenset(forgotten), frozenset(imported))


def _one(block: Block, name: str) -> Iterator[str]:
    address = _written(block.value(name))
    if address:
        yield address


def _destroys(block: Block) -> bool:
    """Whether a ``removed`` block destroys the resource, which is its default."""
    values = (lifecycle.value("destroy") for lifecycle in block.blocks("lifecycle"))
    return not any(isinstance(value, Literal) and value.value is False for value in values)


def _written(address: Expression | None) -> str:
    """An address as Terraform writes it; "" if the expression is not an address."""
    if not isinstance(address, Reference):
        return ""
    text = address.root
    for step in address.steps:
        if isinstance(step, GetAttribute):
            text += f".{step.name}"
        elif isinstance(step, GetIndex) and isinstance(step.key, Literal):
            key = step.key.value
            if not isinstance(key, str | int):
                return ""
            text += key_text(key)
        else:
            return ""
    return text
