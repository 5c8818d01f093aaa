"""The real Terraform upgrades stacks that an earlier version applied: nothing is destroyed, and the data stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from applied_stack import AppliedStack, Change
from upgraded_project import NAME, STATEFUL, UpgradedProject, addresses_of

from terraform_tool import Terraform
from ticketgen.rehearsal.emulator_client import EmulatedAws

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

REGIONS = ("us-east-1", "us-west-2")
ITEMS = {
    "ticket-sales": {"event_shard": {"S": "gala#0"}, "sale_id": {"S": "s1"}, "price": {"N": "100"}},
    "ticket-inventory": {"event_shard": {"S": "gala#0"}, "seat_id": {"S": "A-1"}},
    "corrections": {"event_id": {"S": "gala"}, "entry_id": {"S": "c1"}},
}

# Their names are new, and CloudWatch's alarms cannot be renamed.
MOVED_ALARMS = {
    f'aws_cloudwatch_metric_alarm.objective["{name}"]'
    for name in (
        "aurora-full-0", "seat-map-full-1", "inventory-writes-throttled", "ledger-writes-throttled",
        "locks-writes-throttled",
    )
}  # fmt: skip
PERMISSIONS = {
    "aws_lambda_permission.refresh",
    *(
        f'aws_lambda_permission.route["{name}"]'
        for name in ("buy_tickets", "create_hold", "delete_hold", "read_seats")
    ),
}
GROUPS = {"aws_rds_cluster_parameter_group.sales", "aws_elasticache_parameter_group.seats"}
DEPLOYMENT = {"aws_api_gateway_deployment.tickets"}
EVENTS = {'aws_dynamodb_table.shared["events"]'}


@pytest.fixture
def applied(terraform: Terraform, tmp_path: Path) -> Iterator[AppliedStack]:
    """A stack and an AWS of its own, as empty as a new account."""
    folder = tmp_path / "stacks" / NAME
    folder.mkdir(parents=True)
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        yield AppliedStack(terraform, aws, folder)


def test_a_stack_of_0_1_0_keeps_its_data_when_it_moves_to_root_modules(
    applied: AppliedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    project = UpgradedProject(applied, "0.1.0")
    project.apply_single_root()
    sell(applied.aws)

    project.ticketgen("migrate", "--output", str(project.folder / "move_states.sh"))
    assert "old state: 0 of " in project.move_states()
    project.ticketgen("render", "--upgrade")
    project.initialize()
    assert "Done." in project.move_states()

    changes = applied.changes()
    log(capsys, "from 0.1.0", changes)
    assert addresses_of("delete", changes) == set()
    assert addresses_of("replace", changes) == EVENTS | MOVED_ALARMS | PERMISSIONS | GROUPS | DEPLOYMENT
    created = {each for each in addresses_of("create", changes) if each.startswith(STATEFUL)}
    assert created == {
        'aws_dynamodb_table_replica.shared["events"]',
        "aws_cloudwatch_log_group.sales_writer_rotation",
    }, "everything else that holds data was moved or imported"

    applied.apply()

    assert sold(applied.aws) == dict.fromkeys(REGIONS, ITEMS)
    assert applied.changes() == set()


def test_a_stack_is_upgraded_across_two_versions_without_losing_anything(
    applied: AppliedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    project = UpgradedProject(applied, "root-modules")
    project.initialize()
    applied.apply()

    project.unpack("function-aliases")
    project.initialize()
    first = applied.changes()
    log(capsys, "from the first root modules to function aliases", first)
    assert addresses_of("delete", first) == set()
    assert not [each for each in addresses_of("replace", first) if each.startswith(STATEFUL)]
    applied.apply()

    project.ticketgen("render", "--upgrade")
    project.initialize()
    second = applied.changes()
    log(capsys, "from function aliases to this version", second)
    assert addresses_of("delete", second) == set()
    assert {each for each in addresses_of("replace", second) if each.startswith(STATEFUL)} == EVENTS
    assert addresses_of("replace", second) >= MOVED_ALARMS
    assert not addresses_of("create", second) & MOVED_ALARMS, "the moved blocks had no effect"


def log(capsys: pytest.CaptureFixture[str], step: str, changes: set[Change]) -> None:
    counts = Counter(action for what, action in changes if ": output." not in what)
    with capsys.disabled():
        print(f"\n{step}: {dict(sorted(counts.items()))}", end="", flush=True)


def sell(aws: EmulatedAws) -> None:
    """Put one item into each table that must keep its data."""
    client = aws.client("dynamodb", REGIONS[0])
    for what, item in ITEMS.items():
        client.put_item(TableName=f"tap-marketplace-{what}-{NAME}", Item=item)


def sold(aws: EmulatedAws) -> dict[str, dict[str, object]]:
    """The item of each of these tables, by Region."""
    found: dict[str, dict[str, object]] = {}
    for region in REGIONS:
        client = aws.client("dynamodb", region)
        scans = {what: client.scan(TableName=f"tap-marketplace-{what}-{NAME}")["Items"] for what in ITEMS}
        found[region] = {what: items[0] for what, items in scans.items() if len(items) == 1}
    return found
