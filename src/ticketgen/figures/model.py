"""Capacity figures: definitions as pure functions, and where they are rendered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

__all__ = [
    "Amount", "AnyFigure", "AttributePlace", "Definition", "DeploymentScope", "Figure", "FigureValue",
    "Intermediate", "OutputPlace", "Place", "figure",
]  # fmt: skip

FigureValue = int | float | str
V = TypeVar("V", int, float, str)


class DeploymentScope(StrEnum):
    """Where a capacity exists."""

    ENVIRONMENT = "environment"  # once, over all Regions
    REGION = "region"  # in every Region
    HUB = "hub"  # in the primary and in the secondary Region


@dataclass(frozen=True, slots=True)
class AttributePlace:
    """The place of a figure that an attribute of a rendered block carries.

    Attributes:
        file: of the stack.
        address: of the block in its module, such as ``aws_kinesis_stream.sales``.
        attribute: the blocks and the attribute in it, with dots between.
    """

    file: str
    address: str
    attribute: str

    def of(self, name: str) -> AttributePlace:
        """The attribute that carries the figure of that name."""
        return self

    def __str__(self) -> str:
        return f"{self.file}: {self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class OutputPlace:
    """The place of a figure for operators: the output ``capacity`` of the root ``global``."""

    def of(self, name: str) -> AttributePlace:
        """The attribute that carries the figure of that name."""
        return AttributePlace("global/outputs.tf", "output.capacity", f"value.{name}")


Place = AttributePlace | OutputPlace


@dataclass(frozen=True, slots=True)
class Amount(Generic[V]):
    """The result of a formula.

    Attributes:
        value: the capacity.
        formula: how the value is computed, with the numbers filled in.
        needed: the demand without headroom, in the unit of `holds`; 0 if there is no demand to compare with.
        holds: the demand that the value can serve; 0 if that is the value itself.
    """

    value: V
    formula: str
    needed: float = 0
    holds: float = 0

    @property
    def headroom(self) -> float | None:
        """How many times the demand fits; None if no demand is compared with it."""
        capacity = self.holds or (0 if isinstance(self.value, str) else self.value)
        return capacity / self.needed if self.needed else None


@dataclass(frozen=True, slots=True)
class Figure(Generic[V]):
    """One capacity of an environment.

    Attributes:
        name: as in the output, the reports and the templates.
        value: the capacity itself.
        unit: what it counts, in the plural.
        formula: how the value is computed, with the numbers filled in.
        inputs: the values that it depends on, by name.
        source: where its constants are documented.
        place: where it is rendered.
        headroom: how many times the demand fits; None if no demand is compared with it.
        scope: where it exists.
    """

    name: str
    value: V
    unit: str
    formula: str
    inputs: tuple[tuple[str, FigureValue], ...]
    source: str
    place: Place
    headroom: float | None
    scope: DeploymentScope

    @property
    def rendered_as(self) -> AttributePlace:
        """The attribute that carries it."""
        return self.place.of(self.name)


AnyFigure = Figure[int] | Figure[float] | Figure[str]


@dataclass(frozen=True, slots=True)
class Definition(Generic[V]):
    """How a figure is computed, in which unit, and where it is rendered.

    Attributes:
        name: of the figure.
        compute: its formula; None for an environment without the figure.
        inputs: the parameters of the formula: names of other figures, intermediate values or parts of the spec.
        unit: what it counts, in the plural.
        source: where its constants are documented.
        place: where it is rendered.
        scope: where it exists.
    """

    name: str
    compute: Callable[..., Amount[V] | None]
    inputs: tuple[str, ...]
    unit: str
    source: str
    place: Place
    scope: DeploymentScope

    def figure(self, inputs: dict[str, FigureValue]) -> Figure[V] | None:
        """The figure for these inputs; None if there is none."""
        amount = self.compute(**inputs)
        if amount is None:
            return None
        shown = tuple(
            (name, int(value) if isinstance(value, bool) else value) for name, value in inputs.items()
        )
        return Figure(
            self.name,
            amount.value,
            self.unit,
            amount.formula,
            shown,
            self.source,
            self.place,
            amount.headroom,
            self.scope,
        )


def _parameters(compute: Callable[..., object]) -> tuple[str, ...]:
    """The names of a formula's parameters, without one with ``**``."""
    parameters = inspect.signature(compute).parameters.values()
    return tuple(each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Intermediate:
    """A value that formulas use but no report lists; decorates the function for it."""

    compute: Callable[..., FigureValue]

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.compute.__name__

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return _parameters(self.compute)


def figure(
    *,
    unit: str,
    source: str,
    place: Place,
    scope: DeploymentScope = DeploymentScope.REGION,
    inputs: tuple[str, ...] = (),
) -> Callable[[Callable[..., Amount[V] | None]], Definition[V]]:
    """Define a figure by a pure function.

    The function's name is that of the figure; its parameters are the values that the figure depends on.

    Args:
        unit: what it counts, in the plural.
        source: where its constants are documented.
        place: where it is rendered.
        scope: where it exists.
        inputs: the names that a parameter with ``**`` stands for.
    """

    def define(compute: Callable[..., Amount[V] | None]) -> Definition[V]:
        names = (*_parameters(compute), *inputs)
        return Definition(compute.__name__, compute, names, unit, source, place, scope)

    return define
