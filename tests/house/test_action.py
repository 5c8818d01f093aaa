"""The composite action: it is valid and safe from injection, and its steps work on a project."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from github_actions import ROOT, check_schema, run_step, steps

ACTION = ROOT / "action.yml"
DEFAULTS = {
    f"inputs.{name}": str(each["default"])
    for name, each in yaml.safe_load(ACTION.read_text("utf-8"))["inputs"].items()
}


def test_the_action_is_valid() -> None:
    check_schema("vendor.github-actions", ACTION)


def test_the_action_installs_its_own_checkout_without_an_index() -> None:
    (install,) = (step for step in steps(ACTION) if "pip install" in step.get("run", ""))
    requirements = install["run"].rpartition("pip install")[2].split()
    assert [word for word in requirements if not word.startswith("--")] == ['"$GITHUB_ACTION_PATH"']


def test_every_input_is_documented() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    assert not [name for name in DEFAULTS if f"| `{name.removeprefix('inputs.')}` |" not in page]


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's temporary folder, in which ticketgen is installed already."""
    scripts = tmp_path / "runner/ticketgen/bin"
    scripts.mkdir(parents=True)
    (scripts / "ticketgen").symlink_to(Path(sys.executable).parent / "ticketgen")
    return tmp_path / "runner"


def checked(runner: Path, folder: Path, **inputs: str) -> tuple[int, int, str, Mapping[str, str]]:
    """Run both checks: their exit codes, what they print, and the outputs."""
    values = {**DEFAULTS, **{f"inputs.{name}": value for name, value in inputs.items()}}
    compare, verify = (
        step for step in steps(ACTION) if "bin/ticketgen" in step.get("run", "") and "venv" not in step["run"]
    )
    output = runner / "output"
    output.touch()
    variables = {"RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(output)}
    first = run_step(compare, values, folder, **variables)
    second = run_step(verify, values, folder, **variables)
    outputs = dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines())
    return (
        first.returncode,
        second.returncode,
        first.stdout + first.stderr + second.stdout + second.stderr,
        outputs,
    )


def test_a_project_that_is_up_to_date_passes_and_gives_sarif(runner: Path, small_project: Path) -> None:
    compared, verified, printed, outputs = checked(runner, small_project)
    assert (compared, verified) == (0, 0), printed
    assert json.loads(Path(outputs["sarif"]).read_text("utf-8"))["runs"][0]["results"] == []


def test_drift_and_an_error_fail_with_annotations_and_sarif(runner: Path, small_project: Path) -> None:
    with (small_project / "stacks/dev/global/outputs.tf").open("a") as file:
        file.write('output "x" { value = var.missing }\n')
    compared, verified, printed, outputs = checked(runner, small_project)
    assert compared != 0
    assert verified == 1
    assert "::error file=stacks/dev/global/outputs.tf" in printed
    (run,) = json.loads(Path(outputs["sarif"]).read_text("utf-8"))["runs"]
    assert any("missing" in result["message"]["text"] for result in run["results"])


@pytest.mark.slow
def test_one_environment_of_a_project_in_a_subfolder_can_be_checked(
    runner: Path, small_project: Path
) -> None:
    (small_project / "stacks/prod/global/outputs.tf").write_text("broken")
    inputs = {"spec": f"{small_project.name}/ticketgen.yaml", "environment": "dev", "format": "text"}
    compared, verified, printed, _ = checked(runner, small_project.parent, **inputs)
    assert (compared, verified) == (0, 0), printed
    assert checked(runner, small_project.parent, **{**inputs, "environment": "prod"})[:2] != (0, 0)


def test_no_input_is_executed(runner: Path, small_project: Path) -> None:
    attacks = {
        name.removeprefix("inputs."): f'"; touch {name}; echo "$(touch {name})`touch {name}`'
        for name in DEFAULTS
    }
    checked(runner, small_project, **attacks)
    assert not list(small_project.rglob("inputs.*"))


@pytest.mark.slow
def test_the_install_step_installs_ticketgen_from_the_action_s_folder(tmp_path: Path) -> None:
    (install,) = (step for step in steps(ACTION) if step.get("id") == "install")
    values = {"steps.python.outputs.python-path": sys.executable}
    variables = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT)}
    done = run_step(install, values, tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ticketgen/bin/ticketgen").exists()
