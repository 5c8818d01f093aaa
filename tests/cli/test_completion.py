"""Shells complete values of the project, quickly and without error messages."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "ticketgen"


def completed(folder: Path, line: str, **variables: str) -> list[str]:
    """The completions of a line, requested as bash does."""
    words = shlex.split(line)
    position = len(words) if line.endswith(" ") else len(words) - 1
    environment = {
        **os.environ,
        "_TICKETGEN_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(position),
        **variables,
    }
    done = subprocess.run([PROGRAM], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ticketgen render --env ", ["dev", "prod"]),
        ("ticketgen render --env p", ["prod"]),
        ("ticketgen -q size --env dev --env ", ["dev", "prod"]),
        ("ticketgen show --env d", ["dev"]),
        ("ticketgen rehearse --env d", ["dev"]),
        ("ticketgen remove-region ", ["eu-west-1"]),
        ("ticketgen add-region eu-west-", ["eu-west-1", "eu-west-2", "eu-west-3"]),
        ("ticketgen rules name-has", ["name-has-suffix"]),
        ("ticketgen rules hand-ed", ["hand-edited"]),
        ("ticketgen validate --select name-has", ["name-has-suffix"]),
        ("ticketgen validate --select hand-ed", []),
        ("ticketgen validate --ignore unused-grant,name-has", ["unused-grant,name-has-suffix"]),
        ("ticketgen presets small", ["small-venue"]),
        ("ticketgen new shop --preset small", ["small-venue"]),
        ("ticketgen eject stack/modules/data/tab", ["stack/modules/data/tables.tf.j2"]),
        ("ticketgen help exit", ["exit-codes"]),
        ("ticketgen help rend", ["render", "render-interrupted"]),
        ("ticketgen help name-has", ["name-has-suffix"]),
        ("ticketgen help hand", ["hand-edited"]),
        ("ticketgen help vali", ["validate"]),
        ("ticketgen validate --format s", ["sarif"]),
        ("ticketgen validate --min-severity w", ["warning"]),
        ("ticketgen show --format h", ["html"]),
        ("ticketgen --color a", ["auto", "always"]),
        ("ticketgen rend", ["render"]),
        ("ticketgen render --ch", ["--check"]),
    ],
)
def test_values_are_completed(project: Path, line: str, expected: list[str]) -> None:
    assert completed(project, line) == expected


def test_completion_finds_the_same_project_as_the_command(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    below = project / "stacks/dev"
    below.mkdir(parents=True)
    assert completed(below, "ticketgen render --env ") == ["dev", "prod"]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    spec = project / "ticketgen.yaml"
    assert completed(elsewhere, "ticketgen render --env ") == []
    assert completed(elsewhere, f"ticketgen -C {project} render --env ") == ["dev", "prod"]
    assert completed(elsewhere, f"ticketgen render -C {project} --env ") == ["dev", "prod"]
    assert completed(elsewhere, f"ticketgen render --spec {spec} --env ") == ["dev", "prod"]
    assert completed(elsewhere, "ticketgen render --env ", TICKETGEN_SPEC=str(spec)) == ["dev", "prod"]


def test_values_come_from_the_preset_where_the_spec_has_none(project: Path) -> None:
    (project / "ticketgen.yaml").write_text(
        "version: 1\nproject: shop\nextends: regional-tour\nenvironments: {one: }\n"
    )
    assert len(completed(project, "ticketgen remove-region ")) > 1
    assert completed(project, "ticketgen list --format te") == ["text", "terragrunt"]
    assert completed(project, "ticketgen size --env ") == ["one"]


@pytest.mark.parametrize(
    "text", ["", "{{", "- 1", "environments: 3", "environments: [a]", "extends: ../x", "\x00", "é"]
)
def test_errors_are_silent(project: Path, text: str) -> None:
    (project / "ticketgen.yaml").write_text(text, encoding="latin-1")
    for line in ("ticketgen render --env ", "ticketgen remove-region ", "ticketgen -C nowhere render --env "):
        assert completed(project, line) == []


def test_completion_imports_no_validation(project: Path) -> None:
    environment = {
        **os.environ,
        "_TICKETGEN_COMPLETE": "complete_bash",
        "COMP_WORDS": "ticketgen render --env ",
        "COMP_CWORD": "3",
    }
    command = [sys.executable, "-X", "importtime", "-c", "from ticketgen.cli import main; main()"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert not imported & {"pydantic", "hcl2", "jinja2", "cookiecutter"}
