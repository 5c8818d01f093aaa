"""The spec is found from any folder of a project; paths are printed relative to the current folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_tools import ASK_FOR_A_SPEC, SPEC, run, run_process

from ticketgen.cli.help import COMMANDS

WITHOUT = {
    "new",
    "lsp",
    "validate",
    "presets",
    "rules",
    "schema",
    "doctor",
    "help",
    "check-history",
    "import",
    "plan-check",
}

EXIT_CODES = {"rehearse": 2, "upgrade": 1, "migrate": 1}
"""Of the commands that need more than a spec; 0 of the others."""


def test_every_command_is_covered_by_these_tests() -> None:
    assert ASK_FOR_A_SPEC.keys() | WITHOUT == COMMANDS.keys()


@pytest.mark.parametrize("command", ASK_FOR_A_SPEC)
@pytest.mark.parametrize("name", ["ticketgen.yaml", "ticketgen.yml"])
def test_the_spec_is_found_from_a_subfolder(
    rendered: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    (rendered / "ticketgen.yaml").rename(rendered / name)
    monkeypatch.chdir(rendered / "stacks" / "dev")
    done = run(*ASK_FOR_A_SPEC[command])
    assert "no-spec" not in done.stderr
    assert done.exit_code == EXIT_CODES.get(command, 0), done.output


def test_doctor_finds_the_spec_too(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rendered / "stacks" / "dev")
    rows = json.loads(run("doctor", "--offline", "--format", "json").stdout)
    (spec,) = (row for row in rows if row["name"] == "spec")
    assert spec["health"] == "found", spec


@pytest.mark.parametrize("command", ASK_FOR_A_SPEC)
def test_without_a_spec_the_message_suggests_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*ASK_FOR_A_SPEC[command])
    assert done.exit_code == 3
    assert "run `ticketgen new" in done.output


@pytest.mark.parametrize("command", ASK_FOR_A_SPEC)
def test_two_specs_in_one_folder_are_an_error(project: Path, command: str) -> None:
    (project / "ticketgen.yml").write_text(SPEC, encoding="utf-8")
    done = run(*ASK_FOR_A_SPEC[command])
    assert done.exit_code == 3
    assert "ticketgen.yaml and ticketgen.yml are both here" in done.output


def test_the_nearest_spec_is_used(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "shop" / "deep"
    inner.mkdir(parents=True)
    (project / "shop" / "ticketgen.yml").write_text(SPEC.replace("dev:", "test:"), encoding="utf-8")
    monkeypatch.chdir(inner)
    assert run("list").stdout.splitlines()[0].split() == ["test", "../stacks/test", "eu-west-1"]


@pytest.mark.parametrize(
    ("arguments", "variable", "environment"),
    [
        ([], None, "dev"),
        ([], "two.yaml", "two"),
        (["--spec", "one.yaml"], None, "one"),
        (["--spec", "one.yaml"], "two.yaml", "one"),
    ],
)
def test_the_option_overrides_the_variable_and_the_variable_the_search(
    project: Path, arguments: list[str], variable: str | None, environment: str
) -> None:
    for name in ("one", "two"):
        (project / f"{name}.yaml").write_text(SPEC.replace("dev:", f"{name}:"), encoding="utf-8")
    done = run("list", *arguments, env={"TICKETGEN_SPEC": variable} if variable else None)
    assert done.stdout.split()[0] == environment or f"\n{environment} " in done.stdout


def test_a_variable_that_names_a_missing_file_is_reported(project: Path) -> None:
    done = run("list", env={"TICKETGEN_SPEC": "nope.yaml"})
    assert done.exit_code == 3
    assert "TICKETGEN_SPEC names nope.yaml, which does not exist" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["-C", "shop", "list"], ["list", "-C", "shop"], ["-C", ".", "list", "-C", "shop"]]
)
def test_dash_c_changes_the_base_folder_but_not_displayed_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [line.split()[1] for line in run(*arguments).stdout.splitlines()] == [
        "shop/stacks/dev", "shop/stacks/prod",
    ]  # fmt: skip


def test_dash_c_applies_to_every_path_argument(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.chdir(outside)
    folder = os.path.relpath(rendered, outside)
    done = run("-C", folder, "validate", "stacks/dev")
    assert (done.exit_code, done.stderr.split(":")[0]) == (0, f"{folder}/stacks/dev")
    assert run("-C", folder, "schema", "-o", "schema.json").exit_code == 0
    assert (rendered / "schema.json").is_file()
    assert run("-C", folder, "list", "--spec", "ticketgen.yaml").exit_code == 0
    assert run("-C", folder, "size", "--prices", "ticketgen.yaml").exit_code == 2
    assert list(outside.iterdir()) == []


def test_options_do_not_leak_into_the_next_run(project: Path) -> None:
    (project / "empty").mkdir()
    assert run("-C", "empty", "-q", "presets").exit_code == 0
    assert run("list").exit_code == 0


def test_the_next_step_can_be_pasted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "ticketgen.yaml").write_text(
        SPEC + "state: { bucket: my-terraform-state }\n", encoding="utf-8"
    )
    here = project / "my folder"
    here.mkdir()
    monkeypatch.chdir(here)
    done = run("render", "--env", "prod")
    (step,) = (line.removeprefix("Next: ") for line in done.stdout.splitlines() if line.startswith("Next: "))
    shown = subprocess.run(
        ["bash", "-ec", f"{step} --dry-run"], cwd=here, capture_output=True, text=True, check=True
    )
    assert "ops/terraform.sh plan regions/" in shown.stdout


def test_the_next_step_quotes_the_folder_if_necessary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my shop"
    folder.mkdir()
    (folder / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "Next: make -C 'my shop/stacks/dev' plan" in run("-C", "my shop", "render").stdout


def test_findings_summaries_and_diffs_have_paths_relative_to_a_stack(
    rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("dev", "prod"):
        with (rendered / "stacks" / name / "global" / "outputs.tf").open("a", encoding="utf-8") as file:
            file.write("--- a/stacks/prod/modules/data/tables.tf\n")
    monkeypatch.chdir(rendered / "stacks" / "dev")
    done = run("render", "--diff")
    assert done.exit_code == 1
    headers = [line for line in done.stdout.splitlines() if line.startswith(("--- ", "+++ "))]
    assert headers == [
        "--- a/global/outputs.tf",
        "+++ b/global/outputs.tf",
        "--- a/../prod/global/outputs.tf",
        "+++ b/../prod/global/outputs.tf",
    ]
    assert "---- a/stacks/prod/modules/data/tables.tf" in done.stdout  # a line that goes, and no header
    assert "global/outputs.tf:1:1: error" in done.stderr
    assert "../prod/global/outputs.tf:1:1: error" in done.stderr
    assert {line.split(":")[0] for line in done.stdout.splitlines() if "1 hand-edited" in line} == {
        ".",
        "../prod",
    }
    document = json.loads(run("render", "--diff", "--format", "json").stdout)
    assert document["changes"]["hand-edited"] == ["global/outputs.tf", "../prod/global/outputs.tf"]
    assert document["difference"].startswith("--- a/global/outputs.tf\n")


def test_findings_in_the_spec_have_paths_relative_to_a_stack(
    rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rendered / "ticketgen.yaml").write_text(SPEC.replace("eu-west-1", "eu-wset-1"), encoding="utf-8")
    monkeypatch.chdir(rendered / "stacks" / "dev")
    for command in (("render",), ("list",), ("size",), ("show",)):
        assert run(*command).stderr.startswith("../../ticketgen.yaml:4:"), command


def test_a_region_can_be_added_from_a_stack(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = SPEC.replace("[eu-west-1]", "[eu-west-1, eu-central-1]\nsecondary_region: eu-central-1")
    (rendered / "ticketgen.yaml").write_text(two, encoding="utf-8")
    monkeypatch.chdir(rendered / "stacks" / "dev")
    done = run("add-region", "eu-west-2", "--env", "dev", "--dry-run")
    assert done.stdout.startswith(
        "../../ticketgen.yaml: eu-west-2 would be added to dev\n--- a/../../ticketgen.yaml\n"
    )


def test_paths_are_displayed_through_links(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path_factory.mktemp("links") / "dev"
    link.symlink_to(rendered / "stacks" / "dev")
    monkeypatch.chdir(link)
    assert run("list").stdout.split()[1] == "."


def test_a_deleted_current_folder_is_reported(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f'mkdir "{gone}" && cd "{gone}" && rmdir "{gone}" && exec python -m ticketgen'
    for command in ("list", "validate", "render"):
        done = subprocess.run(
            ["bash", "-c", f"{script} {command}"], capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 2
        assert "the current folder no longer exists" in done.stderr


def test_a_folder_named_like_the_spec_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ticketgen.yaml").mkdir()
    done = run_process(tmp_path, "list")
    assert done.returncode == 3
    assert "is a directory" in done.stderr
