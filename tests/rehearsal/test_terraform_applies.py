"""`apply` is a fact: the real Terraform makes, keeps, changes and removes our stacks on an emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_stack import LivingStack, left_over
from stacks import DEMO_REGIONS, environment, rendered

from terraform_tool import Terraform
from ticketgen.rehearsal.emulated import EmulatedAws

pytestmark = pytest.mark.terraform

INACCURACIES: frozenset[tuple[str, str]] = frozenset()
"""What a second plan would change because the emulator answers otherwise than AWS: (type.name, action)."""


@pytest.fixture
def living(terraform: Terraform, tmp_path: Path) -> Iterator[LivingStack]:
    """A stack and an AWS of its own, as empty as a new account."""
    folder = tmp_path / "stack"
    folder.mkdir()
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        yield LivingStack(terraform, aws, folder)


def unexplained(living: LivingStack) -> set[tuple[str, str]]:
    """What a second plan would do, but for the emulator's own inaccuracies."""
    return {
        (address, action)
        for address, action in living.changes()
        if (".".join(address.split("[")[0].split(".")[-2:]), action) not in INACCURACIES
    }


@pytest.mark.slow
def test_dev_is_created_whole_kept_by_a_second_plan_and_destroyed_to_nothing(living: LivingStack) -> None:
    dev = environment("dev", DEMO_REGIONS[:2])
    living.render(dev)
    planned = living.changes()
    assert {action for _, action in planned} == {"create"}

    assert living.apply() == {"create": len(planned)}

    assert living.addresses() == {address for address, _ in planned}
    outputs = living.outputs()
    assert outputs["region"] == "us-east-1"
    assert set(outputs["regions"]) == set(dev.regions)
    nothing = {name for name, value in outputs.items() if value in (None, "", [])}
    assert nothing == set()
    assert unexplained(living) == set()
    assert left_over(living.aws, dev.regions, "tap-marketplace") != []

    if any(path.startswith("tests/integration/") for path in rendered(dev)):
        suite = living.run_integration_suite()
        assert suite.returncode == 0, suite.stdout[-6000:]
        assert "skipped" not in suite.stdout.splitlines()[-1]

    living.destroy()

    assert living.addresses() == set()
    assert left_over(living.aws, dev.regions, "tap-marketplace") == []


@pytest.mark.apply
def test_prod_lives_through_a_region_more_and_a_region_less_and_only_that_region_changes(
    living: LivingStack, capsys: pytest.CaptureFixture[str]
) -> None:
    # Unprotected, or AWS would refuse to destroy it in the end; everything else is prod's.
    eleven = environment("prod", DEMO_REGIONS[:-1])
    twelve = environment("prod", DEMO_REGIONS)
    newest = DEMO_REGIONS[-1]
    module = f"module.{newest.replace('-', '_')}."
    of_all_regions = {
        "aws_dynamodb_table.events",
        "aws_dynamodb_table.ticket_inventory",
        "aws_dynamodb_table.ticket_sales",
        *(
            f"module.verification_{hub.replace('-', '_')}.aws_lambda_function.inventory_verifier"
            for hub in DEMO_REGIONS[:2]
        ),
        # Their documents name a table that changes, so Terraform reads them at apply only; their text stays.
        *(
            f"aws_iam_role_policy.{function}"
            for function in ("inventory_verifier", "oversell_corrector", "seat_cache_sync", "ticket_purchase")
        ),
    }
    living.render(eleven)
    first = living.apply()
    assert set(first) == {"create"}
    assert unexplained(living) == set()
    with capsys.disabled():
        print(f"\n{len(eleven.regions)} Regions, {first['create']} resources: {living.grown}")
    before = living.addresses()
    policies = living.policies()

    living.render(twelve)
    more = unexplained(living)
    assert {address for address, action in more if not address.startswith(module)} == of_all_regions
    assert {action for address, action in more if address.startswith(module)} == {"create"}
    assert {action for address, action in more if address in of_all_regions} == {"update"}
    living.apply()
    assert unexplained(living) == set()
    assert living.addresses() - before == {address for address, _ in more if address.startswith(module)}
    assert living.policies() == policies
    assert set(living.outputs()["regions"]) == set(DEMO_REGIONS)

    living.render(eleven)
    less = unexplained(living)
    assert {address for address, action in less if not address.startswith(module)} == of_all_regions
    assert {action for address, action in less if address.startswith(module)} == {"delete"}
    living.apply()
    assert living.addresses() == before
    assert left_over(living.aws, (newest,), "tap-marketplace") == []

    living.destroy()
    assert living.addresses() == set()
    assert left_over(living.aws, eleven.regions, "tap-marketplace") == []
