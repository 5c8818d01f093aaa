"""The real Terraform creates, keeps, changes and removes our stacks on an emulated AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from applied_project import AppliedProject
from applied_stack import AppliedStack, left_over
from rolling_back import prove_roll_back
from stacks import DEMO_REGIONS, environment, rendered

from terraform_tool import Terraform
from ticketgen.project.new_environments import count_resources
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.model import Api
from ticketgen.stack.roots import RootKind

pytestmark = pytest.mark.terraform


@pytest.fixture
def applied(terraform: Terraform, tmp_path: Path) -> Iterator[AppliedStack]:
    """A stack and an AWS of its own, as empty as a new account."""
    folder = tmp_path / "stacks" / "prod"
    folder.mkdir(parents=True)
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        yield AppliedStack(terraform, aws, folder)


@pytest.mark.slow
def test_dev_applies_converges_and_destroys_completely(applied: AppliedStack) -> None:
    pages = Cors(origins=("https://shop.example.com", "https://box-office.example.com"))
    dev = environment("dev", DEMO_REGIONS[:2], api=Api(cors=pages))
    applied.render(dev)

    created = applied.apply()

    assert created == {"create": len(applied.addresses())}
    assert created["create"] == count_resources(applied.folder), "`new` announces this number"
    outputs = applied.outputs()
    assert [root.path for root in applied.roots] == list(outputs)
    assert {outputs[f"regions/{region}"]["region"] for region in dev.regions} == set(dev.regions)
    empty = [
        (path, name) for path in outputs for name, value in outputs[path].items() if value in (None, "", [])
    ]
    assert empty == []
    assert applied.changes() == set()
    assert left_over(applied.aws, dev.regions, "tap-marketplace") != []

    for dead in dev.regions:
        assert changes_beside(applied, dead) == set(), dead

    if any(path.startswith("tests/integration/") for path in rendered(dev)):
        suite = applied.run_integration_suite()
        assert suite.returncode == 0, suite.stdout[-6000:]
        assert "skipped" not in suite.stdout.splitlines()[-1]

    prove_roll_back(applied)

    applied.destroy()

    assert applied.addresses() == set()
    assert left_over(applied.aws, dev.regions, "tap-marketplace") == []
    assert applied.inaccessible_tables() == set(), "a key went before its tables"


@pytest.mark.apply
def test_adding_and_retiring_a_region_of_prod_changes_that_region_only(
    applied: AppliedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    # Only the retired Region is protected, because the provider sleeps 90 s after it changed a replica's protection,
    # and 180 s after it created a protected one, before it asks for the status: `replicaPropagationDelay` in
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/dynamodb/wait.go
    regions = DEMO_REGIONS[: int(os.environ.get("REGIONS") or len(DEMO_REGIONS))]
    assert len(regions) > 2  # the first two have the verification, so neither is a Region like any other
    newest, others = regions[-1], regions[:-1]
    # Only the verifiers list the Regions, and their aliases serve the new version.
    hubs = [f"regions/{region}" for region in regions[:2]]
    beyond = {
        f"{hub}: module.verification.{kind}.inventory_verifier"
        for hub in hubs
        for kind in ("aws_lambda_function", "aws_lambda_alias")
    }

    def log_step(step: str) -> None:
        with capsys.disabled():
            print(f"\n{step}: {applied.latest}", end="", flush=True)

    aws, project = applied.aws, AppliedProject(applied, others)
    aws.control("pause")  # no background work while Terraform runs: it needs the cores
    created = applied.apply()
    first = applied.addresses()
    log_step(f"apply of {len(others)} Regions, {len(first)} resources")
    assert created == {"create": len(first)}

    # These plans ask for everything that is there: had another Region drifted, it would be among the changes.
    project.ticketgen("add-region", newest)
    project.initialize()
    old_roots = [root for root in applied.roots if root.region != newest]
    more = applied.changes(*old_roots)
    log_step("plan of the old root modules")
    assert {what for what, _ in more} == beyond
    assert {action for _, action in more} == {"update"}
    applied.apply()
    log_step("apply of one more")
    assert applied.changes() == set()
    log_step("plan of nothing")
    made = {address for address in applied.addresses() if address.split(":")[0].endswith(f"/{newest}")}
    assert applied.addresses() == first | made
    outputs = applied.outputs()
    assert {path for path in outputs if path.startswith("regions/")} == {
        f"regions/{each}" for each in regions
    }

    assert changes_beside(applied, regions[0]) == set(), "the primary Region is lost"
    log_step("plan without the primary Region")

    aws.control("run")
    suite = applied.run_integration_suite(processes=6)
    aws.control("pause")
    log_step("integration suite")
    assert suite.returncode == 0, suite.stdout[-6000:]
    assert "skipped" not in suite.stdout.splitlines()[-1]

    project.protect(True)
    applied.make("apply", f"ROOT=data/{newest}", "AUTO_APPROVE=1")
    log_step("protection of the newest Region")
    tables = protections(aws, newest)
    assert set(tables.values()) == {True}
    project.protect(False)

    project.ticketgen("remove-region", newest)
    told = project.ticketgen("remove-region", newest, exit_code=1)
    assert told.count("[state-not-empty]") == 2, "neither root module is deleted while it holds something"
    with project.selling(others) as outcomes:
        told = applied.make("apply", "AUTO_APPROVE=1", "-j2")
    log_step(f"retirement, during which orders were {dict(outcomes)}")
    changed = dict(re.findall(r"(?m)^(\S+): Apply complete! Resources: (.+)\.$", told))
    assert changed.pop(f"data/{newest}") == f"0 added, {len(tables) + 1} changed, 0 destroyed", (
        "its protection"
    )
    assert changed == {
        root.path: f"0 added, {2 if root.path in hubs else 0} changed, 0 destroyed" for root in old_roots
    }
    assert {region for region, orders in outcomes.items() if orders["sold"] > orders.total() / 2} == {*others}
    gone = left_over(aws, (newest,), "tap-marketplace")
    assert [
        thing for thing in gone if not thing.startswith(f"{newest} iam")
    ] == []  # IAM is global: the others' roles
    assert applied.inaccessible_tables() == set(), "its key went before a replica"

    project.ticketgen("remove-region", newest)
    assert list(applied.folder.glob(f"*/{newest}/*.tf")) == []
    project.initialize()
    assert applied.changes() == set()
    assert applied.addresses() == first

    prove_roll_back(applied)
    log_step("roll-back")

    applied.destroy()
    log_step("destroy")
    assert applied.addresses() == set()
    assert left_over(aws, others, "tap-marketplace") == []
    assert applied.inaccessible_tables() == set(), "a key went before its tables"


def changes_beside(applied: AppliedStack, dead: str) -> set[tuple[str, str]]:
    """What the plans of all other Regions change while one answers nobody."""
    applied.aws.control(f"kill/{dead}")
    others = [root for root in applied.roots if root.kind is RootKind.REGIONS and root.region != dead]
    found = applied.changes(*others)
    applied.aws.control(f"heal/{dead}")
    return found


def protections(aws: EmulatedAws, region: str) -> dict[str, bool]:
    """Whether each table of a Region is protected against deletion."""
    client = aws.client("dynamodb", region)
    return {
        name: client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
        for name in client.list_tables()["TableNames"]
    }
