"""The origins of a value: the inputs behind it, through local values, module calls and resources."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Declared, Scope
from ticketgen.hcl.syntax import Block, Body, Expression, GetAttribute, Reference
from ticketgen.hcl.walk import references

__all__ = ["Origins"]


class Origins:
    """The search for origins. Each origin is an address.

    ``var.x`` is a variable of the root module. ``terraform.workspace``, ``path.root`` and similar built-ins are origins
    themselves. ``resource.TYPE`` and ``data.TYPE`` are attributes of a resource or data source of that type, added to
    the origins of its arguments. ``unknown`` is anything else, such as an output of a module that was not read, or an
    origin that the budget does not suffice for.

    Args:
        budget: the work that the search may take, shared by all checks of a directory.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._found: dict[tuple[int, str], frozenset[str]] = {}
        self._of_loops: dict[tuple[int, int], frozenset[str]] = {}
        self._keep: list[Scope] = []  # keeps scopes alive, because the keys of _found contain their ids

    def of(self, expression: Expression, scope: Scope, block: Block | None = None) -> frozenset[str]:
        """The origins of an expression. ``each``, ``count`` and iterators of ``dynamic`` have those of their loops."""
        found: set[str] = set()
        try:
            for reference, bound in references(expression):
                if reference.root not in bound:
                    more = self._reference(reference, scope, block)
                    if not self._budget.spend(1 + len(more)):
                        self._budget.lacks(
                            "the origins of values take too many steps: the others count as unknown"
                        )
                        return frozenset({"unknown"})
                    found |= more
        except RecursionError:
            return frozenset({"unknown"})
        return frozenset(found)

    def _reference(self, reference: Reference, scope: Scope, block: Block | None) -> frozenset[str]:
        root = reference.root
        names = [step.name for step in reference.steps if isinstance(step, GetAttribute)]
        if root == "resource" and names:
            root = names.pop(0)
        if root in {"each", "count", "self"}:
            return self._loops(block, scope)
        if root in {"path", "terraform"}:
            return frozenset({f"{root}.{names[0]}" if names else root})
        if root in {"var", "local"} and names:
            return self._named(f"{root}.{names[0]}", scope)
        if root == "module" and names:
            inner = scope.inner.get(names[0])
            if inner is None or len(names) < 2:
                return frozenset({"unknown"})
            return self._named(f"output.{names[1]}", inner)
        address = ".".join([root, *names[: 2 if root in {"data", "ephemeral"} else 1]])
        if address in scope.names.resources:
            return self._named(address, scope)
        return self._loops(block, scope)  # the iterator of a dynamic block

    def _named(self, address: str, scope: Scope) -> frozenset[str]:
        key = (id(scope), address)
        if key not in self._found:
            self._found[key] = frozenset()  # ends the recursion if the value depends on itself
            self._keep.append(scope)
            self._found[key] = self._declared(address, scope)
        return self._found[key]

    def _declared(self, address: str, scope: Scope) -> frozenset[str]:
        kind, _, name = address.partition(".")
        if kind == "local":
            local = scope.names.locals.get(name)
            return self.of(local[1].value, scope) if local else frozenset({"unknown"})
        if kind == "output":
            value = scope.names.outputs[name].value("value") if name in scope.names.outputs else None
            return self.of(value, scope) if value is not None else frozenset({"unknown"})
        if kind == "var":
            if scope.caller is None or scope.call is None:
                return frozenset({address})
            given = scope.given.get(name)
            if given is not None:
                return self.of(given.value, scope.caller, scope.call.block)
            return frozenset()
        return self._resource(scope.names.resources[address], scope)

    def _resource(self, declared: Declared, scope: Scope) -> frozenset[str]:
        kind = "resource" if declared.block.type == "resource" else "data"
        found = {f"{kind}.{declared.type}"}
        for value in _values(declared.block.body):
            found |= self.of(value, scope, declared.block)
        return frozenset(found)

    def _loops(self, block: Block | None, scope: Scope) -> frozenset[str]:
        if block is None:
            return frozenset({"unknown"})
        key = (id(scope), id(block))
        if key not in self._of_loops:
            self._of_loops[key] = frozenset()  # ends the recursion if a loop depends on itself
            self._keep.append(scope)
            self._of_loops[key] = self._of_all_loops(block, scope)
        return self._of_loops[key]

    def _of_all_loops(self, block: Block, scope: Scope) -> frozenset[str]:
        found: set[str] = set()
        for inner in block.walk():
            for name in ("for_each", "count"):
                attribute = inner.attribute(name)
                if attribute is not None:
                    # Without the block, so that a loop over itself, which Terraform reports, ends here.
                    found |= self.of(attribute.value, scope)
        return frozenset(found)


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
