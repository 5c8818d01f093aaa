"""Colours, quiet and verbose runs, and results in files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from cli_tools import SPEC, run, run_on_terminal, run_process

from ticketgen.cli.diff_output import plain_diff

ESCAPE = "\x1b["
SHOW_A_FINDING = "list --spec nope.yaml"


@pytest.mark.parametrize(
    ("command", "variables", "colored"),
    [
        (SHOW_A_FINDING, {}, True),
        (SHOW_A_FINDING, {"NO_COLOR": "1"}, False),
        (SHOW_A_FINDING, {"NO_COLOR": ""}, True),
        (SHOW_A_FINDING, {"TERM": "dumb"}, False),
        (SHOW_A_FINDING, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (f"--color always {SHOW_A_FINDING}", {"NO_COLOR": "1"}, True),
        (f"{SHOW_A_FINDING} --color never", {}, False),
        (f"--color auto {SHOW_A_FINDING}", {}, True),
    ],
)
def test_a_terminal_shows_colours(
    tmp_path: Path, command: str, variables: dict[str, str], colored: bool
) -> None:
    shown = run_on_terminal(tmp_path, command, **variables)
    assert "nope.yaml does not exist" in shown
    assert (ESCAPE in shown) is colored


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        (["--color", "always"], {}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_a_pipe_gets_no_colours_unless_requested(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], colored: bool
) -> None:
    done = run_process(tmp_path, *arguments, *SHOW_A_FINDING.split(), **variables)
    assert (ESCAPE in done.stderr) is colored


def test_colours_mark_severity_rule_and_arrow_and_keep_the_text(tmp_path: Path) -> None:
    plain = run_process(tmp_path, *SHOW_A_FINDING.split()).stderr
    colored = run_process(tmp_path, "--color", "always", *SHOW_A_FINDING.split()).stderr
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    for part in ("error:", "[unreadable-file]", "→"):
        assert re.search(rf"\x1b\[[0-9;]+m{re.escape(part)}\x1b\[0m", colored)


def test_sarif_describes_the_findings_of_every_command(rendered: Path) -> None:
    (rendered / "stacks/dev/global/outputs.tf").write_text("# mine\n")
    (done,) = json.loads(run("render", "--check", "--format", "sarif").stdout)["runs"]
    (described,) = done["tool"]["driver"]["rules"]
    assert described["id"] == "hand-edited"
    assert described["shortDescription"]["text"] == "No rendered file was edited by hand."


@pytest.mark.parametrize("format", ["json", "github", "sarif", "junit"])
def test_reports_for_programs_have_no_colours(project: Path, format: str) -> None:
    (project / "ticketgen.yaml").write_text(SPEC.replace("eu-west-1", "eu-wset-1"))
    assert ESCAPE not in run("--color", "always", "render", "--format", format).output


def test_a_file_gets_no_colours(rendered: Path) -> None:
    (rendered / "stacks/dev/main.tf").write_text("locals {\n  a = var.b\n}\n")
    assert run("--color", "always", "validate", "stacks/dev", "-o", "report.txt").exit_code == 1
    assert ESCAPE not in (rendered / "report.txt").read_text()


def test_a_diff_has_colours_on_a_terminal_only(rendered: Path) -> None:
    outputs = rendered / "stacks/dev/global/outputs.tf"
    outputs.write_text(outputs.read_text().replace("output", "outptu", 1) + "# mine\n")
    plain = run("render", "--diff").stdout
    colored = run("--color", "always", "render", "--diff").stdout
    assert ESCAPE not in plain
    assert "\x1b[31m-# mine\x1b[0m\n" in colored
    assert "\x1b[1m--- a/stacks/dev/global/outputs.tf\x1b[0m\n" in colored
    assert re.search(r"\x1b\[32m\+.*\x1b\[0m\n", colored)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_displaying_a_diff_changes_its_headers_only() -> None:
    difference = (
        "--- a/x.tf\n+++ b/x.tf\n@@ -1,3 +1,2 @@\n \x0c one\n--- a/y.tf\n-two\r\n+++ b/y.tf\n"
        "\\ No newline at end of file\n--- /dev/null\n+++ b/z z.tf\n@@ -0,0 +1 @@\n+--- a/q\n"
    )
    assert plain_diff(difference, Path("shop")) == (
        "--- a/shop/x.tf\n+++ b/shop/x.tf\n@@ -1,3 +1,2 @@\n \x0c one\n--- a/y.tf\n-two\r\n+++ b/y.tf\n"
        "\\ No newline at end of file\n--- /dev/null\n+++ b/shop/z z.tf\n@@ -0,0 +1 @@\n+--- a/q\n"
    )


def test_quiet_prints_errors_and_results_only(rendered: Path) -> None:
    assert run("-q", "render").output == ""
    assert run("-q", "render", "--check").output == ""
    assert run("render", "--quiet", "--env", "dev").output == ""
    assert run("-q", "list").stdout == run("list").stdout
    (rendered / "stacks/dev/main.tf").write_text("locals {\n  a = var.b\n}\n")
    done = run("-q", "validate", "stacks/dev")
    assert done.exit_code == 1
    assert (done.stdout.splitlines()[-1], done.stderr) == ("1 error", "")
    loud = run("validate", "stacks/dev")
    assert loud.stdout.splitlines()[-1] == "1 error, 1 warning"


def test_verbose_prints_files_and_times_to_standard_error(rendered: Path) -> None:
    done = run_process(rendered / "stacks", "-v", "render", "--env", "dev")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert all(re.match(r"\[ *\d+\.\d\d s\] ", line) for line in lines)
    steps = [line.partition("] ")[2] for line in lines]
    assert steps[0] == "spec: ../ticketgen.yaml"
    assert steps[1:] == ["Rendering and verifying dev", "Writing the stacks"]
    assert done.stdout == run_process(rendered / "stacks", "render", "--env", "dev").stdout


def test_verbose_output_keeps_reports_valid(rendered: Path) -> None:
    done = run_process(rendered, "validate", "stacks/dev", "--format", "json", "-v")
    assert json.loads(done.stdout)["findings"] == []
    assert "stacks/dev: read " in done.stderr


RESULTS = [
    ["schema"],
    ["show", "--env", "dev"],
    ["show", "--format", "html"],
    ["size", "--env", "dev"],
    ["size", "--format", "json"],
    ["size", "--format", "markdown"],
    ["validate", "stacks/dev", "--format", "junit"],
    ["render", "--check", "--format", "sarif"],
    ["render", "--check", "--format", "json"],
]


@pytest.mark.parametrize("arguments", RESULTS, ids=" ".join)
def test_an_output_file_gets_the_same_as_standard_output(rendered: Path, arguments: list[str]) -> None:
    printed = run(*arguments)
    (rendered / "out").mkdir()
    done = run(*arguments, "--output", "out/result")
    assert (done.exit_code, done.stdout) == (printed.exit_code, "")
    written = (rendered / "out/result").read_text("utf-8")
    assert written.rstrip("\n") == printed.stdout.rstrip("\n") != ""
    assert [each.name for each in (rendered / "out").iterdir()] == ["result"]
    assert run(*arguments, "-o", "-").stdout.rstrip("\n") == printed.stdout.rstrip("\n")


def test_an_output_file_is_replaced_atomically_and_keeps_its_mode_and_link(project: Path) -> None:
    real = project / "real.json"
    real.write_text("old")
    real.chmod(0o640)
    (project / "link.json").symlink_to(real)
    assert run("schema", "-o", "link.json").exit_code == 0
    assert (project / "link.json").is_symlink()
    assert json.loads(real.read_text("utf-8"))
    assert real.stat().st_mode & 0o777 == 0o640


def test_an_output_file_is_unchanged_if_the_write_fails(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "schema.json").write_text("old")

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    done = run("schema", "-o", "schema.json")
    assert done.exit_code == 5
    assert "schema.json cannot be written: No space left on device" in done.stderr
    assert (project / "schema.json").read_text() == "old"
    assert {each.name for each in project.iterdir()} == {"schema.json", "ticketgen.yaml"}


def test_nothing_is_written_without_a_result(project: Path) -> None:
    assert run("show", "--env", "nowhere", "-o", "stack.svg").exit_code == 2
    assert not (project / "stack.svg").exists()


@pytest.mark.parametrize(
    "name",
    [
        "ticketgen.yaml",
        "terraform.tfstate",
        "main.tf",
        "main.tf.json",
        "prod.tfvars.json",
        "stacks/dev/notes.json",
        "move.py",
    ],
)
def test_a_result_replaces_nothing_but_results(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "stacks/dev").mkdir(parents=True, exist_ok=True)
    (tmp_path / "stacks/dev/.ticketgen.json").write_text("{}")
    place.write_text("mine\n")
    (tmp_path / "link.json").symlink_to(place)
    for output in (name, "link.json"):
        done = run("schema", "-o", str(tmp_path / output))
        assert done.exit_code == 5
        assert "cannot be written: it " in done.stderr
        assert place.read_text() == "mine\n"
    place.unlink()
    assert run("schema", "-o", str(place)).exit_code == 0, "a new file is nobody's"
    report = tmp_path / "report.json"
    report.write_text("old\n")
    assert run("schema", "-o", str(report)).exit_code == 0
    assert report.read_text() != "old\n"
