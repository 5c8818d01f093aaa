"""`ticketgen plan-check`: the judgement of a render, applied to what Terraform intends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project_tools import run
from saved_plan_texts import SECRET, change, document
from typer.testing import CliRunner

from spec_texts import TWO_ENVIRONMENTS
from ticketgen.cli.app import app
from ticketgen.consequences import plan_check, saved_plans
from ticketgen.reports import ReportFormat

LOSS = document(change("module.data.aws_dynamodb_table.sales", "delete"))
ADDRESS = "module.data.aws_dynamodb_table.sales"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with dev and a protected prod, not rendered; it is the current folder."""
    (tmp_path / "ticketgen.yaml").write_text(TWO_ENVIRONMENTS, encoding="utf-8")
    for environment in ("dev", "prod"):
        (tmp_path / f"stacks/{environment}/data/eu-west-1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, text: str = LOSS) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return path


def judged(*arguments: str) -> tuple[int, list[tuple[str, str]]]:
    done = run("plan-check", *arguments, "--format", "json")
    found = json.loads(done.stdout)["findings"]
    return done.exit_code, [(each["severity"], each["rule"]) for each in found]


def test_the_folder_of_the_plan_says_environment_and_root(shop: Path) -> None:
    prod, dev = (put(f"stacks/{name}/data/eu-west-1/tfplan.json") for name in ("prod", "dev"))
    assert judged(prod) == (1, [("error", "stateful-destroyed")])
    assert judged(dev) == (0, [("warning", "stateful-destroyed")])
    done = run("plan-check", prod)
    assert (
        f"prod/data/eu-west-1: `{ADDRESS}` would be destroyed, and the table's items would be lost"
        in done.stderr
    )
    assert f"--accept prod/data/eu-west-1:{ADDRESS}" in done.stderr
    assert f"- {ADDRESS}" in done.stdout


def test_a_plan_of_an_unknown_root_module_says_how_to_name_it(shop: Path) -> None:
    elsewhere = put("tfplan.json")
    assert "`--root FOLDER` names the root module" in run("plan-check", elsewhere, "--env", "prod").stderr
    named = run("plan-check", elsewhere, "--env", "prod", "--root", "data/eu-west-1").stderr
    assert "--root" not in named
    assert "--accept prod/data/eu-west-1:" in named


def test_what_is_no_loss_of_the_plan_itself_is_a_warning(shop: Path) -> None:
    lifted: dict[str, Any] = {"change_before": {"deletion_protection_enabled": True}}
    lifted["change_after"] = {"deletion_protection_enabled": False}
    changes = change("module.data.aws_dynamodb_table.sales", "update", **lifted)
    drift = [change("module.data.aws_dynamodb_table.sales", "delete")]
    plan = put(
        "stacks/prod/data/eu-west-1/tfplan.json", document(changes, resource_drift=drift, complete=False)
    )
    assert sorted(judged(plan)[1]) == [
        ("warning", "plan-unknown"),
        ("warning", "protection-lifted"),
        ("warning", "stateful-destroyed"),
    ]
    assert judged(plan)[0] == 0


def test_the_options_win_over_the_folder(shop: Path) -> None:
    dev = put("stacks/dev/data/eu-west-1/tfplan.json")
    assert judged(dev, "--env", "prod") == (1, [("error", "stateful-destroyed")])
    done = run("plan-check", dev, "--env", "prod", "--root", "data/us-east-1")
    assert f"--accept prod/data/us-east-1:{ADDRESS}" in done.stderr


def test_without_an_environment_everything_counts_as_protected(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = put("elsewhere/tfplan.json")
    assert judged(elsewhere) == (1, [("error", "stateful-destroyed")])
    assert judged(elsewhere, "--env", "dev") == (0, [("warning", "stateful-destroyed")])
    monkeypatch.chdir(shop / "elsewhere")
    (shop / "ticketgen.yaml").unlink()
    assert judged("tfplan.json") == (1, [("error", "stateful-destroyed")])
    assert run("plan-check", "tfplan.json", "--env", "dev").exit_code != 0


def test_a_protected_resource_is_protected_in_any_environment(shop: Path) -> None:
    protected = document(change(ADDRESS, "delete", before={"deletion_protection_enabled": True}))
    dev = put("stacks/dev/data/eu-west-1/tfplan.json", protected)
    assert judged(dev) == (1, [("error", "stateful-destroyed")])


def test_nothing_is_said_of_a_plan_that_loses_nothing(shop: Path) -> None:
    quiet = document(
        change(ADDRESS, "update"), change("aws_iam_role.a", "delete"), change("aws_sqs_queue.a", "create")
    )
    plan = put("stacks/prod/data/eu-west-1/tfplan.json", quiet)
    assert judged(plan) == (0, [])
    assert "1 to create, 1 to update in place, 0 to replace, 1 to destroy" in run("plan-check", plan).stdout


def test_an_environment_that_the_spec_lacks_is_a_usage_error(shop: Path) -> None:
    done = run("plan-check", put("tfplan.json"), "--env", "prd")
    assert done.exit_code == 2
    assert "did you mean prod?" in done.stderr


def test_the_plan_may_come_from_standard_input(shop: Path) -> None:
    arguments = ["plan-check", "-", "--env", "prod", "--root", "data/eu-west-1"]
    done = CliRunner().invoke(app, arguments, input=LOSS)
    assert done.exit_code == 1
    assert f"--accept prod/data/eu-west-1:{ADDRESS}" in done.stderr


def test_several_plans_are_judged_together(shop: Path) -> None:
    plans = [put(f"stacks/{name}/data/eu-west-1/tfplan.json") for name in ("prod", "dev")]
    plans.append(put("stacks/prod/global/tfplan.json", "{"))
    code, found = judged(*plans)
    assert code != 0
    assert sorted(found) == [
        ("error", "plan-unreadable"),
        ("error", "stateful-destroyed"),
        ("warning", "stateful-destroyed"),
    ]
    rows = json.loads(run("plan-check", *plans, "--format", "json").stdout)["consequences"]
    assert [(row["root"], row["address"], row["action"], row["stateful"]) for row in rows] == [
        ("data/eu-west-1", ADDRESS, "destroy", "table")
    ] * 2


@pytest.mark.parametrize(
    "accepted",
    [
        ADDRESS,
        "module.data",
        f"data/eu-west-1:{ADDRESS}",
        f"prod/data/eu-west-1:{ADDRESS}",
        "prod/data/eu-west-1",
        "prod",
    ],
)
def test_a_loss_may_be_accepted_as_in_a_render(accepted: str, shop: Path) -> None:
    plan = put("stacks/prod/data/eu-west-1/tfplan.json")
    assert judged(plan, "--accept", accepted) == (0, [])


@pytest.mark.parametrize(
    "accepted", ["", "dev", "module.dat", "data/us-east-1:module.data", "dev/data/eu-west-1", ":", "prod/"]
)
def test_any_other_text_accepts_nothing(accepted: str, shop: Path) -> None:
    plan = put("stacks/prod/data/eu-west-1/tfplan.json")
    assert judged(plan, "--accept", accepted) == (
        1,
        [("error", "stateful-destroyed"), ("warning", "acceptance-unused")],
    )
    assert judged(put("tfplan.json"), "--accept", accepted)[0] == 1, "without an environment"


def test_the_spec_accepts_losses_of_its_environment_only(shop: Path) -> None:
    entry = f"{{ address: {ADDRESS}, reason: moved, until: '2999-12-31' }}"
    spec = TWO_ENVIRONMENTS.replace("protect: true", f"protect: true, accept: [{entry}]")
    (shop / "ticketgen.yaml").write_text(spec, encoding="utf-8")
    prod, dev = (put(f"stacks/{name}/data/eu-west-1/tfplan.json") for name in ("prod", "dev"))
    assert judged(prod) == (0, [])
    assert judged(dev) == (0, [("warning", "stateful-destroyed")])
    (shop / "ticketgen.yaml").write_text(spec.replace("2999", "2001"), encoding="utf-8")
    assert judged(prod) == (1, [("error", "stateful-destroyed"), ("warning", "acceptance-expired")])


@pytest.mark.parametrize("format", list(ReportFormat))
def test_no_format_shows_a_value_of_a_resource(format: ReportFormat, shop: Path) -> None:
    text = document(
        change(ADDRESS, "delete", "create", change_replace_paths=[["name"]]),
        change("aws_sqs_queue.a", "update"),
        change("aws_kms_key.a", "delete", deposed="abc"),
    )
    assert SECRET in text
    done = run("plan-check", put("tfplan.json", text), "--format", format)
    assert done.exit_code == 1
    assert "aws_dynamodb_table.sales" in done.output
    assert SECRET not in done.output


def test_a_file_that_cannot_be_read_is_a_finding(shop: Path) -> None:
    (shop / "folder.json").mkdir()
    for name in ("missing.json", "folder.json"):
        done = run("plan-check", name)
        assert done.exit_code == 2
        assert f"{name}:1:1: error: the plan cannot be read" in done.stderr


def test_a_plan_over_the_limit_is_refused_unread(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert saved_plans.MAX_PLAN_BYTES == 200_000_000
    for module in (saved_plans, plan_check):
        monkeypatch.setattr(module, "MAX_PLAN_BYTES", len(LOSS) - 1)
    done = run("plan-check", put("tfplan.json"))
    assert done.exit_code == 2
    assert "the plan cannot be read" in done.stderr
    done = CliRunner().invoke(app, ["plan-check", "-"], input=LOSS)
    assert done.exit_code == 2
    assert "the plan has more than 0 MB" in done.stderr


def test_the_report_may_go_to_a_file(shop: Path) -> None:
    done = run("plan-check", put("tfplan.json"), "--format", "markdown", "--output", "comment.md")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"| `.` | `{ADDRESS}` | **destroy** |  |" in (shop / "comment.md").read_text("utf-8")
