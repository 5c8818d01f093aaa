"""The real Terraform creates, keeps, changes and removes our stacks on an emulated AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from applied_stack import AppliedStack, left_over
from stacks import DEMO_REGIONS, environment, rendered

from terraform_tool import Terraform
from ticketgen.rehearsal.emulator_client import EmulatedAws

pytestmark = pytest.mark.terraform

INACCURACIES: frozenset[tuple[str, str]] = frozenset()
"""What a second plan would change because the emulator answers otherwise than AWS: (type.name, action)."""


@pytest.fixture
def applied(terraform: Terraform, tmp_path: Path) -> Iterator[AppliedStack]:
    """A stack and an AWS of its own, as empty as a new account."""
    folder = tmp_path / "stack"
    folder.mkdir()
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        yield AppliedStack(terraform, aws, folder)


def resources(changes: set[tuple[str, str]]) -> set[str]:
    """The addresses of the resources among them."""
    return {address for address, _ in changes if not address.startswith("output.")}


def unexplained(applied: AppliedStack) -> set[tuple[str, str]]:
    """The changes of a second plan, without those that are inaccuracies of the emulator."""
    return {
        (address, action)
        for address, action in applied.changes()
        if (".".join(address.split("[")[0].split(".")[-2:]), action) not in INACCURACIES
    }


@pytest.mark.slow
def test_dev_applies_converges_and_destroys_completely(applied: AppliedStack) -> None:
    dev = environment("dev", DEMO_REGIONS[:2])
    applied.render(dev)
    planned = applied.changes()
    assert {action for _, action in planned} == {"create"}

    assert applied.apply() == {"create": len(resources(planned))}

    assert applied.addresses() == resources(planned)
    outputs = applied.outputs()
    assert outputs["region"] == "us-east-1"
    assert set(outputs["regions"]) == set(dev.regions)
    nothing = {name for name, value in outputs.items() if value in (None, "", [])}
    assert nothing == set()
    assert unexplained(applied) == set()
    assert left_over(applied.aws, dev.regions, "tap-marketplace") != []

    if any(path.startswith("tests/integration/") for path in rendered(dev)):
        suite = applied.run_integration_suite()
        assert suite.returncode == 0, suite.stdout[-6000:]
        assert "skipped" not in suite.stdout.splitlines()[-1]

    applied.destroy()

    assert applied.addresses() == set()
    assert left_over(applied.aws, dev.regions, "tap-marketplace") == []


@pytest.mark.apply
def test_adding_and_removing_a_region_of_prod_changes_that_region_only(
    applied: AppliedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    # Unprotected, or AWS would refuse to destroy it in the end; everything else is prod's.
    regions = DEMO_REGIONS[: int(os.environ.get("REGIONS") or len(DEMO_REGIONS))]
    assert len(regions) > 2  # the first two have the verification, so neither is a Region like any other
    fewer, more_regions = environment("prod", regions[:-1]), environment("prod", regions)
    newest = regions[-1]
    module = f"module.{newest.replace('-', '_')}."
    # Outside the Region's module: its replica of each global table, and its entries in verification and outputs.
    beyond = {
        *(f"aws_dynamodb_table.{table}" for table in ("events", "ticket_inventory", "ticket_sales")),
        *(
            f"module.verification_{hub.replace('-', '_')}.aws_lambda_function.inventory_verifier"
            for hub in DEMO_REGIONS[:2]
        ),
        "output.regions",
    }

    def log_step(step: str) -> None:
        with capsys.disabled():
            print(f"\n{step}: {applied.latest}", end="", flush=True)

    applied.render(fewer)
    first = resources(applied.changes())
    log_step(f"plan of {len(fewer.regions)} Regions")
    applied.aws.control("pause")  # no background work while Terraform runs: it needs the cores
    assert applied.apply() == {"create": len(first)}
    log_step(f"apply, {len(first)} resources")
    assert applied.addresses() == first

    # This plan asks for everything that is there: had another Region drifted, it would be among the changes.
    applied.render(more_regions)
    more = unexplained(applied)
    log_step("plan of one more")
    assert {address for address, _ in more if not address.startswith(module)} == beyond
    assert {action for address, action in more if address.startswith(module)} == {"create"}
    assert {action for address, action in more if address in beyond} == {"update"}
    applied.apply()
    log_step("apply")
    assert unexplained(applied) == set()
    log_step("plan of nothing")
    made = {address for address, _ in more if address.startswith(module)}
    assert applied.addresses() == first | made
    outputs = applied.outputs()
    assert set(outputs["regions"]) == set(regions)
    assert {name for name, value in outputs.items() if value in (None, "", [])} == set()

    applied.aws.control("run")
    suite = applied.run_integration_suite(processes=6)
    applied.aws.control("pause")
    log_step("integration suite")
    assert suite.returncode == 0, suite.stdout[-6000:]
    assert "skipped" not in suite.stdout.splitlines()[-1]

    applied.render(fewer)
    less = applied.changes(refresh=False)  # the plan before has found no drift
    assert {address for address, _ in less if not address.startswith(module)} == beyond
    assert {address for address, action in less if action == "delete"} == made
    applied.apply()
    log_step("apply of its removal")
    assert applied.addresses() == first
    gone = left_over(applied.aws, (newest,), "tap-marketplace")
    assert [
        thing for thing in gone if not thing.startswith(f"{newest} iam")
    ] == []  # IAM is global: the others' roles

    applied.destroy()
    log_step("destroy")
    assert applied.addresses() == set()
    assert left_over(applied.aws, fewer.regions, "tap-marketplace") == []
