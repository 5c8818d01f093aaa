"""`ticketgen list` gives the root modules to those who run them otherwise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ticketgen.cli.app import app
from ticketgen.pipeline import read_project
from ticketgen.stack.roots import RootKind, root_modules

SPEC = """\
version: 1
project: tap-marketplace
extends: flash-sale
retired_regions: [eu-north-1]
state: { bucket: "states-{region}" }
environments:
  dev: { regions: [us-east-1, us-west-2] }
  prod: { regions: [us-east-1, us-west-2, eu-west-1] }
"""
DEV = [
    "global", "data/us-east-1", "data/us-west-2", "regions/us-east-1", "regions/us-west-2",
    "regions/eu-north-1", "data/eu-north-1",
]  # fmt: skip


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(SPEC)
    return path


def listed(spec: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["list", "--spec", str(spec), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_json_has_every_root_module_after_those_that_it_needs(spec: Path) -> None:
    dev, prod = json.loads(listed(spec, "--format", "json"))
    assert [root["root"] for root in dev["roots"]] == DEV
    for environment in (dev, prod):
        seen: dict[str, int] = {}
        for root in environment["roots"]:
            if not root["retired"]:
                assert all(seen[need] < root["stage"] for need in root["needs"])
            seen[root["root"]] = root["stage"]
    assert [root["root"] for root in dev["roots"] if root["retired"]] == DEV[-2:]


def test_github_has_a_matrix_for_each_stage(spec: Path) -> None:
    lines = listed(spec, "--format", "github", "--env", "prod").splitlines()
    stages = {line.split("=", 1)[0]: json.loads(line.split("=", 1)[1])["include"] for line in lines}
    assert {name: [job["root"] for job in jobs] for name, jobs in stages.items()} == {
        "global": ["global"],
        "data_primary": ["data/us-east-1"],
        "data": ["data/eu-west-1", "data/us-west-2"],
        "regions": ["regions/eu-west-1", "regions/us-east-1", "regions/us-west-2"],
    }
    assert {job["environment"] for jobs in stages.values() for job in jobs} == {"prod"}


def test_atlantis_names_folders_order_and_what_each_project_watches(spec: Path) -> None:
    document = yaml.safe_load(listed(spec, "--format", "atlantis"))
    projects = {each["name"]: each for each in document["projects"]}
    assert len(projects) == 5 + 7
    region = projects["prod-regions-eu-west-1"]
    assert region["dir"] == "stacks/prod/regions/eu-west-1"
    assert region["depends_on"] == ["prod-data-eu-west-1"]
    assert region["execution_order_group"] > projects["prod-data-eu-west-1"]["execution_order_group"]
    assert "../../modules/region/*.tf" in region["autoplan"]["when_modified"]
    assert document["workflows"][region["workflow"]]["plan"]["steps"][0] == {
        "init": {"extra_args": ["-backend-config=backend.hcl"]}
    }


def test_atlantis_watches_exactly_the_modules_that_a_root_calls(spec: Path) -> None:
    assert CliRunner().invoke(app, ["render", "--spec", str(spec), "--env", "dev"]).exit_code == 0
    document = yaml.safe_load(listed(spec, "--format", "atlantis", "--env", "dev"))
    called: dict[str, set[str]] = {}
    for project in document["projects"]:
        folder = spec.parent / project["dir"]
        text = "".join(each.read_text() for each in folder.glob("*.tf"))
        sources = {f"{source}/*.tf" for source in re.findall(r'source\s*=\s*"(\.\./.+)"', text)}
        called.setdefault(project["dir"].split("/")[2], set()).update(sources)
    for project in document["projects"]:
        watched = {each for each in project["autoplan"]["when_modified"] if each.startswith("..")}
        assert watched == called[project["dir"].split("/")[2]]


def test_terragrunt_has_a_unit_for_each_root_module(spec: Path) -> None:
    units = listed(spec, "--format", "terragrunt", "--env", "dev").split("# stacks/dev/")[1:]
    assert [unit.split("/terragrunt.hcl")[0] for unit in units] == DEV[:5]
    assert 'paths = ["../../data/us-west-2"]' in units[4]
    assert 'arguments = ["-backend-config=backend.hcl"]' in units[4]
    project = read_project(spec).value
    assert project is not None
    assert len(units) == len(root_modules(project.environments[0]))
    assert RootKind.GLOBAL in units[0]


def test_one_environment_only(spec: Path) -> None:
    assert listed(spec, "--env", "prod").split()[0] == "prod"
    wrong = CliRunner().invoke(app, ["list", "--spec", str(spec), "--env", "test"])
    assert wrong.exit_code != 0
