"""Level 3, references: dependency cycles.

As in Terraform's own graph, a module is not a node. Its outputs depend on the values in their expressions, and its
variables on the arguments of the call. So two modules may use each other's outputs without a cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import DEPENDENCY_CYCLE
from ticketgen.hcl.configuration import Configuration, Declared
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.syntax import Expression, GetAttribute
from ticketgen.hcl.walk import references

__all__ = ["check_cycles"]

# Arguments of a call that are not inputs of the module.
_OWN = frozenset({"source", "version", "providers"})
_ALL = frozenset({"count", "for_each", "depends_on"})


def check_cycles(configuration: Configuration) -> Iterator[Finding]:
    """Yield a finding for each cycle, at the declaration of its first member."""
    graphs = _Graphs(configuration)
    for folder, module in configuration.modules.items():
        try:
            graph = graphs.of(folder)
        except (_TooMuch, RecursionError):
            configuration.budget.lacks(
                "the modules have too many inputs, outputs or levels to look for all cycles"
            )
            return
        for cycle in _cycles(graph):
            yield _finding(module, cycle)


class _TooMuch(Exception):
    """The budget does not suffice for a graph."""


class _Graphs:
    """The dependency graph of each module, by address; the output of a called module is ``module.NAME.OUTPUT``."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._found: dict[str, dict[str, set[str]]] = {}
        self._inputs: dict[str, Mapping[str, frozenset[str]]] = {}

    def of(self, folder: str) -> dict[str, set[str]]:
        """The graph of one module."""
        if folder not in self._found:
            self._found[folder] = {}  # an empty graph for modules that call each other
            self._found[folder] = self._graph(self.configuration.modules[folder])
        return self._found[folder]

    def _graph(self, module: Module) -> dict[str, set[str]]:
        calls = self.configuration.names[module.folder].calls
        by_node = {id(each.node): each.address for found in module.declarations.values() for each in found}
        graph: dict[str, set[str]] = {address: set() for address in module.declarations}
        of_call: dict[str, dict[str, set[str]]] = {name: {} for name in calls}
        for use in module.uses:
            target = _target(use.reference.root, use.address, use.reference.steps)
            if use.block.type in {"module", "locals", "variable"}:
                continue  # the first two follow below, one by one; a variable's validation reads its own value
            owner = by_node.get(id(use.block))
            if owner is not None:
                graph[owner].add(target)
        for name, (_, attribute) in self.configuration.names[module.folder].locals.items():
            graph.setdefault(f"local.{name}", set()).update(_targets(attribute.value))
        for name, call in calls.items():
            for attribute in call.block.body.attributes:
                if attribute.name not in _OWN:
                    of_call[name][attribute.name] = set(_targets(attribute.value))
        for targets in list(graph.values()) + [each for own in of_call.values() for each in own.values()]:
            for target in targets:
                if target.startswith("module."):
                    graph.setdefault(target, set())
        for address in [each for each in graph if each.startswith("module.")]:
            _, name, *output = address.split(".")
            if name in calls:
                graph[address] |= self._given(
                    module, calls[name], output[0] if output else None, of_call[name]
                )
        return graph

    def _given(
        self, module: Module, call: Declared, output: str | None, arguments: Mapping[str, set[str]]
    ) -> set[str]:
        """The dependencies of a call's output in the calling module; of the whole call if the output is None."""
        folder = source_folder(module, call.block)
        wanted = set(_ALL)  # the outputs of a module that was not read depend on unknown inputs
        if folder is not None and folder in self.configuration.modules:
            inputs = self.inputs(folder)
            # `module.x` as a whole, as in depends_on or a splat, means all of its outputs.
            for name in inputs if output is None else [output]:
                wanted |= inputs.get(name, frozenset())
        found: set[str] = set()
        for name in wanted if len(wanted) < len(arguments) else arguments.keys() & wanted:
            found.update(arguments.get(name, ()))
        self._spend(len(wanted) + len(found))
        return found

    def inputs(self, folder: str) -> Mapping[str, frozenset[str]]:
        """The variables that each output of a module depends on."""
        if folder not in self._inputs:
            self._inputs[folder] = {}
            graph = self.of(folder)
            self._inputs[folder] = {
                address.removeprefix("output."): self._reached(graph, address)
                for address in graph
                if address.startswith("output.")
            }
        return self._inputs[folder]

    def _reached(self, graph: Mapping[str, set[str]], start: str) -> frozenset[str]:
        seen, waiting = {start}, [start]
        while waiting:
            for target in graph.get(waiting.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        self._spend(len(seen))
        return frozenset(address.removeprefix("var.") for address in seen if address.startswith("var."))

    def _spend(self, steps: int) -> None:
        if not self.configuration.budget.spend(steps):
            raise _TooMuch


def _targets(value: Expression) -> Iterator[str]:
    for reference, bound in references(value):
        if reference.root not in bound:
            names = [reference.root]
            for step in reference.steps[: 2 if reference.root in {"data", "ephemeral"} else 1]:
                if isinstance(step, GetAttribute):
                    names.append(step.name)
            yield _target(reference.root, ".".join(names), reference.steps)


def _target(root: str, address: str, steps: tuple[object, ...]) -> str:
    if root != "module":
        return address
    outputs = [step.name for step in steps[1:] if isinstance(step, GetAttribute)]
    return f"{address}.{outputs[0]}" if outputs else address


def _cycles(graph: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """The cycles of a graph, by Tarjan's algorithm for strongly connected components, without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for start in graph:
        if start in index:
            continue
        work = [(start, iter(sorted(graph.get(start, ()))))]
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
                    work.append((target, iter(sorted(graph[target]))))
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


def _shortest(graph: Mapping[str, set[str]], component: set[str]) -> list[str]:
    """A shortest cycle through the first member that the module declares."""
    start = min(
        component, key=lambda address: (address.count(".") > 1 and address.startswith("module."), address)
    )
    before: dict[str, str] = {}
    waiting = [start]
    for node in waiting:
        for target in sorted(graph[node] & component):
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


def _finding(module: Module, cycle: list[str]) -> Finding:
    place: Location | None = None
    for address in cycle:
        declared = module.declarations.get(address) or module.declarations.get(
            ".".join(address.split(".")[:2])
        )
        if declared:
            place = declared[0].location
            break
    shown = cycle if len(cycle) <= 6 else [*cycle[:3], f"… {len(cycle) - 5} more …", *cycle[-2:]]
    message = f"dependency cycle: {' → '.join([*shown, cycle[0]])}"
    return DEPENDENCY_CYCLE.found(message, "remove one of these references", at=place)
