"""The origins of a value: the inputs that it depends on, directly or indirectly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ticketgen.hcl.address import Address
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.syntax import Block, Body, Expression, Reference

__all__ = ["UNKNOWN_ORIGIN", "Origins"]

UNKNOWN_ORIGIN: Final = Address("unknown")
_UNKNOWN: Final = frozenset({UNKNOWN_ORIGIN})


class Origins:
    """The search for origins, through local values, module calls and resources.

    Each origin is an address. ``var.x`` is a variable of the root module. ``terraform.workspace``, ``path.root`` and
    similar built-ins are origins themselves. An address with a type and no name stands for a resource or data source of
    that type, in addition to the origins of its arguments. `UNKNOWN_ORIGIN` is anything else, such as an output of a
    module that was not read, or an origin that the budget does not suffice for.

    Every part of an expression counts, even a branch that is not taken: a name that may depend on an input does.

    Args:
        budget: the work that the search may take, shared by all checks of a directory.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._by_declaration: dict[tuple[Scope, Declaration], frozenset[Address]] = {}
        self._by_block: dict[tuple[Scope, int], frozenset[Address]] = {}

    def of(self, expression: Expression, scope: Scope, block: Block | None = None) -> frozenset[Address]:
        """The origins of an expression; names bound by a loop have those of the loop."""
        found: set[Address] = set()
        try:
            for reference in scope.module.references(expression):
                more = self._reference(reference, scope, block)
                if not self._budget.spend(1 + len(more)):
                    self._budget.note_shortage(
                        "the origins of values take too many steps: the others count as unknown"
                    )
                    return _UNKNOWN
                found |= more
        except RecursionError:
            return _UNKNOWN
        return frozenset(found)

    def _reference(self, reference: Reference, scope: Scope, block: Block | None) -> frozenset[Address]:
        address = reference.address
        is_input = address.kind == "var" and address.name and scope.call is None
        if is_input or address.kind in {"path", "terraform"}:
            return frozenset({address})
        found = resolve_reference(reference, scope)
        if found is not None:
            return self._declaration_origins(found.declaration, found.scope)
        if address.kind == "var" and address.name:
            return frozenset()  # not declared, so it has no value
        if address.kind in {"local", "module"} and address.name:
            return _UNKNOWN
        return self._loop_origins(block, scope)  # `each`, `count`, or the iterator of a dynamic block

    def _declaration_origins(self, declaration: Declaration, scope: Scope) -> frozenset[Address]:
        key = scope, declaration
        if key not in self._by_declaration:
            self._by_declaration[key] = frozenset()  # stops the recursion if the value depends on itself
            self._by_declaration[key] = self._search(declaration, scope)
        return self._by_declaration[key]

    def _search(self, declaration: Declaration, scope: Scope) -> frozenset[Address]:
        address = declaration.address
        if address.type:
            kind = "resource" if address.kind == "resource" else "data"
            return self._all(_values(declaration.block.body), scope, declaration.block) | {
                Address(kind, address.type)
            }
        found = source(declaration, scope)
        if found is None:
            return frozenset() if address.kind == "var" else _UNKNOWN
        return self.of(found.expression, found.scope, found.call.block if found.call else None)

    def _all(self, values: Iterable[Expression], scope: Scope, block: Block | None) -> frozenset[Address]:
        return frozenset().union(*(self.of(each, scope, block) for each in values))

    def _loop_origins(self, block: Block | None, scope: Scope) -> frozenset[Address]:
        if block is None:
            return _UNKNOWN
        key = scope, id(block)
        if key not in self._by_block:
            self._by_block[key] = frozenset()  # stops the recursion if a loop depends on itself
            loops = (inner.value(name) for inner in block.walk() for name in ("for_each", "count"))
            # Without the block, so that the search stops at a loop over itself, which Terraform reports.
            self._by_block[key] = self._all((each for each in loops if each is not None), scope, None)
        return self._by_block[key]


def _values(body: Body) -> Iterator[Expression]:
    waiting = [body]
    while waiting:
        current = waiting.pop()
        for attribute in current.attributes:
            if attribute.name not in {"depends_on", "provider"}:
                yield attribute.value
        waiting.extend(
            block.body for block in current.blocks if block.type not in {"lifecycle", "provisioner"}
        )
