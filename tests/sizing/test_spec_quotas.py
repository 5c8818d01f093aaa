"""A quota in the spec replaces AWS's default, and is reported if it is too small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import DEMO_REGIONS, environment, sized

from ticketgen.aws.quotas import QUOTAS
from ticketgen.capacity import json as for_programs
from ticketgen.capacity.environment_report import report
from ticketgen.capacity.sections import sections
from ticketgen.findings import Finding
from ticketgen.sizing import size
from ticketgen.sizing.quota_needs import needs
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment, EventScale
from ticketgen.spec.resolve import resolve

REGIONS = DEMO_REGIONS[:2]
SCALE = EventScale(
    purchases_per_minute=400_000,
    seats_per_event=234_000,
    concurrent_events=20,
    seats_per_order=1,
    hold_seconds=300,
)


def with_quotas(**quotas: object) -> Environment:
    return environment(
        regions=REGIONS,
        event_scale=SCALE,
        quotas={QUOTAS[key.replace("_", "-")].id: quotas[key] for key in quotas},
    )


def findings(subject: Environment, key: str) -> list[Finding]:
    return [each for each in size(subject).findings if each.rule == f"quota-{key}"]


def commands(subject: Environment) -> str:
    shown = sections(report(subject, sized(subject)), None)
    return "\n".join(line for section in shown for line in section.commands)


EXCEEDED = ("lambda-concurrency", "api-throttle", "table-writes", "waf-requests")


@pytest.mark.parametrize("key", EXCEEDED)
def test_a_sufficient_value_removes_the_warning_and_the_command(key: str) -> None:
    quota = QUOTAS[key]
    assert findings(with_quotas(), key)
    needed = max(each.needed for each in needs(with_quotas(), sized(with_quotas())) if each.quota is quota)
    enough = with_quotas(**{key.replace("-", "_"): needed})
    assert not findings(enough, key)
    if quota.code:
        assert quota.code in commands(with_quotas())
        assert quota.code not in commands(enough)
    short = findings(with_quotas(**{key.replace("-", "_"): needed - 1}), key)
    assert short
    assert f"quotas.{quota.id} says that the account has {needed - 1:,}" in short[0].message


@pytest.mark.parametrize("key", EXCEEDED)
def test_a_region_without_a_value_keeps_the_default(key: str) -> None:
    only = findings(with_quotas(**{key.replace("-", "_"): {REGIONS[0]: 900_000_000}}), key)
    assert only
    assert all(REGIONS[0] not in each.message and REGIONS[1] in each.message for each in only)
    assert all(f"{QUOTAS[key].default_in(REGIONS[1]):,}" in each.message for each in only)


def test_a_value_below_the_default_is_used() -> None:
    small = EventScale(**SCALE.model_dump() | {"purchases_per_minute": 60, "seats_per_event": 100})
    quota = QUOTAS["lambda-concurrency"]
    subject = environment(regions=REGIONS, event_scale=small, quotas={quota.id: 10})
    assert not findings(environment(regions=REGIONS, event_scale=small), quota.key)
    assert "the account has 10 in" in findings(subject, quota.key)[0].message


def test_a_burst_quota_can_be_set_independently() -> None:
    assert not findings(with_quotas(), "api-burst")
    (short,) = findings(with_quotas(api_burst=1), "api-burst")
    assert 'along with "Throttle rate" (L-8A5B8E43)' in short.help
    assert not findings(with_quotas(api_burst=1_000_000), "api-burst")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(QUOTAS)), st.integers(1, 10**9))
def test_every_quota_is_compared_with_the_value_in_the_spec(key: str, value: int) -> None:
    subject = environment(regions=REGIONS, event_scale=SCALE, quotas={QUOTAS[key].id: value})
    for need in needs(subject, sized(subject)):
        assert need.limit == (value if need.quota.key == key else need.default)
        assert need.is_exceeded == (need.needed > need.limit)


def test_size_shows_the_value_in_the_spec_beside_the_default() -> None:
    subject = with_quotas(lambda_concurrency=100_000)
    (shown,) = [each for each in sections(report(subject, sized(subject)), None) if "quota" in each.headers]
    assert shown.headers[2:4] == ("default", "in the spec")
    rows = [row.cells for row in shown.rows if row.cells[1] == "L-B99A9384"]
    assert rows
    assert all(cells[2:4] == ("1,000", "100,000") for cells in rows)
    document: Any = for_programs.document((report(subject, sized(subject)),), None)
    first = document["environments"][0]
    quotas = {each["key"]: each for region in first["regions"] for each in region["quotas"]}
    assert (quotas["lambda-concurrency"]["default"], quotas["lambda-concurrency"]["in_spec"]) == (
        1000,
        100_000,
    )
    assert quotas["lambda-concurrency"]["allowed"] == 100_000
    assert quotas["vpcs"]["in_spec"] is None


def test_environments_have_their_own_values(tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(
        "version: 1\nproject: abc\nextends: flash-sale\nquotas: { L-B99A9384: 5000, L-F678F1CE: 9 }\n"
        "environments:\n  dev: { quotas: { L-B99A9384: { us-east-1: 10 } } }\n  prod:\n",
        encoding="utf-8",
    )
    document = load(spec).value
    assert document is not None
    project = resolve(document).value
    assert project is not None
    dev, prod = project.environments
    assert dict(dev.quotas) == {"L-B99A9384": {"us-east-1": 10}, "L-F678F1CE": 9}
    assert dict(prod.quotas) == {"L-B99A9384": 5000, "L-F678F1CE": 9}
