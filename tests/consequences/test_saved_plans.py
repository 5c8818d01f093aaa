"""Reading what `terraform show -json PLAN` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from saved_plan_texts import SECRET, change, document

from terraform_tool import Terraform
from ticketgen.consequences.consequence import Consequence
from ticketgen.consequences.saved_plans import read_plan

TABLE = "aws_dynamodb_table.sales"


def read(*changes: dict[str, Any]) -> tuple[Consequence, ...]:
    found = read_plan(document(*changes).encode(), "data/us-east-1", "tfplan.json")
    assert found.value is not None, found.findings
    return found.value.plan.consequences


def refusal(content: str | bytes) -> str:
    found = read_plan(content if isinstance(content, bytes) else content.encode(), "", "tfplan.json")
    assert found.value is None
    (finding,) = found.findings
    assert finding.rule == "plan-unreadable"
    assert finding.location is not None
    assert finding.location.file == "tfplan.json"
    return finding.message


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["create"], "create"),
        (["update"], "update"),
        (["delete"], "destroy"),
        (["delete", "create"], "replace"),
        (["create", "delete"], "replace"),
        (["forget"], "forget"),
        (["create", "forget"], "forget"),
        (["no-op"], None),
        (["read"], None),
    ],
)
def test_actions_of_terraform_are_ours(actions: list[str], expected: str | None) -> None:
    found = read(change(TABLE, *actions))
    assert [each.action.value for each in found] == ([expected] if expected else [])


def test_an_untouched_resource_may_move_or_be_imported() -> None:
    (moved,) = read(change(TABLE, "no-op", previous_address="aws_dynamodb_table.old"))
    assert (moved.action.value, moved.before) == ("move", "aws_dynamodb_table.old")
    (imported,) = read(change(TABLE, "no-op", change_importing={"id": "sales"}))
    assert imported.action.value == "import"
    (changed,) = read(change(TABLE, "update", previous_address="aws_dynamodb_table.old"))
    assert (changed.action.value, changed.before) == ("update", "aws_dynamodb_table.old")


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (
            {"change_replace_paths": [["name"], ["ttl", 0, "attribute_name"]]},
            ("name changes", "ttl.attribute_name changes"),
        ),
        ({"action_reason": "replace_because_tainted"}, ("it is tainted",)),
        ({"action_reason": "replace_by_request"}, ("the plan was made with -replace",)),
        (
            {"action_reason": "replace_by_triggers"},
            ("replace_triggered_by names a resource that changes",),
        ),
        ({"action_reason": "delete_because_no_module"}, ("its module is no longer called",)),
        ({"action_reason": "what_a_later_version_says"}, ()),
        ({"deposed": "byebye"}, ("it is left over from a replacement that was not finished",)),
        ({}, ()),
    ],
)
def test_reasons_are_those_of_terraform(others: dict[str, Any], expected: tuple[str, ...]) -> None:
    (found,) = read(change(TABLE, "delete", **others))
    assert found.reasons == expected


def test_data_sources_are_left_out_and_losses_come_first() -> None:
    found = read(
        change("data.aws_dynamodb_table.sales", "delete", mode="data"),
        change("aws_iam_role.role", "delete"),
        change("aws_sqs_queue.queue", "delete"),
        change("module.data.aws_dynamodb_table.shared[\"sales\"]", "delete", "create"),
    )  # fmt: skip
    assert [each.address for each in found] == [
        'module.data.aws_dynamodb_table.shared["sales"]', "aws_sqs_queue.queue", "aws_iam_role.role",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "before", "expected"),
    [
        (TABLE, {"deletion_protection_enabled": True}, True),
        (TABLE, {"deletion_protection_enabled": False}, False),
        (TABLE, {}, False),
        ("aws_rds_cluster.sales", {"deletion_protection": True}, True),
        ("aws_rds_cluster.sales", {"deletion_protection": False}, False),
        ("aws_cognito_user_pool.buyers", {"deletion_protection": "ACTIVE"}, True),
        ("aws_cognito_user_pool.buyers", {"deletion_protection": "INACTIVE"}, False),
    ],
)
def test_protection_is_that_of_any_resource_in_the_plan(
    address: str, before: dict[str, Any], expected: bool
) -> None:
    content = document(change("aws_sqs_queue.queue", "delete"), change(address, "no-op", before=before))
    saved = read_plan(content.encode(), "", "tfplan.json").value
    assert saved is not None
    assert saved.protected is expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_that_a_shell_writes_is_read(encoding: str) -> None:
    assert read_plan(document(change()).encode(encoding), "", "tfplan.json").value is not None


def broken(**inner: Any) -> str:
    return document(change() | inner)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is not JSON"),
        ("Terraform used the selected providers", "it is not JSON"),
        (b"\xff\xfe\xff", "it is not JSON"),
        (document(change())[:-40], "it is not JSON"),
        ("null", "a part of it is missing"),
        ("[]", "a part of it is missing"),
        ("{}", "a part of it is missing"),
        ('"1.2"', "a part of it is missing"),
        ("[" * 100_000, "a part of it is missing"),
        (document(format_version="2.0"), "its format is 2.0, and this ticketgen reads only format 1"),
        (document(format_version=1), "its format is 1, and"),
        (document(format_version="x" * 1000), f"its format is {'x' * 20}, and"),
        (document(errored=True), "Terraform ended with an error, so the plan is incomplete"),
        (document().replace("planned_values", "values"), "it is the document of a state and not of a plan"),
        (document(resource_changes=None), "a part of it is missing"),
        (document(resource_changes={"a": 1}), "a part of it is missing"),
        (document(resource_changes={}), "a part of it is missing"),
        (document(deferred_changes={}), "a part of it is missing"),
        (document(resource_drift={}), "a part of it is missing"),
        (document(complete="no"), "a part of it is missing"),
        (document(change(TABLE, mode="Managed")), "a part of it is missing"),
        (document(change(TABLE, "delete", "something-new")), "a part of it is missing"),
        (document(change(TABLE, "destroy-now")), "a part of it is missing"),
        (document(format_version="1."), "its format is 1., and"),
        (document(resource_changes=["a"]), "a part of it is missing"),
        (broken(change=None), "a part of it is missing"),
        (broken(change={}), "a part of it is missing"),
        (broken(change={"actions": "delete"}), "a part of it is missing"),
        (broken(change={"actions": []}), "a part of it is missing"),
        (broken(change={"actions": [["delete"]]}), "a part of it is missing"),
        (broken(change={"actions": ["delete"], "replace_paths": [1]}), "a part of it is missing"),
        (document({"mode": "managed", "change": {"actions": ["delete"]}}), "a part of it is missing"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_reason(content: str | bytes, message: str) -> None:
    assert message in refusal(content)


def test_a_change_that_terraform_defers_counts() -> None:
    deferred = {"reason": "resource_config_unknown", "resource_change": change(TABLE, "delete", "create")}
    saved = read_plan(document(deferred_changes=[deferred], complete=False).encode(), "", "tfplan.json").value
    assert saved is not None
    (found,) = saved.plan.consequences
    assert (found.action.value, found.reasons) == ("replace", ("Terraform defers it until it knows more",))
    assert not saved.complete


@pytest.mark.parametrize(
    ("before", "after", "actions", "lifted"),
    [
        (True, False, ["update"], True),
        (True, None, ["update"], True),
        (True, True, ["update"], False),
        (False, False, ["update"], False),
        (True, False, ["delete", "create"], False),
    ],
)
def test_protection_that_an_update_lifts(
    before: bool, after: bool | None, actions: list[str], lifted: bool
) -> None:
    values: dict[str, Any] = {"change_before": {"deletion_protection_enabled": before}}
    values["change_after"] = {"deletion_protection_enabled": after}
    saved = read_plan(document(change(TABLE, *actions, **values)).encode(), "", "tfplan.json").value
    assert saved is not None
    assert saved.lifted is lifted


@pytest.mark.parametrize("skips", [True, False])
def test_a_log_group_that_terraform_leaves_is_no_loss(skips: bool) -> None:
    for actions in ["delete"], ["delete", "create"]:
        (found,) = read(change("aws_cloudwatch_log_group.a", *actions, before={"skip_destroy": skips}))
        assert (found.loss is None) is skips


def test_what_was_deleted_outside_of_terraform_is_named() -> None:
    drift = [change(TABLE, "delete"), change("aws_iam_role.a", "delete"), change(TABLE, "update")]
    drift.append(change("data.aws_dynamodb_table.b", "delete", mode="data"))
    saved = read_plan(document(resource_drift=drift).encode(), "", "tfplan.json").value
    assert saved is not None
    assert saved.vanished == (TABLE,)


def test_no_value_of_a_resource_is_kept() -> None:
    saved = read_plan(document(change(), change("aws_sqs_queue.a", "update")).encode(), "", "tfplan.json")
    assert SECRET in document(change())
    assert SECRET not in repr(saved)


@pytest.mark.terraform
def test_a_plan_of_terraform_itself_is_read(terraform: Terraform, tmp_path: Path) -> None:
    config = tmp_path / "main.tf"
    config.write_text(
        'resource "terraform_data" "kept" {\n  input = "a"\n}\n'
        'resource "terraform_data" "gone" {}\n'
        'resource "terraform_data" "old" {}\n'
        'resource "terraform_data" "new_key" {\n  triggers_replace = ["a"]\n}\n'
    )

    def run(*arguments: str) -> str:
        done = terraform.run(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init", "-backend=false")
    run("apply", "-auto-approve")
    config.write_text(
        'resource "terraform_data" "kept" {\n  input = "b"\n}\n'
        'resource "terraform_data" "new" {}\n'
        "moved {\n  from = terraform_data.old\n  to = terraform_data.new\n}\n"
        'resource "terraform_data" "new_key" {\n  triggers_replace = ["b"]\n}\n'
        'resource "terraform_data" "fresh" {}\n'
    )
    run("plan", "-out=tfplan")
    saved = read_plan(run("show", "-json", "tfplan").encode(), "", "tfplan.json")
    assert saved.value is not None, saved.findings
    found = {each.address: (each.action.value, each.reasons) for each in saved.value.plan.consequences}
    assert found == {
        "terraform_data.gone": ("destroy", ("it is no longer declared",)),
        "terraform_data.new_key": ("replace", ("triggers_replace changes",)),
        "terraform_data.fresh": ("create", ()),
        "terraform_data.kept": ("update", ()),
        "terraform_data.new": ("move", ()),
    }
    state = read_plan(run("show", "-json").encode(), "", "state.json")
    assert "document of a state" in state.findings[0].message
    assert json.loads(run("show", "-json", "tfplan"))["errored"] is False
