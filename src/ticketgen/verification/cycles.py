"""Level 3, references: dependency cycles.

As in Terraform's own graph, a module is not a node. Each output depends on the references in its expression, and each
variable on the argument of the call. So two modules may use each other's outputs without a cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.findings.verification import DEPENDENCY_CYCLE
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.uses import Use

__all__ = ["check_cycles"]

_WHOLE_CALL = frozenset({"count", "for_each", "depends_on"})
"""Arguments of a module call that every output depends on."""
_AFTER_CREATION = frozenset({"provisioner", "connection"})

_Graph = Mapping[Address, set[Address]]


def check_cycles(configuration: Configuration) -> Iterator[Finding]:
    """Yield a finding for each cycle, at the declaration of its first member."""
    graphs = _Graphs(configuration)
    for folder, module in configuration.modules.items():
        try:
            graph = graphs.of(folder)
        except (_BudgetExceeded, RecursionError):
            configuration.budget.note_shortage(
                "the modules have too many inputs, outputs or levels to look for all cycles"
            )
            return
        for cycle in _cycles(graph):
            yield _finding(module, cycle)


class _BudgetExceeded(Exception):
    """The budget does not suffice for a graph."""


class _Graphs:
    """The dependency graph of each module. The outputs of its calls are nodes."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._found: dict[str, _Graph] = {}
        self._inputs: dict[str, Mapping[str, frozenset[str]]] = {}

    def of(self, folder: str) -> _Graph:
        """The graph of one module."""
        if folder not in self._found:
            self._found[folder] = {}  # an empty graph for modules that call each other
            self._found[folder] = self._graph(self.configuration.modules[folder])
        return self._found[folder]

    def _graph(self, module: Module) -> _Graph:
        by_node = {id(each.node): each.address for found in module.declarations.values() for each in found}
        graph: dict[Address, set[Address]] = {address: set() for address in module.declarations}
        arguments: dict[str, dict[str, set[Address]]] = {name: {} for name in module.calls}
        outputs: dict[Address, None] = {}
        for use in module.uses:
            target = _target(use)
            if target.kind == "module":
                outputs[target] = None
            if use.block.type == "locals":
                graph.get(Address("local", "", use.argument), set()).add(target)
            elif use.block.type == "module" and id(use.block) in by_node:
                arguments[by_node[id(use.block)].name].setdefault(use.argument, set()).add(target)
            elif use.block.type != "variable" and id(use.block) in by_node:
                # Not for variables: the validation of a variable refers to the variable itself.
                own = by_node[id(use.block)]
                # Provisioners run after the resource exists, so Terraform lets them refer to it by its name.
                if target != own or not _AFTER_CREATION.intersection(use.within):
                    graph[own].add(target)
        calls = [each.address for each in module.calls.values()]
        for address in {**dict.fromkeys(calls), **outputs}:
            call = module.calls.get(address.name)
            graph.setdefault(address, set())
            if call is not None:
                graph[address] |= self._call_dependencies(
                    module, call, address.attribute, arguments[address.name]
                )
        return graph

    def _call_dependencies(
        self, module: Module, call: Declaration, output: str, arguments: Mapping[str, set[Address]]
    ) -> set[Address]:
        """The caller's nodes that an output of a call depends on; "" is the whole call."""
        folder = source_folder(module, call.block)
        names = set(_WHOLE_CALL)  # the outputs of a module that was not read depend on unknown inputs
        if folder is not None and folder in self.configuration.modules:
            inputs = self.inputs(folder)
            # `module.x` without an output, as in depends_on or a splat, stands for all outputs.
            for each in [output] if output else inputs:
                names |= inputs.get(each, frozenset())
        found: set[Address] = set()
        for name in names if len(names) < len(arguments) else arguments.keys() & names:
            found.update(arguments.get(name, ()))
        self._spend(len(names) + len(found))
        return found

    def inputs(self, folder: str) -> Mapping[str, frozenset[str]]:
        """The names of the variables that each output of a module depends on."""
        if folder not in self._inputs:
            self._inputs[folder] = {}
            graph = self.of(folder)
            self._inputs[folder] = {
                name: self._reached(graph, output.address)
                for name, output in self.configuration.modules[folder].outputs.items()
            }
        return self._inputs[folder]

    def _reached(self, graph: _Graph, start: Address) -> frozenset[str]:
        seen, waiting = {start}, [start]
        while waiting:
            for target in graph.get(waiting.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        self._spend(len(seen))
        return frozenset(each.name for each in seen if each.kind == "var")

    def _spend(self, steps: int) -> None:
        if not self.configuration.budget.spend(steps):
            raise _BudgetExceeded


def _target(use: Use) -> Address:
    """The node that a reference leads to; for a module, the output if it names one."""
    output = use.reference.attribute if use.address.kind == "module" else None
    return use.address._replace(attribute=output.name) if output else use.address


def _cycles(graph: _Graph) -> Iterator[list[Address]]:
    """The cycles of a graph, one for each strongly connected component.

    This is Tarjan's algorithm without recursion.
    """
    index: dict[Address, int] = {}
    low: dict[Address, int] = {}
    stack: list[Address] = []
    on_stack: set[Address] = set()
    for start in graph:
        if start in index:
            continue
        work = [(start, iter(sorted(graph[start], key=str)))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in graph:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(graph[target], key=str))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = set()
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.add(member)
                        if member == node:
                            break
                    if len(component) > 1 or node in graph[node]:
                        yield _shortest(graph, component)


def _shortest(graph: _Graph, component: set[Address]) -> list[Address]:
    """A shortest cycle through the first member that the module declares."""
    start = min(component, key=lambda address: (bool(address.attribute), str(address)))
    before: dict[Address, Address] = {}
    waiting = [start]
    for node in waiting:
        for target in sorted(graph[node] & component, key=str):
            if target == start:
                found = [start]
                while node != start:
                    found.insert(1, node)
                    node = before[node]
                return found
            if target not in before:
                before[target] = node
                waiting.append(target)
    return [start]


def _finding(module: Module, cycle: list[Address]) -> Finding:
    declared = (module.declarations.get(address.declared) for address in cycle)
    location = next((found[0].location for found in declared if found), None)
    names = list(map(str, cycle))
    shown = names if len(names) <= 6 else [*names[:3], f"… {len(names) - 5} more …", *names[-2:]]
    message = f"dependency cycle: {' → '.join([*shown, names[0]])}"
    return DEPENDENCY_CYCLE.found(message, "remove one of these references", at=location)
