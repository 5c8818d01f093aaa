"""The mutants: the edits of each operator, the valid ones, and the verdict of a run on each."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from breaker import Verdict, functions_run, readers
from code_operators import CODE_OPERATORS, modules_in, with_module
from hcl_operators import HCL_OPERATORS
from mutants import Mutant, choose, every_mutant, is_valid, nearest, read_stack, sample
from run_mutants import ROUNDS, report, seek
from stacks import SHAPES, rendered, written

from ticketgen.spec.queues import Admission
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.sources import sources

RUN = Path(__file__).parent / "run_mutants.py"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The Terraform of the prod stack."""
    prod = SHAPES["prod"]().model_copy(update={"admission": Admission()})  # with the functions of every stack
    return {path: text for path, text in rendered(prod).items() if path.endswith(".tf")}


@pytest.fixture(scope="module")
def every(files: Mapping[str, str]) -> list[Mutant]:
    """All mutants of that stack."""
    return list(every_mutant(files))


def test_the_code_in_the_hcl_is_found_and_restored(files: Mapping[str, str]) -> None:
    found = {}
    for text in files.values():
        for name, source in modules_in(text).items():
            assert name not in found
            found[name] = source
            assert with_module(text, name, lambda source: source) == text
    assert found == {
        file.removesuffix(".py"): source for name in FUNCTIONS for file, source in sources(name).items()
    }


def test_every_operator_makes_described_mutants(every: list[Mutant]) -> None:
    assert {mutant.operator for mutant in every} == HCL_OPERATORS.keys() | CODE_OPERATORS.keys()
    assert all(operator.__doc__ for operator in (*HCL_OPERATORS.values(), *CODE_OPERATORS.values()))
    assert len({mutant.name for mutant in every}) == len(every)


def test_the_sample_is_deterministic_and_covers_every_operator(every: list[Mutant]) -> None:
    chosen = choose(every, 300, lambda mutant: True)
    assert [mutant.name for mutant in chosen] == [
        mutant.name for mutant in choose(every, 300, lambda mutant: True)
    ]
    assert {mutant.operator for mutant in chosen} == {mutant.operator for mutant in every}
    assert len({mutant.place for mutant in chosen}) > 150
    assert sample(chosen, 60, 1) == sample(chosen, 60, 1) != sample(chosen, 60, 2)


@pytest.mark.parametrize("operator", [*HCL_OPERATORS, *CODE_OPERATORS])
def test_a_counted_mutant_is_valid_and_different(
    operator: str, every: list[Mutant], files: Mapping[str, str]
) -> None:
    of_operator = [mutant for mutant in every if mutant.operator == operator]
    valid = next(mutant for mutant in of_operator if is_valid(mutant, files))
    after = valid.applied(files[valid.path])
    assert after != files[valid.path]
    if valid.module:
        ast.parse(modules_in(after)[valid.module])


def test_invalid_and_equivalent_mutants_do_not_count(every: list[Mutant], files: Mapping[str, str]) -> None:
    mutant = next(one for one in every if one.operator == "flip")
    for replacement in ("= ]", mutant.was + " # a comment", " " + mutant.was):
        edit = type(mutant.edit)(mutant.edit.start, mutant.edit.end, replacement, "")
        broken = type(mutant)(mutant.operator, mutant.path, "", edit, mutant.line, mutant.was)
        assert not is_valid(broken, files)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_file_of_the_suite_runs_the_function(name: str) -> None:
    assert name in set[str]().union(*functions_run().values()), (
        f'no test in templates/suites/unit runs {name}: call cloud.function("{name}")'
    )


def test_every_module_of_a_function_is_run() -> None:
    assert set().union(*readers().values()) == {
        file.removesuffix(".py") for name in FUNCTIONS for file in sources(name)
    }


def test_a_report_counts_survivors_and_names_idle_cases(every: list[Mutant]) -> None:
    dead, survivor = every[:2]
    verdict = Verdict({dead.name: ["test_a", "test_b"], survivor.name: []})
    found = report([dead, survivor], [], verdict, ["test_a", "test_c"])
    assert (found["killed"], found["share"]) == (1, 0.5)
    assert found["survivors"] == [survivor.name]
    assert found["idle"] == ["test_c"]
    assert found["kills"] == {"test_a": [0], "test_b": [0]}


def test_a_case_without_a_kill_gets_mutants_of_its_subject(every: list[Mutant]) -> None:
    case = "test_outputs.py::test_the_capacity_output_has_the_figures_of_the_stack[seats_per_second]"
    near = nearest([case], every, 3)
    assert len(near) == 3
    assert any(mutant.operator == "drop-key" and mutant.was.startswith("seats_per_second") for mutant in near)
    assert nearest([case, case], every, 3) == near
    assert nearest([], every, 3) == nearest([case], [], 3) == []


def test_mutants_are_tried_until_each_case_has_killed_one(every: list[Mutant]) -> None:
    drawn, *others = [mutant for mutant in every if not mutant.module][:100]
    verdict = Verdict({drawn.name: ["test_a"]})
    asked: list[int] = []

    def ask(mutants: Sequence[Mutant], waiting: Sequence[str]) -> Verdict:
        asked.append(len(mutants))
        assert waiting == (["test_b", "test_c"] if len(asked) == 1 else ["test_c"])
        return Verdict({mutant.name: ["test_b"] for mutant in mutants})

    tried = seek(["test_a", "test_b", "test_c"], others, verdict, lambda _: True, ask)
    assert len(asked) == len(ROUNDS)
    assert drawn not in tried
    assert len(set(tried)) == len(tried) == sum(asked)
    found = report([drawn], tried, verdict, ["test_a", "test_b", "test_c"])
    assert (found["mutants"], found["killed"], found["idle"]) == (1, 1, ["test_c"])
    assert found["names"] == [drawn.name, *(mutant.name for mutant in tried)]


@pytest.mark.slow
def test_a_run_restores_the_stack_and_fails_below_the_threshold(tmp_path: Path) -> None:
    stack = written(SHAPES["dev"](), tmp_path / "stack")
    before = read_stack(stack)
    for path in (stack / "tests" / "unit").glob("test_*.py"):
        if path.stem != "test_tables":
            path.unlink()
    command = [sys.executable, str(RUN), str(stack), "--sample", "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "survived: " in done.stdout
    assert read_stack(stack) == before
