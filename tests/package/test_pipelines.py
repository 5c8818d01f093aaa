"""A new project passes its own CI, whatever the source of its ticketgen."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from installed import CHECKOUT, Installed, build, environment_with, install
from pipelines import Step, bash, run_github, run_gitlab

from terraform_tool import Terraform

pytestmark = pytest.mark.slow

ACTIONS = [
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
    "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97",
    "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e",
    "hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e",
]
"""The actions that are not run here: look at a new one before you add it."""

ENVIRONMENTS = ["dev", "staging", "prod"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    (made,) = build(CHECKOUT, tmp_path_factory.mktemp("wheel"), "wheel")
    return made


@pytest.fixture(scope="session")
def newcomer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, from which projects are made."""
    return install(wheel, tmp_path_factory.mktemp("newcomer"))


# In place of Alpine's package manager, which Terraform's image has: what it adds must be on this machine.
APK = """#!/bin/sh
test "$1" = add && shift
for each; do
  case $each in
    -*) ;;
    *) command -v "$each" >/dev/null || { echo "apk: $each is missing here" >&2; exit 1; } ;;
  esac
done
"""


class Runner:
    """Clones a project, and runs scripts in environments into which they install.

    Environments contain the requirements of ticketgen and the suites, but not ticketgen. Jobs that install the same
    files share one. pip uses no index, so a package that is missing in the environment fails the step.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder, self._variables = folder, variables
        self._environments: dict[str, Path] = {}
        self._of_clone: dict[Path, Path] = {}
        self._count = 0
        (folder / "home").mkdir()

    def clone(self, project: Path) -> Path:
        """A fresh clone of a project's commit."""
        self._count += 1
        place = self.folder / f"clone-{self._count}"
        subprocess.run(["git", "clone", "-q", str(project), str(place)], check=True)
        return place

    def shell(
        self, script: str, folder: Path, variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of a job, in the environment that its clone has or gets by installing."""
        if "pip install" in script:
            self._of_clone[folder] = self._environment(script, folder, variables)
        scripts = [str(self._of_clone[folder] / "bin")] if folder in self._of_clone else []
        path = ":".join([*scripts, *self._variables["PATH"].split(":")])
        return bash(script, folder, {**self._variables, "HOME": str(self.folder / "home"), "CI": "true",
                                     **variables, "PATH": path})  # fmt: skip

    def _environment(self, script: str, folder: Path, variables: Mapping[str, str]) -> Path:
        named = re.findall(
            r'-r "?([^\s"]+)', script.replace("$ENVIRONMENT", variables.get("ENVIRONMENT", ""))
        )
        texts = {name: (folder / name).read_text("utf-8") for name in named}
        key = hashlib.sha256(json.dumps(sorted(texts.values())).encode()).hexdigest()
        if key not in self._environments:
            suites = [text for name, text in texts.items() if name.endswith("tests/requirements.txt")]
            lines = [line for line in "\n".join(suites).splitlines() if line and not line.startswith("#")]
            place = self.folder / f"environment-{len(self._environments)}"
            environment_with(place, lines)
            self._environments[key] = place
        return self._environments[key]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, terraform: Terraform) -> Runner:
    tools = tmp_path_factory.mktemp("tools")  # git and terraform, but no ticketgen
    (tools / "terraform").symlink_to(terraform.binary)
    (tools / "apk").write_text(APK)
    (tools / "apk").chmod(0o755)
    kept = {
        key: value for key, value in terraform.environment.items() if not key.startswith(("PIP", "PYTHON"))
    }
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables = {**kept, **offline, "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}
    return Runner(tmp_path_factory.mktemp("jobs"), variables)


def commit_all(project: Path) -> Path:
    """Commit the whole project."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "A change"]):
        subprocess.run(["git", "-C", str(project), *command], check=True)
    return project


def made(newcomer: Installed, folder: Path, *arguments: str) -> Path:
    """A new project, committed."""
    done = newcomer.run("new", str(folder), "--preset", "small-venue", *arguments, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return commit_all(folder)


def not_green(steps: list[Step]) -> list[str]:
    return [f"{step.job}: {step.name}\n{step.output[-4000:]}" for step in steps if step.outcome != "success"]


@pytest.mark.terraform
def test_the_github_workflow_passes_on_a_new_project_and_fails_on_each_fault(
    newcomer: Installed, runner: Runner, tmp_path: Path
) -> None:
    project = made(newcomer, tmp_path / "my-shop", "--ci", "github")
    workflow = project / ".github/workflows/ticketgen.yml"
    steps = list(run_github(workflow, lambda: runner.clone(project), runner.shell))
    assert not_green(steps) == []
    checks = [f"check ({name})" for name in ENVIRONMENTS]
    assert list(dict.fromkeys(step.job for step in steps)) == ["environments", *checks]
    assert sorted({step.uses for step in steps if step.uses}) == ACTIONS
    (compared,) = [step for step in steps if step.name == "Consequences"]
    summary = compared.folder.with_name(f"{compared.folder.name}-summary").read_text("utf-8")
    assert summary.startswith("**ticketgen**: no findings.")
    suites = [step for step in steps if step.name == "Unit suite"]
    assert all(re.search(r"[1-9]\d* passed", step.output) for step in suites)
    uploads = [json.loads(step.output) for step in steps if "upload-sarif" in step.uses]
    assert [upload["category"] for upload in uploads] == [f"ticketgen-{name}" for name in ENVIRONMENTS]
    for step in suites:
        report = json.loads((step.folder / uploads[0]["sarif_file"]).read_text("utf-8"))
        assert (report["version"], len(report["runs"])) == ("2.1.0", 1)

    # A table by hand that lacks the suffix: out of date, and wrong. The suites would take minutes to say so again.
    tables = project / "stacks/dev/modules/data/tables.tf"
    tables.write_text(
        tables.read_text("utf-8")
        + 'resource "aws_dynamodb_table" "mine" {\n  name = "mine"\n}\n', encoding="utf-8"
    )  # fmt: skip
    document = yaml.safe_load(workflow.read_text("utf-8"))
    for job in document["jobs"].values():
        job["steps"] = [step for step in job["steps"] if step.get("name") not in {"Unit suite", "Terraform"}]
    workflow.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    commit_all(project)
    broken = list(run_github(workflow, lambda: runner.clone(project), runner.shell))
    outcomes = {(step.job, step.name): step for step in broken}
    drift = outcomes["environments", "Drift"]
    assert drift.outcome == "failure"
    assert "::error file=stacks/dev/modules/data/tables.tf" in drift.output
    assert outcomes["check (dev)", "Findings"].outcome == "success"
    assert outcomes["check (dev)", "Upload the findings"].outcome == "success"
    assert outcomes["check (dev)", "Verification"].outcome == "failure"
    assert outcomes["check (prod)", "Verification"].outcome == "success"
    found = json.loads((outcomes["check (dev)", "Findings"].folder / "ticketgen.sarif").read_text("utf-8"))
    assert "name-has-suffix" in {result["ruleId"] for result in found["runs"][0]["results"]}


@pytest.mark.terraform
def test_the_gitlab_pipeline_passes_on_a_new_project_and_fails_on_drift(
    newcomer: Installed, runner: Runner, tmp_path: Path
) -> None:
    project = made(newcomer, tmp_path / "my-shop", "--ci", "gitlab")
    steps = list(run_gitlab(lambda: runner.clone(project), runner.shell))
    assert not_green(steps) == []
    jobs = [f"{job} ({name})" for job in ("ticketgen", "terraform") for name in ENVIRONMENTS]
    assert [step.job for step in steps] == ["environments", *jobs]
    assert all(re.search(r"[1-9]\d* passed", step.output) for step in steps if "ticketgen (" in step.job)

    outputs = project / "stacks/dev/global/outputs.tf"
    outputs.write_text(outputs.read_text("utf-8") + "# mine\n", encoding="utf-8")
    commit_all(project)
    (drifted,) = run_gitlab(lambda: runner.clone(project), runner.shell)
    assert drifted.outcome == "failure"
    assert "stacks/dev/global/outputs.tf" in drifted.output
