"""Doctor says how long AWS supports the versions of the project's stacks, and warns in time."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from project_tools import run

from ticketgen.aws.engines import AURORA_POSTGRESQL, CACHES, PYTHON
from ticketgen.project.doctor import Check, Health, run_checks

SPEC = """version: 1
project: box-office
extends: small-venue
primary_region: eu-west-1
regions: [eu-west-1]
environments:
  dev: {}
"""
END = PYTHON.end or date.max


def checks(folder: Path, today: date, spec: str = SPEC) -> dict[str, Check]:
    path = folder / "ticketgen.yaml"
    path.write_text(spec)
    return {check.name: check for check in run_checks(path, offline=True, today=today)}


@pytest.mark.parametrize(("days", "health"), [
    (181, Health.FOUND), (180, Health.WARNING), (0, Health.WARNING), (-1, Health.ERROR),
])  # fmt: skip
def test_the_end_of_support_is_announced_180_days_before(tmp_path: Path, days: int, health: Health) -> None:
    check = checks(tmp_path, END - timedelta(days=days))[PYTHON.title]
    assert check.health is health
    assert check.found == (
        f"python3.13, in support since {PYTHON.released}; AWS's support {'ended' if days < 0 else 'ends'} "
        f"on {END}, see {PYTHON.source}"
    )
    assert bool(check.help) is (health is not Health.FOUND)


def test_only_the_engines_of_the_stacks_are_named(tmp_path: Path) -> None:
    valkey, redis = CACHES["valkey"].title, CACHES["redis"].title
    usual = set(checks(tmp_path, PYTHON.checked))
    assert {PYTHON.title, AURORA_POSTGRESQL.title, valkey} <= usual
    assert redis not in usual
    both = SPEC + "  old: { cache: { engine: redis } }\n"
    found = checks(tmp_path, PYTHON.checked, both)
    assert {valkey, redis} <= set(found)
    assert f"no end announced by {CACHES['redis'].checked}" in found[redis].found


def test_an_invalid_spec_has_no_versions(tmp_path: Path) -> None:
    assert PYTHON.title not in checks(tmp_path, END, "version: 1\n")


def test_a_version_out_of_support_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls(END.year + 1, 1, 1)

    (tmp_path / "ticketgen.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ticketgen.project.doctor.datetime", Later)
    done = run("doctor", "--offline")
    assert done.exit_code == 1
    line = next(line for line in done.stdout.splitlines() if PYTHON.title in line)
    assert line.startswith("error ")
