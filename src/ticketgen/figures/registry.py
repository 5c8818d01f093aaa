"""The registry of all figures: orders them and computes them for an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from types import ModuleType
from typing import Any, TypeVar, overload

from ticketgen.figures.model import AnyFigure, Definition, Figure, FigureValue, Intermediate

__all__ = ["AnyDefinition", "Registry", "Sizing", "definitions"]

V = TypeVar("V", int, float, str)
AnyDefinition = Definition[int] | Definition[float] | Definition[str] | Intermediate


def definitions(module: ModuleType) -> tuple[AnyDefinition, ...]:
    """The figures and intermediate values that a module defines, in its order."""
    return tuple(
        value
        for value in vars(module).values()
        if isinstance(value, Definition | Intermediate) and value.compute.__module__ == module.__name__
    )


@dataclass(frozen=True, slots=True)
class Sizing:
    """The capacities of an environment.

    Each is sized for the whole demand, because one Region may have to take all of it.

    Attributes:
        by_name: the figures by their names, in the order of the registry.
    """

    by_name: Mapping[str, AnyFigure]

    @overload
    def __getitem__(self, key: Definition[V]) -> Figure[V]: ...
    @overload
    def __getitem__(self, key: str) -> Figure[Any]: ...
    def __getitem__(self, key: Definition[Any] | str) -> Figure[Any]:
        return self.by_name[key if isinstance(key, str) else key.name]

    def __iter__(self) -> Iterator[AnyFigure]:
        return iter(self.by_name.values())


class Registry:
    """The definitions of all figures.

    Args:
        defined: the figures, in the order of the reports, and the intermediate values.
        given: the names of the values that `compute` gets.

    Raises:
        TypeError: two definitions have the same name, or one depends on a name that nothing defines.
        CycleError: a figure depends on itself.
    """

    def __init__(self, defined: Iterable[AnyDefinition], given: Iterable[str]) -> None:
        self.definitions = tuple(defined)
        self.given = frozenset(given)
        by_name: dict[str, AnyDefinition] = {}
        for each in self.definitions:
            if each.name in by_name or each.name in self.given:
                raise TypeError(f"{each.name} is defined twice")
            by_name[each.name] = each
        for each in self.definitions:
            if unknown := set(each.inputs) - by_name.keys() - self.given:
                raise TypeError(f"{each.name} depends on {sorted(unknown)}, which nothing defines")
        order = TopologicalSorter({each.name: each.inputs for each in self.definitions}).static_order()
        self._order = [by_name[name] for name in order if name in by_name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures, in the order of the reports."""
        return tuple(each.name for each in self.definitions if isinstance(each, Definition))

    def compute(self, given: Mapping[str, FigureValue]) -> Sizing:
        """Compute all figures from the given values; one that an environment does not have counts as 0."""
        values, figures = dict(given), dict[str, AnyFigure]()
        for each in self._order:
            inputs = {name: values[name] for name in each.inputs}
            if isinstance(each, Intermediate):
                values[each.name] = each.compute(**inputs)
            elif computed := each.figure(inputs):
                figures[each.name] = computed
                values[each.name] = computed.value
            else:
                values[each.name] = 0
        return Sizing({name: figures[name] for name in self.names if name in figures})
