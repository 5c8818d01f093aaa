"""Whatever spec ticketgen accepts, the unit suite that it renders passes on the stack that it renders.

Every run checks a few small stacks, `make prove` one for each scale and two dozen of all shapes, and `make sweep` any
number of random specs.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from specs import LEVELS, SMALL, Refused, covering, drawn, pairs, spec_of, stack_of
from suite_runner import Outcome, Runner, running

from ticketgen.assets import asset_folder
from ticketgen.aws import limits

# Why a case may be skipped. Whatever else is skipped was skipped by mistake.
REASONS = {
    "another stack manages the account's role for logs",
    "test_timestream.py does it, with its role",
    "the spec admits every page",
    "the spec names no account",
    "the spec names no bucket for the state",
    "the spec names no role to deploy with",
    "the stack has one Region",
}

SLOW_ROWS = 24
FEW = covering(SMALL, rows=len(SMALL["purchases_per_minute"]))
MANY = covering(LEVELS, rows=SLOW_ROWS)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A process that runs one suite after the other."""
    with running(tmp_path_factory.mktemp("stack")) as runner:
        yield runner


def is_green(outcome: Outcome) -> None:
    """Assert that every case passes, or is skipped for a known reason."""
    assert not outcome.failures, "\n".join(f"{case}: {why}" for case, why in outcome.failures.items())
    assert outcome.code == 0
    assert outcome.passed > 900
    assert outcome.skipped.keys() <= REASONS


def name(choice: Mapping[str, Any]) -> str:
    return f"{choice['purchases_per_minute']}-{choice['regions']}-{choice['auth']}"


@pytest.mark.slow
@pytest.mark.parametrize("choice", FEW, ids=map(name, FEW))
def test_the_suite_passes_at_every_scale(runner: Runner, choice: Mapping[str, Any]) -> None:
    is_green(runner.run(stack_of(spec_of(choice))))


@pytest.mark.slow
@pytest.mark.parametrize("choice", MANY, ids=map(name, MANY))
def test_the_suite_passes_for_every_shape(runner: Runner, choice: Mapping[str, Any]) -> None:
    is_green(runner.run(stack_of(spec_of(choice))))


def test_the_shapes_cover_nearly_every_pair_of_levels() -> None:
    """A handful of pairs is impossible: a scale that no stack carries, a store that no Region there has."""
    had = {pair for choice in MANY for pair in pairs(choice)}
    every = {
        ((first, one), (second, other))
        for position, first in enumerate(LEVELS)
        for second in list(LEVELS)[position + 1 :]
        for one in LEVELS[first]
        for other in LEVELS[second]
    }
    assert len(had) > 0.85 * len(every)
    assert {item for choice in MANY for item in choice.items()} == {
        (key, value) for key, values in LEVELS.items() for value in values
    }


def test_an_impossible_scale_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        stack_of(spec_of({**FEW[0], "purchases_per_minute": 1_000_000}))
    assert "cache-too-busy" in refused.value.rules


@pytest.mark.parametrize("preset", sorted(path.stem for path in asset_folder("presets").glob("*.yaml")))
@pytest.mark.slow
def test_the_suite_of_a_preset_passes(runner: Runner, preset: str) -> None:
    is_green(
        runner.run(
            stack_of({"version": 1, "project": "my-shop", "extends": preset, "environments": {"dev": {}}})
        )
    )


def test_the_suites_know_every_cache_node_that_sizing_may_choose() -> None:
    tree = ast.parse((asset_folder("templates") / "suites/unit/test_cache.py").read_text("utf-8"))
    (table,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NODE_MEMORY"
    )
    assert table == {node.name: node.memory for node in limits.CACHE_NODES}


def sweep() -> range:
    """The seeds that `make sweep` asks for."""
    first = int(os.environ.get("SEED", "1"))
    return range(first, first + int(os.environ.get("SAMPLE", "0")))


@pytest.mark.sweep
@pytest.mark.parametrize("seed", sweep())
def test_the_suite_passes_for_any_spec(runner: Runner, seed: int) -> None:
    random = Random(seed)
    while True:
        try:
            files = stack_of(drawn(random))
        except Refused:
            continue  # most large scales need more than AWS has
        break
    is_green(runner.run(files))
