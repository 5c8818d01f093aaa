"""The models in proofs/ name functions that exist, and every switch and invariant of theirs is in the tables.

`make proofs` checks the models themselves.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROOFS = ROOT / "proofs"
MODELS = {
    path.stem: path.read_text(encoding="utf-8") for path in PROOFS.glob("*.pml") if path.stem != "common"
}
README = (PROOFS / "README.md").read_text(encoding="utf-8")
RUNS = tomllib.loads((PROOFS / "runs.toml").read_text(encoding="utf-8"))["run"]

STEPS = {
    (*step, model) for model, text in MODELS.items() for step in re.findall(r'STEP\("(\w+\.py):(\w+)', text)
}
ROWS = re.findall(
    r"^\| `(\w+\.py):(\w+)` \| `(templates/\w+/\w+\.py)` \| ([\w, ]+) \|$", README, re.MULTILINE
)


def test_each_step_of_a_model_is_in_the_table() -> None:
    listed = {(file, name, model) for file, name, _, models in ROWS for model in models.split(", ")}
    assert STEPS
    assert listed == STEPS


@pytest.mark.parametrize(("file", "name", "path", "models"), ROWS)
def test_each_step_is_a_function_of_the_code(file: str, name: str, path: str, models: str) -> None:
    assert Path(path).name == file
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, models


def test_each_invariant_is_explained() -> None:
    named = {name for text in MODELS.values() for name in re.findall(r"HOLDS\((\w+),", text)}
    assert named == set(re.findall(r"^\| `([A-Z0-9_]+)` \|", README, re.MULTILINE))


def test_each_switch_of_a_model_is_run() -> None:
    def switches(text: str) -> set[str]:
        return set(re.findall(r"(?:ifdef |ifndef |defined\()(\w+)", text))

    used = {(run["model"], switch) for run in RUNS for switch in run.get("switches", ())}
    assert used == {(model, switch) for model, text in MODELS.items() for switch in switches(text)}


def test_every_run_without_a_rule_names_what_is_violated() -> None:
    for run in RUNS:
        broken = any(re.match(r"OLD_|WITHOUT_|LIMIT_", switch) for switch in run.get("switches", ()))
        assert ("violates" in run) == broken, run
        if broken:
            assert f"HOLDS({run['violates']}," in MODELS[run["model"]], run
