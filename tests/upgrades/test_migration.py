"""The plan of a migration follows the old state and the spec, and bad input is a finding."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from address_records import HERE, environments, recorded
from project_tools import run

from ticketgen.project.migration import MigrationPlan, migration_plan
from ticketgen.project.state_addresses import read_addresses
from ticketgen.stack.moved_addresses import ChangeKind


def old_addresses(name: str) -> list[str]:
    return sorted(place.address for place in recorded("0.1.0")[name])


def plan_of(name: str, suffix: str | None = None) -> MigrationPlan:
    checked = migration_plan(environments("old.yaml")[name], suffix or name, old_addresses(name))
    assert checked.value is not None, checked.findings
    assert checked.findings == ()
    return checked.value


def imports(plan: MigrationPlan) -> set[tuple[str, str, str]]:
    return {
        (step.root, step.target.partition('"')[2].rstrip('"]'), step.identifier)
        for step in plan.steps
        if step.kind is ChangeKind.IMPORT
    }


def test_replicas_are_imported_where_the_old_stack_had_them() -> None:
    name = "tap-marketplace-{}-full:us-east-1"
    assert imports(plan_of("full")) == {
        (f"data/{region}", key, name.format(f"ticket-{key}"))
        for region in ("us-west-2", "eu-west-1")
        for key in ("inventory", "sales")
    } | {("data/us-west-2", "corrections", name.format("corrections"))}
    assert imports(plan_of("alone")) == set()


def test_a_region_that_the_old_stack_lacks_gets_no_import() -> None:
    addresses = [each for each in old_addresses("full") if "eu_west_1" not in each]
    plan = migration_plan(environments("old.yaml")["full"], "full", addresses).value
    assert plan is not None
    assert {root for root, _, _ in imports(plan)} == {"data/us-west-2"}
    assert "regions/eu-west-1" not in {root.path for root in plan.roots}


def test_another_suffix_has_names_and_states_of_its_own() -> None:
    plan = plan_of("full", "blue")
    assert {identifier.partition(":")[0].rpartition("-")[2] for _, _, identifier in imports(plan)} == {"blue"}
    assert plan.roots[0].backend == {
        "bucket": "example-terraform-state",
        "key": "tap-marketplace/blue/global.tfstate",
        "region": "eu-west-1",
    }


def test_every_resource_is_moved_once_and_modules_after_their_exceptions() -> None:
    plan = plan_of("plain")
    assert plan.resources == len(old_addresses("plain"))
    sources = [step.source for step in plan.steps if step.kind is ChangeKind.MIGRATE]
    assert len(sources) == len({*sources})
    assert sources.index("module.us_west_2.aws_kms_key.stack") < sources.index("module.us_west_2")


def test_resources_that_ticketgen_did_not_render_stay_and_are_named() -> None:
    own = ["aws_s3_bucket.reports", "module.us_east_10.aws_vpc.stack", "aws_iam_role.ticket_purchases"]
    checked = migration_plan(environments("old.yaml")["alone"], "alone", [*old_addresses("alone"), *own])
    assert checked.value is not None
    assert checked.value.left == tuple(own)
    assert [each.rule for each in checked.findings] == ["not-migrated"] * 3


def test_a_region_that_the_spec_lacks_is_an_error() -> None:
    checked = migration_plan(environments("old.yaml")["alone"], "alone", old_addresses("plain"))
    assert checked.value is None
    assert [each.rule for each in checked.findings] == ["migrated-region"]
    assert "us-west-2" in checked.findings[0].message


def test_a_state_of_root_modules_has_nothing_to_migrate() -> None:
    addresses = ["module.data.aws_kms_key.stack", "module.region.aws_vpc.stack"]
    checked = migration_plan(environments("old.yaml")["alone"], "alone", addresses)
    assert checked.value is None
    assert checked.findings[0].rule == "nothing-to-migrate"


LIST = """\
data.aws_caller_identity.current
aws_dynamodb_table.events
module.us_east_1.data.archive_file.code
module.us_east_1.aws_subnet.private[0]
module.us_east_1.aws_lambda_permission.route["buy_tickets"]
"""
MANAGED = tuple(line for line in LIST.splitlines() if "data." not in line)


def resource(
    type: str, name: str, key: object = None, mode: str = "managed", module: str = ""
) -> dict[str, object]:
    instance = {} if key is None else {"index_key": key}
    own = {"module": module} if module else {}
    return {"mode": mode, "type": type, "name": name, "instances": [instance], **own}


STATE = {
    "version": 4,
    "resources": [
        resource("aws_caller_identity", "current", mode="data"),
        resource("aws_dynamodb_table", "events"),
        resource("aws_subnet", "private", 0, module="module.us_east_1"),
        resource("aws_lambda_permission", "route", "buy_tickets", module="module.us_east_1"),
    ],
}
SHOWN = {
    "format_version": "1.0",
    "values": {
        "root_module": {
            "resources": [
                {"mode": "data", "address": "data.aws_caller_identity.current"},
                {"mode": "managed", "address": MANAGED[0]},
            ],
            "child_modules": [{"resources": [{"mode": "managed", "address": each} for each in MANAGED[1:]]}],
        }
    },
}


@pytest.mark.parametrize("text", [LIST, json.dumps(STATE), json.dumps(SHOWN)], ids=["list", "state", "show"])
def test_every_form_of_a_state_names_the_managed_resources(text: str) -> None:
    assert read_addresses(text) == MANAGED


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("aws_vpc.stack; rm -rf /", "is not the address"),
        ("module.a.aws_vpc.$(id)", "is not the address"),
        ('aws_vpc.stack["\x1b[2J"]', "is not the address"),
        ('aws_vpc.stack["a"]x', "is not the address"),
        ("a" * 2_000, "is not the address"),
        ("{", "neither JSON"),
        ("[" * 100_000, "neither JSON"),
        ("[1]", "not the JSON of a state"),
        ('{"values": {}}', "not the JSON of a state"),
        ('{"resources": [{"mode": "managed"}]}', "not the JSON of a state"),
        ('{"resources": 3}', "not the JSON of a state"),
        (
            '{"values": {"root_module": {"resources": [{"mode": "managed", "address": 3}]}}}',
            "is not the address",
        ),
        ("a.b\n" * 100_001, "more than 100,000"),
    ],
)
def test_whatever_else_a_file_holds_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_addresses(text)


@pytest.fixture
def old_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(HERE / "old.yaml", tmp_path / "ticketgen.yaml")
    (tmp_path / "list.txt").write_text("\n".join(old_addresses("plain")), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_prints_the_plan_for_programs(old_project: Path) -> None:
    done = run("migrate", "--env", "plain", "--state", "list.txt", "--format", "json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["resources"] == len(old_addresses("plain"))
    assert document["findings"] == []
    first = document["steps"][0]
    assert (first["kind"], first["root"], first["source"]) == (
        "migrate",
        "data/us-east-1",
        "aws_dynamodb_table.events",
    )


def test_the_command_reads_the_local_state_by_default(old_project: Path) -> None:
    stack = old_project / "stacks" / "plain"
    stack.mkdir(parents=True)
    (stack / "terraform.tfstate").write_text(json.dumps(STATE), encoding="utf-8")
    done = run("migrate", "--env", "plain", "--output", "move_states.sh")
    assert done.exit_code == 0, done.output
    script = (old_project / "move_states.sh").read_text("utf-8")
    assert (
        "move data/us-east-1 aws_dynamodb_table.events 'module.data.aws_dynamodb_table.shared[\"events\"]'"
        in script
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--state", "list.txt"), 2, "choose one with --env"),
        (("--env", "plain"), 1, "state-unreadable"),
        (("--env", "plain", "--suffix", "blue"), 2, "name the state of this suffix"),
        (("--env", "plain", "--suffix", "$(id)"), 2, "is not a suffix"),
        (("--env", "plain", "--suffix", "b" * 40, "--state", "list.txt"), 2, "is not a suffix"),
        (("--env", "plain", "--state", "ticketgen.yaml"), 1, "is not the address"),
        (("--env", "plain", "--state", "nowhere"), 2, "nowhere does not exist"),
        (("--env", "plain", "--state", "list.txt", "--output", "list.txt"), 5, "the command reads it"),
        (("--env", "alone", "--state", "list.txt"), 3, "us-west-2, which the spec does not have"),
    ],
)
def test_wrong_input_of_the_command_is_explained(
    old_project: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = run("migrate", *arguments)
    assert (done.exit_code, says in done.output) == (code, True), done.output
