"""A benchmark of plan and apply by number of Regions: `make growth` prints a row for each."""

from __future__ import annotations

from pathlib import Path

import pytest
from applied_stack import AppliedStack
from stacks import DEMO_REGIONS, environment

from terraform_tool import Terraform
from ticketgen.rehearsal.emulator_client import EmulatedAws


@pytest.mark.parametrize("count", [1, 2, 4, 8, 12])
def test_growth(count: int, terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    with EmulatedAws(tmp_path / "log") as aws:
        applied = AppliedStack(terraform, aws, folder)
        applied.render(environment("prod", DEMO_REGIONS[:count]))
        grown = {}
        created = applied.apply()["create"]
        grown["apply"] = applied.latest
        assert applied.changes(applied.roots[-1]) == set()
        grown["plan of one Region"] = applied.latest
        assert applied.changes() == set()
        grown["plan of all"] = applied.latest
    with capsys.disabled():
        figures = "; ".join(
            f"{what} {growth.seconds} s, {growth.memory_mib:.0f} MiB in {growth.processes} processes"
            for what, growth in grown.items()
        )
        print(f"\n{count} Regions, {created} resources: {figures}")
