"""At the limits of a spec, sizing gives sensible figures or refuses with a fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import SHAPES

from ticketgen.aws.regions import COMMERCIAL
from ticketgen.findings import Finding, Severity, Stage, has_errors
from ticketgen.pipeline import size_project
from ticketgen.sizing import Sizing, size
from ticketgen.spec.model import EventScale

DEMO = Path(__file__).parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"


def size_with(*options: str) -> tuple[Sizing | None, tuple[Finding, ...]]:
    """As ``ticketgen size --env prod --set …`` asks."""
    checked = size_project(DEMO, ["prod"], options)
    return (checked.value[0][1] if checked.value else None), checked.findings


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def scaled(**values: int) -> tuple[Sizing | None, tuple[Finding, ...]]:
    return size_with(*(f"event_scale.{name}={value}" for name, value in values.items()))


def test_zero_purchases_are_refused_with_the_minimum() -> None:
    sizing, findings = scaled(purchases_per_minute=0)
    assert sizing is None
    assert findings[0].stage is Stage.RESOLVE
    assert "write 1 or more" in findings[0].help


def test_one_purchase_a_minute_gets_the_minimum_and_no_warning() -> None:
    sizing, findings = scaled(purchases_per_minute=1, seats_per_event=1000, seats_per_order=1)
    assert sizing is not None
    assert [found for found in findings if found.stage is not Stage.RESOLVE] == []
    assert (
        sizing["orders_per_second"].value
        == sizing["event_shards"].value
        == sizing["kinesis_shards"].value
        == 1
    )
    assert sizing["purchase_provisioned_concurrency"].value == 5


def test_ten_million_purchases_a_minute_are_refused_with_every_fix() -> None:
    sizing, findings = scaled(purchases_per_minute=10_000_000)
    assert sizing is not None  # to show what is too big
    refused = {finding.rule for finding in errors(findings)}
    assert {"event-too-hot", "analytics-too-slow", "verification-too-slow"} <= refused
    assert all(finding.help for finding in errors(findings))


def test_an_event_may_have_one_seat() -> None:
    sizing, findings = scaled(
        seats_per_event=1, seats_per_order=1, purchases_per_minute=60, concurrent_events=1
    )
    assert sizing is not None
    assert errors(findings) == []
    assert sizing["cache_memory_mib"].value == 1
    assert sizing["inventory_read_units"].value == 1


def test_five_million_seats_are_refused_by_spec_and_formulas() -> None:
    sizing, findings = scaled(seats_per_event=5_000_000)
    assert sizing is None
    assert "write 1000000 or less" in findings[0].help
    environment = SHAPES["dev"]()
    scale = environment.event_scale.model_copy(update={"seats_per_event": 5_000_000})
    checked = size(environment.model_copy(update={"event_scale": scale}))
    assert "cache-load-too-slow" in {finding.rule for finding in errors(checked.findings)}


@pytest.mark.parametrize("count", [1, 34])
def test_one_region_and_all_of_them_have_the_same_figures(count: int) -> None:
    regions = sorted(COMMERCIAL, key=lambda name: (name != "us-east-1", name != "us-west-2", name))[:count]
    enabled = f"opt_in_regions=[{', '.join(name for name in regions)}]"
    secondary = "secondary_region=us-west-2" if count > 1 else "secondary_region="
    sizing, findings = size_with(
        f"regions=[{', '.join(regions)}]", secondary, *([enabled] if count > 1 else [])
    )
    assert sizing is not None, findings
    assert errors(findings) == []
    usual, _ = size_with()
    assert usual is not None
    assert [figure.value for figure in sizing] == [figure.value for figure in usual]


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries(
        {
            "purchases_per_minute": st.integers(1, 10_000_000) | st.sampled_from([1, 59, 60, 61, 10_000_000]),
            "seats_per_event": st.integers(1, 1_000_000) | st.sampled_from([1, 1_000_000]),
            "concurrent_events": st.integers(1, 10_000),
            "seats_per_order": st.integers(1, 32),
            "hold_seconds": st.integers(30, 86_400),
        }
    ),
    st.sampled_from(sorted(SHAPES)),
)
def test_every_valid_spec_is_sized_or_refused_with_a_fix(values: dict[str, int], shape: str) -> None:
    environment = SHAPES[shape]().model_copy(update={"event_scale": EventScale(**values)})
    checked = size(environment)
    assert checked.value is not None
    for figure in checked.value:
        assert figure.value
        assert figure.headroom is None or figure.headroom > 0
    for finding in checked.findings:
        assert finding.help
        assert finding.message.startswith(f"{environment.name}: ")
    if not has_errors(checked.findings):
        capped = {"kinesis_parallelization_factor", "cache_sync_parallelization_factor", "kinesis_batch_size"}
        for figure in checked.value:
            if figure.name not in capped and figure.headroom is not None:
                assert figure.headroom >= 1, figure


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 10_000_000),
    st.integers(1, 10_000_000),
    st.integers(1, 1_000_000),
    st.integers(1, 1_000_000),
)
def test_a_refused_demand_stays_refused_when_it_grows(
    purchases: int, more_purchases: int, seats: int, more_seats: int
) -> None:
    def rules(purchases: int, seats: int) -> set[str]:
        scale = EventScale(
            purchases_per_minute=purchases,
            seats_per_event=seats,
            concurrent_events=20,
            seats_per_order=8,
            hold_seconds=300,
        )
        checked = size(SHAPES["prod"]().model_copy(update={"event_scale": scale}))
        return {finding.rule for finding in checked.findings if finding.rule != "lambda-ramp"}

    less = rules(min(purchases, more_purchases), min(seats, more_seats))
    assert less <= rules(max(purchases, more_purchases), max(seats, more_seats))
