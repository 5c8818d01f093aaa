"""The registry of figures refuses what it could not compute, and a figure without a place."""

from __future__ import annotations

import inspect
from graphlib import CycleError
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from ticketgen import sizing, stack
from ticketgen.figures.model import Amount, Definition, FigureValue, Intermediate, OutputPlace, figure
from ticketgen.figures.registry import Registry, definitions
from ticketgen.sizing import FIGURES
from ticketgen.spec.model import EventScale, Objectives


def define(name: str, *inputs: str) -> Definition[int]:
    def compute(**values: int) -> Amount[int]:
        return Amount(1 + sum(values.values()), "the sum of its inputs")

    compute.__name__ = name
    return figure(unit="things", source="here", place=OutputPlace(), inputs=inputs)(compute)


def test_a_figure_without_a_place_is_a_type_error() -> None:
    arguments: dict[str, Any] = {"unit": "things", "source": "here"}
    with pytest.raises(TypeError, match="place"):
        figure(**arguments)


def test_figures_are_computed_from_each_other_and_listed_in_their_own_order() -> None:
    registry = Registry([define("sum_of_both", "one", "seats"), define("one")], ["seats"])
    sizing = registry.compute({"seats": 3})
    assert [(each.name, each.value) for each in sizing] == [("sum_of_both", 5), ("one", 1)]
    assert sizing["sum_of_both"].inputs == (("one", 1), ("seats", 3))


def test_a_figure_cannot_be_defined_twice_or_depend_on_nothing_or_on_itself() -> None:
    for given in ([], ["one"]):
        with pytest.raises(TypeError, match="one is defined twice"):
            Registry([define("one"), *([] if given else [define("one")])], given)
    with pytest.raises(TypeError, match=r"one depends on \['seats'\], which nothing defines"):
        Registry([define("one", "seats")], [])
    with pytest.raises(CycleError):
        Registry([define("one", "two"), define("two", "one")], [])


def types() -> dict[str, object]:
    """The type of every value that a formula may ask for."""
    found: dict[str, object] = {"protect": bool, "admits": bool, "buyers_per_minute": int}
    for part in (EventScale, Objectives):
        found |= {name: field.annotation for name, field in part.model_fields.items()}
    for each in FIGURES.definitions:
        returned = get_type_hints(each.compute)["return"]
        if not isinstance(each, Intermediate):  # an amount, or None if an environment has no such figure
            amounts = [returned] if get_origin(returned) is Amount else get_args(returned)
            returned = get_args(amounts[0])[0]
        found[each.name] = returned
    return found


@pytest.mark.parametrize("each", FIGURES.definitions, ids=lambda each: each.name)
def test_a_formula_expects_the_type_that_its_input_has(each: Definition[int] | Intermediate) -> None:
    hints, provided = get_type_hints(each.compute), types()
    keywords = [
        parameter.name
        for parameter in inspect.signature(each.compute).parameters.values()
        if parameter.kind is inspect.Parameter.VAR_KEYWORD
    ]
    for name in each.inputs:
        expected = hints.get(name) or hints[keywords[0]]
        assert provided[name] == expected, f"{each.name} takes {name} as {expected}"


def test_every_value_of_a_figure_is_a_scalar() -> None:
    given: dict[str, FigureValue] = {
        name: 7 for part in (EventScale, Objectives) for name in part.model_fields
    }
    for each in FIGURES.compute(given | {"protect": True, "admits": True, "buyers_per_minute": 7}):
        assert isinstance(each.value, int | float | str)
        assert all(isinstance(value, int | float | str) for _, value in each.inputs)


@pytest.mark.parametrize("package", [sizing, stack], ids=lambda package: str(package.__name__))
def test_every_defined_figure_is_registered(package: ModuleType) -> None:
    names = [each.name for each in walk_packages(package.__path__, f"{package.__name__}.")]
    unregistered = [
        f"{name}: {figure.name}"
        for name in (package.__name__, *names)
        for figure in definitions(import_module(name))
        if figure not in FIGURES.definitions
    ]
    assert not unregistered, "add the module to FIGURES in sizing/__init__.py"
