"""Capacities follow from the event scale, move with it the right way, and stay within what AWS has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketgen.aws import limits
from ticketgen.figures.model import AnyFigure
from ticketgen.findings import Severity, has_errors
from ticketgen.sizing import FIGURES, Sizing, size
from ticketgen.spec.model import Api, Environment, EventScale, Functions, Objectives

REGIONS = ("ap-northeast-1", "eu-west-1", "us-east-1", "us-west-2")

SCALES: dict[str, st.SearchStrategy[int]] = {
    "purchases_per_minute": st.integers(0, 10_000_000),
    "seats_per_event": st.integers(1, 5_000_000),
    "concurrent_events": st.integers(1, 10_000),
    "seats_per_order": st.integers(1, 32),
    "hold_seconds": st.integers(30, 3600),
}
OBJECTIVES: dict[str, st.SearchStrategy[int]] = {
    "lock_ms": st.integers(1, 5000),
    "cache_load_s": st.integers(1, 60),
    "verification_interval_s": st.integers(1, 60),
    "verification_s": st.integers(1, 120),
    "correction_s": st.integers(1, 300),
}
scales = st.fixed_dictionaries(SCALES)
objectives = st.fixed_dictionaries(OBJECTIVES)

# What grows with each input, or at least does not shrink; and what shrinks.
DEMAND = {
    "seats_per_second", "ledger_write_units", "inventory_write_units", "lock_write_units", "event_shards",
    "kinesis_shards", "kinesis_parallelization_factor", "kinesis_batch_size", "processor_memory_mib",
    "aurora_max_acu", "aurora_min_acu", "verifier_memory_mib",
    "cache_node_type", "ledger_read_units", "inventory_read_units", "inventory_stream_shards",
    "cache_sync_concurrency", "processor_concurrency", "region_concurrency", "hub_concurrency",
    "inventory_warm_write_units", "ledger_warm_write_units", "lock_warm_write_units",
}  # fmt: skip
VERIFICATIONS = {
    "verifications_at_once", "verifications_per_run", "verification_batches", "verifications_per_batch",
    "verifier_concurrency", "hub_concurrency",
}  # fmt: skip
VERIFIED = {"ledger_read_units", "inventory_read_units"}
GROWS: dict[str, set[str]] = {
    "purchases_per_minute": DEMAND
    | {"orders_per_second", "purchase_concurrency", "availability_concurrency"}
    | {"purchase_provisioned_concurrency", "availability_provisioned_concurrency"}
    | {"api_throttle_rate", "api_throttle_burst", "lock_read_units", "event_read_units"}
    | {"waf_rate_limit", "waf_post_limit"},
    "seats_per_order": DEMAND,
    "seats_per_event": {
        "cache_sync_memory_mib",
        "cache_memory_mib",
        "cache_node_type",
        "event_shards",
        "verifier_memory_mib",
        *VERIFIED,
    },
    "concurrent_events": {"cache_memory_mib", "cache_node_type", *VERIFIED, *VERIFICATIONS},
    "hold_seconds": set(),
    "verification_interval_s": {"verifier_memory_mib", *VERIFIED},
    "verification_s": {"verifier_concurrency", "verifier_timeout_s", "hub_concurrency"},
    "correction_s": {"corrector_concurrency", "corrector_timeout_s", "hub_concurrency"},
    "lock_ms": set(),
    "cache_load_s": set(),
}
SHRINKS: dict[str, set[str]] = {
    "verification_interval_s": {
        "verifier_concurrency",
        "corrector_concurrency",
        "hub_concurrency",
        "ticker_starts_per_minute",
        "verification_executions_per_day",
    },
    "verification_s": {"verifier_memory_mib", "event_shards", *VERIFIED},
    "lock_ms": {"purchase_memory_mib"},
    "cache_load_s": {"cache_sync_memory_mib", "event_shards", "inventory_read_units"},
}


def environment(**changes: Any) -> Environment:
    scale: dict[str, Any] = {
        "purchases_per_minute": 45_000,
        "seats_per_event": 234_000,
        "concurrent_events": 20,
        "seats_per_order": 8,
        "hold_seconds": 300,
        "seats_per_buyer": changes.get("seats_per_buyer"),
    }
    scale |= {key: value for key, value in changes.items() if key in SCALES}
    targets = {key: value for key, value in changes.items() if key in OBJECTIVES}
    # Unchecked: the formulas must hold beyond what a spec may say.
    return Environment.model_construct(
        name="prod",
        project="tap-marketplace",
        regions=changes.get("regions", REGIONS),
        primary_region="us-east-1",
        secondary_region="us-west-2",
        protect=changes.get("protect", True),
        event_scale=EventScale.model_construct(**scale),
        objectives=Objectives.model_construct(**Objectives().model_dump() | targets),
        api=Api(auth=changes.get("auth", "iam")),
        functions=Functions(reserved_concurrency=changes.get("reserved_concurrency", True)),
    )


def sized(**changes: Any) -> Sizing:
    sizing = size(environment(**changes)).value
    assert sizing is not None
    return sizing


def rules(**changes: Any) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in size(environment(**changes)).findings}


def magnitude(figure: AnyFigure) -> float:
    if isinstance(figure.value, str):
        return [node.name for node in limits.CACHE_NODES].index(figure.value)
    return figure.value


def test_counting_a_buyers_seats_takes_an_item_in_each_hold_release_and_purchase() -> None:
    plain, limited = sized(), sized(seats_per_buyer=8)
    requests = 750 * (1.25 + 0.25 + 1)
    for name, units in (("lock_write_units", 2 * requests), ("lock_read_units", requests)):
        assert limited[name].value - plain[name].value == pytest.approx(units, abs=1)


def test_the_flash_sale_is_sized_as_in_the_design() -> None:
    sizing = sized()
    assert sizing["orders_per_second"].value == 45_000 / 60
    assert sizing["seats_per_second"].value == 6_000
    assert sizing["ledger_write_units"].value == 12_000
    assert sizing["inventory_write_units"].value == 12_000 + 15_000, "each seat of a hold is checked"
    assert sizing["ticker_starts_per_minute"].value == 6


def test_the_flash_sale_has_no_errors_and_lists_quota_requests() -> None:
    assert rules() == {
        "quota-lambda-concurrency": Severity.WARNING,
        "quota-api-throttle": Severity.WARNING,
        "quota-table-writes": Severity.WARNING,
        "prewarm": Severity.NOTE,
    }


def test_a_small_venue_needs_no_quota_request() -> None:
    assert rules(purchases_per_minute=60, seats_per_event=2000, concurrent_events=3, protect=False) == {}


def test_each_shard_takes_its_share_of_one_event() -> None:
    sizing = sized()
    assert sizing["inventory_write_units"].value / sizing["event_shards"].value < 1000
    assert sizing["seats_per_second"].value / sizing["kinesis_shards"].value < 1000


@settings(deadline=None)
@given(scales, objectives, st.sampled_from(sorted(GROWS)), st.data())
def test_every_figure_changes_in_the_right_direction(
    scale: dict[str, int], targets: dict[str, int], name: str, data: st.DataObject
) -> None:
    values = scale | targets
    more = data.draw((SCALES | OBJECTIVES)[name].filter(lambda value: value >= values[name]))
    less, grown = sized(**values), sized(**(values | {name: more}))
    for before, after in zip(less, grown, strict=True):
        low, high = magnitude(before), magnitude(after)
        if before.name in GROWS[name]:
            assert low <= high, before.name
        elif before.name in SHRINKS.get(name, set()):
            assert low >= high, before.name
        else:
            assert low == high, f"add {before.name} to GROWS or SHRINKS of {name}"


def changed(before: Sizing, after: Sizing) -> set[str]:
    return {old.name for old, new in zip(before, after, strict=True) if old.value != new.value}


SMALL = {"purchases_per_minute": 60, "seats_per_event": 1000, "concurrent_events": 1, "seats_per_order": 1}
SHARP = {
    "verification_interval_s": 1,
    "verification_s": 2,
    "correction_s": 3,
    "lock_ms": 10,
    "cache_load_s": 1,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [("purchases_per_minute", 2_000_000), ("seats_per_event", 2_000_000), ("concurrent_events", 9000)],
)
def test_figures_depend_on_the_event_scale(name: str, value: int) -> None:
    # The largest batch needs less than the least memory, and this event is all read in no time.
    constant = {"processor_memory_mib"} | (
        VERIFIED if name == "purchases_per_minute" else {"verifier_memory_mib"}
    )
    differing = changed(sized(**SMALL), sized(**SMALL | {name: value})) ^ (GROWS[name] - constant)
    assert not differing, f"GROWS has the wrong figures for {name}: {sorted(differing)}"


@pytest.mark.parametrize("name", SHARP)
def test_figures_depend_on_the_objectives(name: str) -> None:
    # So few orders that a run of the verifier does not need a whole processor; and so many that they decide over the
    # shards, on which the next test looks.
    few = {"purchases_per_minute": 6000, "verification_s": 8}
    sharp = SHARP | (few if name == "verification_interval_s" else {"seats_per_event": 500_000})
    looser = sized(**sharp | {name: 500 if name == "lock_ms" else 60})
    differing = changed(sized(**sharp), looser) ^ (
        (GROWS[name] | SHRINKS.get(name, set())) - {"event_shards"}
    )
    assert not differing, f"GROWS or SHRINKS has the wrong figures for {name}: {sorted(differing)}"


@pytest.mark.parametrize("name", ["verification_s", "cache_load_s"])
def test_shards_follow_from_what_reads_them_where_few_are_sold(name: str) -> None:
    few = {"purchases_per_minute": 60, "seats_per_event": 500_000, "verification_s": 60, "cache_load_s": 60}
    assert sized(**few | {name: 1})["event_shards"].value > 10 * sized(**few)["event_shards"].value


@settings(deadline=None)
@given(scales, objectives, st.booleans())
def test_figures_are_within_aws_limits_or_refused(
    scale: dict[str, int], targets: dict[str, int], protect: bool
) -> None:
    checked = size(environment(**scale, **targets, protect=protect))
    sizing = checked.value
    assert sizing is not None
    for figure in sizing:
        assert figure.value
        assert figure.formula
        assert figure.source
        assert figure.unit
    assert 1 <= sizing["kinesis_parallelization_factor"].value <= limits.LAMBDA_PARALLELIZATION.value
    assert 1 <= sizing["cache_sync_parallelization_factor"].value <= limits.LAMBDA_PARALLELIZATION.value
    assert 1 <= sizing["kinesis_batch_size"].value <= limits.LAMBDA_BATCH_SIZE.value
    rates = sizing["waf_post_limit"].value, sizing["waf_rate_limit"].value
    assert limits.WAF_MIN_RATE.value <= rates[0] < rates[1] <= limits.WAF_MAX_RATE.value
    assert sizing["backup_retention_days"].value <= limits.AURORA_BACKUP_DAYS.value
    assert sizing["aurora_min_acu"].value <= sizing["aurora_max_acu"].value
    assert sizing["aurora_max_acu"].value * 2 % 1 == sizing["aurora_min_acu"].value * 2 % 1 == 0
    assert 1 <= sizing["ticker_starts_per_minute"].value <= 60
    memories = [figure for figure in sizing if figure.unit == "MiB" and figure.name != "cache_memory_mib"]
    for figure in memories:
        assert magnitude(figure) >= limits.LAMBDA_MIN_MEMORY.value
    if not has_errors(checked.findings):
        assert all(magnitude(figure) <= limits.LAMBDA_MAX_MEMORY.value for figure in memories)
        assert sizing["aurora_max_acu"].value <= limits.AURORA_MAX_ACU.value
        memory = {node.name: node.memory for node in limits.CACHE_NODES}
        assert memory[sizing["cache_node_type"].value] >= sizing["cache_memory_mib"].value * 1024 * 1024


@settings(deadline=None)
@given(scales, objectives)
def test_no_figure_depends_on_the_regions(scale: dict[str, int], targets: dict[str, int]) -> None:
    values = scale | targets
    assert sized(**values) == sized(**values, regions=("us-east-1",))


@pytest.mark.parametrize(
    ("rule", "changes", "fixed"),
    [
        ("event-too-hot", {"purchases_per_minute": 2_000_000}, {"purchases_per_minute": 45_000}),
        ("cache-load-too-slow", {"seats_per_event": 5_000_000}, {"cache_load_s": 52}),
        ("cache-too-big", {"concurrent_events": 20_000}, {"concurrent_events": 20}),
        ("cache-too-busy", {"purchases_per_minute": 600_000}, {"purchases_per_minute": 45_000}),
        ("function-too-big", {"seats_per_event": 50_000_000}, {"seats_per_event": 234_000}),
        ("verification-too-slow", {"purchases_per_minute": 400_000}, {"verification_s": 60}),
        ("too-many-events", {"concurrent_events": 2_000}, {"concurrent_events": 1_600}),
        ("analytics-too-slow", {"purchases_per_minute": 2_000_000}, {"seats_per_order": 1}),
    ],
)
def test_an_exceeded_fixed_limit_is_an_error_with_a_fix(
    rule: str, changes: dict[str, int], fixed: dict[str, int]
) -> None:
    finding = next(finding for finding in size(environment(**changes)).findings if finding.rule == rule)
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("prod: ")
    assert any(key in finding.help for key in fixed)
    assert rule not in rules(**(changes | fixed))


def test_protection_increases_redundancy_and_retention() -> None:
    bare, protected = sized(protect=False), sized(protect=True)
    different = {f.name for f, g in zip(bare, protected, strict=True) if magnitude(f) < magnitude(g)}
    assert different == {
        "cache_nodes", "aurora_instances", "aurora_min_acu", "log_retention_days", "backup_retention_days",
    }  # fmt: skip


def test_formulas_show_their_numbers() -> None:
    sizing = sized()
    assert sizing["seats_per_second"].formula == "750 orders/s × 8 seats"
    assert dict(sizing["seats_per_second"].inputs) == {"orders_per_second": 750, "seats_per_order": 8}
    # In the order of the reports; some figures exist only with a part of the spec.
    assert [figure.name for figure in sizing] == [name for name in FIGURES.names if name in sizing.by_name]
