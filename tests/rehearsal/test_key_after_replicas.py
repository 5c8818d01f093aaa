"""A stack that destroyed a key before its replicas would be noticed: other tests rely on that."""

from __future__ import annotations

from pathlib import Path

import pytest
from applied_stack import AppliedStack
from stacks import DEMO_REGIONS, environment

from terraform_tool import Terraform
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.stack.roots import RootKind, RootModule


@pytest.mark.terraform
@pytest.mark.slow
def test_a_key_that_is_destroyed_before_its_replicas_is_noticed(terraform: Terraform, tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    with EmulatedAws(tmp_path / "log") as aws:
        applied = AppliedStack(terraform, aws, folder)
        dev = environment("dev", DEMO_REGIONS[:2])
        applied.render(dev)
        primary, replica = (RootModule(RootKind.DATA, region) for region in dev.regions)
        applied.apply(primary, replica)
        # As if another state had them, so that Terraform does not know what needs the key.
        applied.forget(replica, "module.data.aws_dynamodb_table_replica.shared")

        applied.destroy(replica)

        assert applied.inaccessible_tables() == {
            f"{replica.region} tap-marketplace-{what}-dev"
            for what in ("events", "ticket-inventory", "ticket-sales", "corrections")
        }
