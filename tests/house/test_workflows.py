"""The workflows: valid, with pinned actions, few permissions, and without a value in a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from github_actions import ROOT, WORKFLOWS, check_schema, steps

ALL = [*WORKFLOWS, ROOT / "action.yml"]


def test_they_are_valid() -> None:
    check_schema("vendor.github-workflows", *WORKFLOWS)
    check_schema("vendor.dependabot", ROOT / ".github/dependabot.yml")


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_every_action_is_pinned_to_a_commit(file: Path) -> None:
    used = re.findall(r"uses: (\S+)(?: +# (\S+))?", file.read_text("utf-8"))
    assert used
    for action, version in used:
        assert action == "./" or (re.search("@[0-9a-f]{40}$", action) and re.match(r"v\d", version)), action


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_no_value_is_pasted_into_a_script(file: Path) -> None:
    assert not [step for step in steps(file) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_job_may_write_only_if_it_says_so(file: Path) -> None:
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
