"""The upgrade workflow's scripts, run with a repository on this machine and a program in place of GitHub's `gh`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ticketgen.project.bases import Answers, InstallKind, ProjectRecord
from ticketgen.project.owned_files import WORKFLOW, current_texts

GH = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *compare*) cat "$AUTHORS" ;;
  "pr list"*) cat "$KNOWN" ;;
esac
"""
BOT = "ticketgen-upgrade@users.noreply.github.com"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def steps_of(job: str) -> Mapping[str, Any]:
    record = ProjectRecord(install=InstallKind.GIT, answers=Answers("my-shop", "small-venue", "github", True))
    texts = current_texts(record).value
    assert texts
    steps = yaml.safe_load(texts[WORKFLOW])["jobs"][job]["steps"]
    return {step["name"]: step for step in steps if "name" in step}


class Runner:
    """A clone with a patch to propose, and what `gh` was called with."""

    def __init__(self, folder: Path, changed: str) -> None:
        self.folder = folder
        self.origin, self.clone, self.temp = folder / "origin.git", folder / "clone", folder / "temp"
        for each in (self.clone, self.temp / "upgrade", folder / "bin"):
            each.mkdir(parents=True)
        git(folder, "init", "-q", "--bare", str(self.origin))
        git(self.clone, "init", "-q")
        (self.clone / "README.md").write_text("old\n")
        git(self.clone, "add", ".")
        git(self.clone, "commit", "-qm", "x")
        git(self.clone, "remote", "add", "origin", str(self.origin))
        git(self.clone, "push", "-q", "origin", "main")
        (self.clone / changed).parent.mkdir(parents=True, exist_ok=True)
        (self.clone / changed).write_text("new\n")
        git(self.clone, "add", ".")
        (self.temp / "upgrade/changes.patch").write_text(git(self.clone, "diff", "--cached", "--binary"))
        git(self.clone, "reset", "-q", "--hard")
        (folder / "bin/gh").write_text(GH)
        (folder / "bin/gh").chmod(0o755)
        for name in ("calls", "authors", "known"):
            (folder / name).write_text("")

    def run(self, step: Mapping[str, Any], **variables: str) -> subprocess.CompletedProcess[str]:
        names = {name: str(self.folder / name.lower()) for name in ("CALLS", "AUTHORS", "KNOWN")}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=self.clone,
            env={**os.environ, **names, "RUNNER_TEMP": str(self.temp), "REPOSITORY": "acme/shop", "BASE": "main",
                 "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", **variables},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def proposed(self) -> str:
        listed = git(self.origin, "branch", "--list", "ticketgen-upgrade")
        return git(self.origin, "show", "ticketgen-upgrade:README.md") if listed else ""


@pytest.mark.parametrize(("result", "title", "state"), [
    ("clean", "Upgrade ticketgen --body-file", "success"), ("conflicts", "Upgrade ticketgen (conflicts)", "failure"),
])  # fmt: skip
def test_a_pull_request_is_opened_and_conflicts_are_red(
    tmp_path: Path, result: str, title: str, state: str
) -> None:
    runner, steps = Runner(tmp_path, "README.md"), steps_of("propose")
    assert runner.run(steps["Commit"], HAS_TOKEN="false").returncode == 0
    done = runner.run(steps["Propose"], RESULT=result)
    assert done.returncode == 0, done.stderr
    assert runner.proposed() == "new\n"
    (created,) = (call for call in runner.calls() if call.startswith("pr create"))
    assert f"--title {title}" in created
    commit = git(runner.clone, "rev-parse", "HEAD").strip()
    (status,) = (call for call in runner.calls() if "statuses" in call)
    assert f"repos/acme/shop/statuses/{commit} --field state={state} " in status


def test_an_open_pull_request_is_updated(tmp_path: Path) -> None:
    runner, steps = Runner(tmp_path, "README.md"), steps_of("propose")
    (tmp_path / "known").write_text("7\n")
    git(runner.clone, "push", "-q", "origin", "main:ticketgen-upgrade")
    runner.run(steps["Commit"], HAS_TOKEN="true")
    assert runner.run(steps["Propose"], RESULT="clean").returncode == 0
    assert runner.proposed() == "new\n"
    assert [call[:9] for call in runner.calls() if call.startswith("pr ")] == ["pr list -", "pr edit 7"]


def test_commits_of_people_on_the_branch_are_not_overwritten(tmp_path: Path) -> None:
    runner, steps = Runner(tmp_path, "README.md"), steps_of("propose")
    git(runner.clone, "push", "-q", "origin", "main:ticketgen-upgrade")
    # The filter of `--jq` leaves out the workflow's own commits.
    (tmp_path / "authors").write_text("ann@acme.example\n")
    runner.run(steps["Commit"], HAS_TOKEN="true")
    done = runner.run(steps["Propose"], RESULT="clean")
    assert (done.returncode, "::warning::" in done.stdout) == (0, True)
    assert runner.proposed() == "old\n"
    assert not [call for call in runner.calls() if call.startswith("pr ")]
    assert BOT in steps["Propose"]["run"]
    assert f"user.email={BOT}" in steps["Commit"]["run"]


@pytest.mark.parametrize(("token", "code"), [("true", 0), ("false", 1)])
def test_a_change_of_workflows_needs_a_token_of_its_own(tmp_path: Path, token: str, code: int) -> None:
    runner, steps = Runner(tmp_path, ".github/workflows/deploy.yml"), steps_of("propose")
    done = runner.run(steps["Commit"], HAS_TOKEN=token)
    assert done.returncode == code
    assert ("TICKETGEN_UPGRADE_TOKEN" in done.stdout) is (code == 1)
