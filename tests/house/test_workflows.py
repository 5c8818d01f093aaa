"""The workflows: valid, with pinned actions, few permissions, and no interpolation in scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_actions import ROOT, WORKFLOWS, check_schema, steps

from ticketgen.project.generate import Renderer
from ticketgen.project.new_environments import initial_figures
from ticketgen.project.template import read_template
from ticketgen.spec.presets import presets

ALL = [*WORKFLOWS, ROOT / "action.yml"]
TEXTS = [
    *ALL,
    *(path for path in (ROOT / "templates").rglob("*") if path.is_file()),
    *(path for path in (ROOT / "docs").rglob("*.md")),
    *ROOT.glob("*.md"),
]
USED = re.compile(r"^\s*(?:- )?uses: (\S+)(?: +# (\S+))?", re.MULTILINE)
PLACEHOLDER = "OWNER/ticketgen@COMMIT"
ANSWERS = {
    "project": "my-shop", "preset": "small-venue", "ticketgen": "1", "ticketgen_install": "python -m pip install x",
    "_carries_wheel": True, "_upgrade_workflow": True, **initial_figures(presets()["small-venue"].path),
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered() -> Mapping[str, Any]:
    """The pipelines of a new project, by path."""
    renderer = Renderer(read_template(ROOT / "templates/project"))
    made: dict[str, Any] = {}
    for ci in ("github", "gitlab"):
        for path, file in renderer.project({**ANSWERS, "ci": ci, "_is_git": False}).items():
            if path.startswith((".github", ".gitlab")):
                made[path] = yaml.safe_load(file.content)
    assert set(made) == {
        ".github/workflows/deploy.yml",
        ".github/workflows/ticketgen-upgrade.yml",
        ".github/workflows/ticketgen.yml",
        ".gitlab-ci.yml",
        ".gitlab/check.yml",
    }
    return made


def test_the_workflows_are_valid() -> None:
    check_schema("vendor.github-workflows", *WORKFLOWS)
    check_schema("vendor.dependabot", ROOT / ".github/dependabot.yml")


def test_every_action_is_pinned_to_a_commit_wherever_it_is_written() -> None:
    """In our own workflows, in rendered ones, and in the examples of the documentation."""
    used = {path: USED.findall(path.read_text("utf-8", errors="replace")) for path in TEXTS}
    assert {path.name for path, found in used.items() if found} >= {
        "action.yml",
        "ci.yml",
        "ci.md",
        "release.yml",
    }
    assert sum("templates" in path.parts for path, found in used.items() if found) == 3
    versions: dict[str, set[tuple[str, str]]] = {}
    for action, version in (each for found in used.values() for each in found):
        if action in {"./", PLACEHOLDER}:
            continue
        name, _, commit = action.partition("@")
        assert re.fullmatch("[0-9a-f]{40}", commit), action
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action
        versions.setdefault(name, set()).add((commit, version))
    assert all(len(pins) == 1 for pins in versions.values()), versions


def test_no_pipeline_exposes_a_token_or_secret_to_pull_requests(
    rendered: Mapping[str, Any],
) -> None:
    github = [yaml.safe_load(file.read_text("utf-8")) for file in WORKFLOWS]
    github += [rendered[f".github/workflows/{name}.yml"] for name in ("deploy", "ticketgen")]
    for document in github:
        triggers = document[True]  # YAML 1.1 reads `on` as a truth value
        assert set(triggers) <= {"pull_request", "push"}
        assert document["permissions"] == {"contents": "read"}
        assert "secrets." not in str(document)
        for job in document["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", ""), "an expression in a script can run commands"
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False
                    # The base of a pull request is what its author cannot choose.
                    base = "${{ github.event.pull_request.base.sha }}"
                    assert step["with"].get("ref", base) == base
    scripts = [job["script"] for name, job in rendered[".gitlab/check.yml"].items()]
    scripts.append(rendered[".gitlab-ci.yml"]["environments"]["script"])
    for line in (line for script in scripts for line in script):
        assert not re.search(r"\$\{?CI_(?:COMMIT|MERGE_REQUEST(?!_DIFF_BASE_SHA)|JOB_TOKEN)", line), (
            "others choose these texts"
        )
        assert "$ENVIRONMENT" not in re.sub('"[^"]*"', "", line), "a shell splits it without quotes"


def test_a_deployment_needs_an_approval_and_takes_the_plans_that_were_made(
    rendered: Mapping[str, Any],
) -> None:
    document = rendered[".github/workflows/deploy.yml"]
    jobs = document["jobs"]
    guard = jobs["environments"]["if"]
    assert "vars.AWS_REGION" in guard, "a new project has no credentials, and its CI is green"
    assert "head.repo.full_name == github.repository" in guard, "a fork gets no credentials"
    assert {name for name, job in jobs.items() if job.get("permissions", {}).get("id-token")} == {
        "plan",
        "apply",
    }
    assert jobs["apply"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["apply"]["environment"] == "${{ matrix.environment }}"
    assert jobs["apply"]["if"] == "${{ github.event_name == 'push' }}"
    (kept,) = (step for step in jobs["plan"]["steps"] if "upload-artifact" in step.get("uses", ""))
    (found,) = (step for step in jobs["apply"]["steps"] if "download-artifact" in step.get("uses", ""))
    assert kept["with"]["name"] == found["with"]["name"]
    paths = kept["with"]["path"].splitlines()
    parts = {path.rpartition("/")[2] for path in paths}
    assert parts == {"Makefile", "tfplan", "*.zip"}, "plans without their zips cannot be applied"
    assert not any("/." in path for path in paths), "the action skips hidden files"


def test_the_upgrade_workflow_writes_only_in_the_job_that_runs_no_fetched_code(
    rendered: Mapping[str, Any], tmp_path: Path
) -> None:
    document = dict(rendered[".github/workflows/ticketgen-upgrade.yml"])
    triggers = document.pop(True)
    (tmp_path / "workflow.yml").write_text(yaml.safe_dump({"on": triggers, **document}), encoding="utf-8")
    check_schema("vendor.github-workflows", tmp_path / "workflow.yml")
    assert set(triggers) == {"schedule", "workflow_dispatch"}, "no pull request can start it"
    assert document["permissions"] == {"contents": "read"}
    merge, propose = document["jobs"]["merge"], document["jobs"]["propose"]
    assert "permissions" not in merge
    assert propose["permissions"] == {"contents": "write", "pull-requests": "write", "statuses": "write"}
    assert "secrets." not in str(merge)
    scripts = [step["run"] for step in propose["steps"] if "run" in step]
    assert not [script for script in scripts if "pip install" in script or "ticketgen render" in script]
    for step in [*merge["steps"], *propose["steps"]]:
        assert "${{" not in step.get("run", ""), "an expression in a script can run commands"
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_no_value_is_interpolated_into_a_script(file: Path) -> None:
    assert not [step for step in steps(file) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_job_may_write_only_with_explicit_permissions(file: Path) -> None:
    assert yaml.safe_load(file.read_text("utf-8"))["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_make_target_exists(file: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for step in steps(file):
        for target in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.MULTILINE):
            assert target in targets


def test_a_release_is_checked_before_it_is_signed_and_published() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    assert jobs["release"]["needs"] == "build"
    assert 'make release-check TAG="$GITHUB_REF_NAME"' in [step.get("run") for step in jobs["build"]["steps"]]
    assert "permissions" not in jobs["build"]
