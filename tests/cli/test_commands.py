"""The output, files and exit code of each command, as CI sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from cli_tools import SPEC, run, run_process

from ticketgen.cli.help import COMMANDS


def test_render_writes_every_environment_and_prints_the_next_steps(project: Path) -> None:
    done = run("render")
    assert done.exit_code == 0
    assert "stacks/dev: verified, " in done.stdout
    assert "Next: make -C stacks/dev plan" in done.stdout
    assert (project / "stacks" / "prod" / "global" / "provider.tf").read_text("utf-8").startswith("#")


def test_render_again_changes_nothing(rendered: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in rendered.rglob("*.tf")}
    done = run("render")
    assert done.exit_code == 0
    assert "created" not in done.stdout
    assert {path: path.stat().st_mtime_ns for path in rendered.rglob("*.tf")} == before


def test_render_of_one_environment(project: Path) -> None:
    assert run("render", "--env", "prod").exit_code == 0
    assert [path.name for path in (project / "stacks").iterdir()] == ["prod"]


def test_check_passes_when_everything_is_up_to_date(rendered: Path) -> None:
    done = run("render", "--check")
    assert (done.exit_code, done.stdout) == (0, "Up to date: stacks/dev, stacks/prod\n")


def test_check_finds_drift_and_writes_nothing(rendered: Path) -> None:
    removed = rendered / "stacks" / "dev" / "global" / "outputs.tf"
    removed.unlink()
    done = run("render", "--check")
    assert done.exit_code == 1
    assert "stacks/dev/global/outputs.tf" in done.stderr
    assert not removed.exists()


def test_diff_shows_what_would_change(rendered: Path) -> None:
    spec = rendered / "ticketgen.yaml"
    spec.write_text(SPEC.replace("protect: true", "protect: false"), encoding="utf-8")
    done = run("render", "--diff")
    assert done.exit_code == 1
    assert "--- a/stacks/prod/data/eu-west-1/main.tf" in done.stdout
    assert "-  protect            = true" in done.stdout


def test_a_hand_edit_is_kept_unless_forced(rendered: Path) -> None:
    edited = rendered / "stacks" / "dev" / "global" / "outputs.tf"
    edited.write_text("# mine\n", encoding="utf-8")
    refused = run("render")
    assert refused.exit_code == 4
    assert "stacks/dev/global/outputs.tf" in refused.stderr
    assert edited.read_text("utf-8") == "# mine\n"
    assert run("render", "--force").exit_code == 0
    assert edited.read_text("utf-8") != "# mine\n"


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        (SPEC.replace("eu-west-1", "eu-wset-1"), 3, "eu-west-1"),
        (SPEC.replace("project:", "projekt:"), 3, "projekt"),
        ("", 3, "empty"),
        (SPEC.replace("tap-marketplace", "tap-market-place-tap") + "  " + "s" * 30 + ":\n", 3, "characters"),
    ],
    ids=["unknown Region", "unknown key", "empty", "name too long"],
)
def test_an_invalid_spec_has_its_own_exit_code_and_a_location(
    spec: str, code: int, message: str, project: Path
) -> None:
    (project / "ticketgen.yaml").write_text(spec, encoding="utf-8")
    done = run("render")
    assert done.exit_code == code
    assert message in done.stderr
    assert "ticketgen.yaml:" in done.stderr
    assert "Traceback" not in done.output
    assert not (project / "stacks").exists()


def test_an_unknown_environment_is_a_usage_error(project: Path) -> None:
    done = run("render", "--env", "prd")
    assert done.exit_code == 2
    assert "did you mean prod?" in done.stderr


def test_another_spec_is_rendered_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shop.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("render", "--spec", "shop/shop.yaml").exit_code == 0
    assert (tmp_path / "shop" / "stacks" / "dev").is_dir()


def test_findings_as_json_and_as_annotations(project: Path) -> None:
    (project / "ticketgen.yaml").write_text(SPEC.replace("eu-west-1", "eu-wset-1"), encoding="utf-8")
    report = json.loads(run("render", "--format", "json").stdout)
    assert report["counts"]["error"] == len(report["findings"]) > 0
    annotations = run("render", "--format", "github").stdout
    assert annotations.startswith("::error file=ticketgen.yaml,line=4,")


def test_list_prints_a_ci_matrix(project: Path) -> None:
    rows = json.loads(run("list", "--format", "json").stdout)
    assert [(row["name"], row["folder"], row["regions"]) for row in rows] == [
        ("dev", "stacks/dev", ["eu-west-1"]),
        ("prod", "stacks/prod", ["eu-west-1"]),
    ]
    dev, prod = run("list").stdout.splitlines()
    assert dev.split() == ["dev", "stacks/dev", "eu-west-1"]
    assert dev.index("eu-west-1") == prod.index("eu-west-1"), (
        "the columns of `ticketgen list` are not aligned"
    )


def test_schema_prints_a_json_schema_that_accepts_the_spec() -> None:
    schema = json.loads(run("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_presets_are_listed_with_their_purpose() -> None:
    presets = {
        preset["name"]: preset["summary"] for preset in json.loads(run("presets", "--format", "json").stdout)
    }
    assert {"flash-sale", "regional-tour", "small-venue"} <= presets.keys()
    assert all(presets.values())


def test_validate_accepts_any_directory(rendered: Path) -> None:
    done = run("validate", "stacks/dev")
    assert done.exit_code == 0
    (rendered / "stacks" / "dev" / "mine.tf").write_text("locals {\n  a = var.b\n}\n", encoding="utf-8")
    done = run("validate", "stacks/dev")
    assert done.exit_code == 1
    assert "mine.tf:2:7" in done.stdout


@pytest.mark.parametrize("what", ["nothing here", "an empty folder", "a file"])
def test_validate_reports_that_there_is_nothing_to_verify(what: str, tmp_path: Path) -> None:
    path = tmp_path / what
    if what == "an empty folder":
        path.mkdir()
    elif what == "a file":
        path.write_text("", encoding="utf-8")
    done = run("validate", str(path))
    assert done.exit_code == 2
    assert what in done.output


def test_without_a_command_the_commands_are_listed() -> None:
    done = run()
    assert done.exit_code == 2
    for command in ("render", "validate", "list", "schema", "presets"):
        assert command in done.output


def test_every_command_has_help_with_an_example() -> None:
    for command in COMMANDS:
        done = run(command, "--help")
        assert done.exit_code == 0
        assert f"  ticketgen {command}" in done.stdout


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    from importlib.metadata import version

    assert run_process(tmp_path, "--version").stdout == f"ticketgen {version('ticketgen')}\n"


BUG = "import ticketgen.pipeline as p\ndef broken(*_, **__): raise KeyError('oops')\np.render_project = broken\n"


def test_an_internal_error_is_reported_without_a_traceback(project: Path) -> None:
    (project / "sitecustomize.py").write_text(BUG, encoding="utf-8")
    done = run_process(project, "render", PYTHONPATH=str(project))
    assert done.returncode == 70
    assert done.stderr.startswith("ticketgen has a bug: KeyError")
    assert "Traceback" not in done.stderr
    debugged = run_process(project, "render", PYTHONPATH=str(project), TICKETGEN_DEBUG="1")
    assert "Traceback" in debugged.stderr


def test_a_closed_pipe_is_neither_success_nor_a_finding(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ticketgen", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_size_prints_capacities_and_writes_nothing(project: Path) -> None:
    done = run("size", "--env", "prod")
    assert done.exit_code == 0
    assert "prod: 1 Region, primary eu-west-1" in done.stdout
    assert "purchase_concurrency" in done.stdout
    assert [path.name for path in project.iterdir()] == ["ticketgen.yaml"]


def test_size_shows_before_and_after_in_json(project: Path) -> None:
    done = run("size", "--set", "event_scale.purchases_per_minute=240", "--format", "json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert [each["name"] for each in document["environments"]] == ["dev", "prod"]
    orders = document["environments"][0]["figures"][0]
    assert (orders["name"], orders["before"], orders["value"]) == ("orders_per_second", 2, 4)
    assert {finding["severity"] for finding in document["findings"]} <= {"warning"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--set", "event_scale.purchases_per_minute=0"], 2, "write 1 or more"),
        (["--set", "purchases"], 2, "path=value"),
        (["--env", "staging"], 2, "no environment 'staging'"),
        (["--prices", "none.yaml"], 2, "none.yaml cannot be read"),
        (["--set", "event_scale.purchases_per_minute=10000000"], 3, "analytics-too-slow"),
    ],
)
def test_size_refuses_an_invalid_setting_with_location_and_fix(
    project: Path, arguments: list[str], code: int, words: str
) -> None:
    done = run("size", *arguments)
    assert done.exit_code == code
    assert words in done.stderr
    shown = json.loads(run("size", *arguments, "--format", "json").stdout)
    assert shown["counts"]["error"] >= 1


def test_size_with_a_price_file_names_its_currency(project: Path) -> None:
    (project / "prices.yaml").write_text(
        "version: 1\ncurrency: EUR\nprices: {kms.key_hours: 0.001}\n", "utf-8"
    )
    done = run("size", "--env", "dev", "--prices", "prices.yaml", "--format", "markdown")
    assert done.exit_code == 0
    assert "## Costs in EUR" in done.stdout
    assert "is in USD and was not used: the price file is in EUR" in done.stdout


def test_size_says_what_a_season_costs_with_the_snapshot_and_own_prices(project: Path) -> None:
    (project / "prices.yaml").write_text("version: 1\ncurrency: USD\nprices: {kms.key_hours: 730}\n", "utf-8")
    found = {}
    for name, more in {"snapshot": [], "own": ["--prices", "prices.yaml"]}.items():
        done = run("size", "--env", "dev", "--season", "events=7", "--format", "json", *more)
        assert done.exit_code == 0
        found[name] = json.loads(done.stdout)["environments"][0]
    assert found["own"]["season"]["plan"]["events"] == 7
    idle = {name: Decimal(each["season"]["phases"]["idle_hour"]["cost"]) for name, each in found.items()}
    shipped = Decimal(found["snapshot"]["costs"]["prices"]["kms.key_hours"]["price"])
    difference = idle["own"] - idle["snapshot"]  # of one key in one Region
    assert float(difference) == pytest.approx(float(730 - shipped))
    assert found["own"]["costs"]["prices"]["kms.key_hours"]["from"] == "file"
    assert found["own"]["season"]["phases"]["idle_hour"]["from"]["file"] == ["kms.key_hours"]
    assert found["own"]["costs"]["snapshot"]["used"] is True


@pytest.mark.parametrize(
    "setting", ["events", "evnts=3", "days=-1", "days=1.5", "days=x", "events=١", "days=9999999"]
)
def test_size_refuses_an_invalid_season(project: Path, setting: str) -> None:
    done = run("size", "--season", setting)
    assert done.exit_code == 2
    assert "--season" in done.stderr


def test_show_draws_the_protected_environment_and_writes_nothing(project: Path) -> None:
    done = run("show")
    assert done.exit_code == 0
    assert done.stdout.startswith("<svg ")
    assert "tap-marketplace · prod" in done.stdout
    assert [path.name for path in project.iterdir()] == ["ticketgen.yaml"]


@pytest.mark.parametrize(
    ("format", "begins"), [("svg", "<svg "), ("html", "<!doctype html>"), ("mermaid", "---\n")]
)
def test_show_draws_in_each_format(project: Path, format: str, begins: str) -> None:
    done = run("show", "--env", "dev", "--format", format)
    assert done.exit_code == 0
    assert done.stdout.startswith(begins)
    assert "dev" in done.stdout


def test_show_refuses_an_unknown_environment(project: Path) -> None:
    assert run("show", "--env", "staging").exit_code == 2
    spec = project / "ticketgen.yaml"
    spec.write_text(
        f"{SPEC}event_scale: {{ purchases_per_minute: 10000000, seats_per_order: 32 }}\n", encoding="utf-8"
    )
    refused = run("show")
    assert refused.exit_code == 3
    assert refused.stdout == ""
    assert "lower event_scale" in refused.stderr
