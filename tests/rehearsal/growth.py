"""How plan and apply grow with the Regions: `make growth` prints a row for each number of them. A bench, no test."""

from __future__ import annotations

from pathlib import Path

import pytest
from applied_stack import LivingStack
from stacks import DEMO_REGIONS, environment

from terraform_tool import Terraform
from ticketgen.rehearsal.emulator_client import EmulatedAws


@pytest.mark.parametrize("count", [1, 2, 4, 8, 12])
def test_growth(count: int, terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    with EmulatedAws(tmp_path / "log") as aws:
        living = LivingStack(terraform, aws, folder)
        living.render(environment("prod", DEMO_REGIONS[:count]))
        grown = {}
        living.changes()
        grown["first plan"] = living.latest
        created = living.apply()["create"]
        grown["apply"] = living.latest
        assert living.changes() == set()
        grown["second plan"] = living.latest
    with capsys.disabled():
        figures = "; ".join(
            f"{what} {taken.seconds} s, {taken.memory_mib:.0f} MiB in {taken.processes} processes"
            for what, taken in grown.items()
        )
        print(f"\n{count} Regions, {created} resources: {figures}")
