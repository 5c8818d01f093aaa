"""A season's units and costs follow from formulas that a reader can repeat by hand."""

from __future__ import annotations

import json as codec
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from stacks import DEMO_REGIONS, SHAPES, environment

from reports import report_of, scale
from ticketgen.capacity import json, markdown_report, text
from ticketgen.capacity.billed_units import KEYS, Usage
from ticketgen.capacity.environment_report import Report, report
from ticketgen.capacity.markdown_report import cell
from ticketgen.capacity.price_book import Origin, PriceBook
from ticketgen.capacity.prices import Price, Prices
from ticketgen.capacity.season import SeasonPhase
from ticketgen.capacity.season_plan import SeasonWishes, read_season
from ticketgen.sizing import size

FULL = Prices("USD", {key: Price(Decimal(1)) for key in KEYS}, "us-east-1", date(2026, 11, 28))


@cache
def small() -> Report:
    """One Region, which sells one seat a second, so that five events of 720 seats take one hour."""
    subject = environment(
        regions=DEMO_REGIONS[:1],
        event_scale=scale(
            purchases_per_minute=60, seats_per_order=1, seats_per_event=720, concurrent_events=2
        ),
    )
    sizing = size(subject).value
    assert sizing is not None
    return report(subject, sizing, wishes=SeasonWishes(events=5, days=10, sold_out_days=2, archive_days=8))


def units(key: str) -> dict[SeasonPhase, float]:
    (found,) = [dict(each.units) for each in small().season.usage if each.usage.key == key]
    return found


def cost(phase: SeasonPhase, prices: dict[str, str]) -> Decimal:
    book = PriceBook(Prices("USD", {key: Price(Decimal(price)) for key, price in prices.items()}))
    return book.total((each.usage, each.units.get(phase, 0)) for each in small().season.usage).amount


def test_units_that_only_stand_count_hours() -> None:
    assert units("kms.key_hours") == {
        SeasonPhase.IDLE_HOUR: 1,
        SeasonPhase.IDLE_DAY: 24,
        SeasonPhase.IDLE_MONTH: 730,
        SeasonPhase.ON_SALE_HOUR: 1,
        SeasonPhase.SEASON: 10 * 24,
    }


def test_units_of_a_sale_count_seats() -> None:
    # 3,600 orders of one seat; 1.25 holds with a purchase or a release each, and 8 reads of the map.
    assert units("apigateway.requests") == {
        SeasonPhase.ON_SALE_HOUR: 3600 * 10.5,
        SeasonPhase.SEASON: 3600 * 10.5,
    }


def test_units_of_verification_count_events() -> None:
    runs, closed = 3600 / 10, 7 * 144 + 1
    assert units("states.express_requests") == {
        SeasonPhase.IDLE_HOUR: runs,
        SeasonPhase.IDLE_DAY: 24 * runs,
        SeasonPhase.IDLE_MONTH: 730 * runs,
        SeasonPhase.ON_SALE_HOUR: runs + 2 * 360,
        SeasonPhase.AFTERCARE: 2 * closed,
        SeasonPhase.SEASON: 10 * 24 * runs + 2 * 360 + 5 * (2 * 24 * 12 + closed),
    }


def test_a_verification_reads_every_item_of_the_slices_and_asks_each_shard_for_new_ones() -> None:
    # One shard and one Region: 720 items of each table, of 432 bytes, and one query for new entries. 16 more queries
    # look where no seat belongs.
    verification, load = 2 * 720 * 432 / 4096 + 1 + 16, 720 * 432 / 4096
    assert units("dynamodb.read_request_units")[SeasonPhase.AFTERCARE] == 2 * (7 * 144 + 1) * verification
    (usage,) = [each for each in small().usage if each.key == "dynamodb.read_request_units"]
    assert usage.event_hour == pytest.approx(12 * verification + 4 * load)


def test_stored_items_count_for_the_days_of_the_season() -> None:
    kept = units("dynamodb.storage")
    assert kept[SeasonPhase.ON_SALE_HOUR] == pytest.approx(3600 * 2 * 432 / 1024**3)
    assert kept[SeasonPhase.SEASON] == pytest.approx(kept[SeasonPhase.ON_SALE_HOUR] * 10 * 24 / 730)


def test_the_database_scales_to_its_maximum_while_sales_are_written() -> None:
    sizing = small().sizing
    most = sizing["aurora_max_acu"].value * sizing["aurora_instances"].value
    least = sizing["aurora_min_acu"].value * sizing["aurora_instances"].value
    assert units("rds.acu_hours")[SeasonPhase.ON_SALE_HOUR] == most
    assert units("rds.acu_hours")[SeasonPhase.SEASON] == pytest.approx(10 * 24 * least + most - least)


def test_totals_are_sums_of_units_and_prices() -> None:
    prices = {"kms.key_hours": "2", "apigateway.requests": "0.001", "states.express_requests": "0.01"}
    assert cost(SeasonPhase.IDLE_HOUR, prices) == Decimal("2") + Decimal("3.6")
    assert cost(SeasonPhase.ON_SALE_HOUR, prices) == 2 + Decimal("37.8") + Decimal("10.8")
    assert cost(SeasonPhase.AFTERCARE, prices) == Decimal("20.18")
    assert cost(SeasonPhase.SEASON, prices) == 480 + Decimal("37.8") + Decimal("950.45")


def test_warming_up_costs_once_what_exceeds_a_new_table() -> None:
    (found,) = [
        each
        for each in report_of(SHAPES["prod"]()).season.usage
        if each.usage.key == "dynamodb.warm_write_units"
    ]
    assert found.units == {SeasonPhase.SEASON: 12 * (52_875 + 108_000 + 48_000 - 3 * 4000)}


def test_provisioned_concurrency_replaces_the_normal_price_of_the_duration() -> None:
    paid = units("lambda.provisioned_duration_gib_seconds")[SeasonPhase.PROVISIONED_HOUR]
    assert units("lambda.gib_seconds")[SeasonPhase.PROVISIONED_HOUR] == -paid
    capacity = small().sizing
    assert units("lambda.provisioned_gib_seconds")[SeasonPhase.PROVISIONED_HOUR] == 3600 * sum(
        capacity[f"{name}_provisioned_concurrency"].value * capacity[f"{name}_memory_mib"].value / 1024
        for name in ("purchase", "availability")
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_price_never_becomes_zero(key: str) -> None:
    book = PriceBook(snapshot=Prices("USD", {each: FULL.by_key[each] for each in KEYS if each != key}))
    incomplete = 0
    for phase in SeasonPhase:
        counted = [(each.usage, each.units.get(phase, 0)) for each in small().season.usage]
        total = book.total(counted)
        expected = [usage.key for usage, amount in counted if amount and usage.key == key]
        assert list(total.missing) == expected
        incomplete += bool(expected)
    if not incomplete:
        assert key in {"dynamodb.replicated_write_request_units", "transfer.between_regions"} | {
            "dynamodb.warm_write_units", "dynamodb.warm_read_units"
        }  # fmt: skip
        return
    shown = text.render((small(),), book)
    season = shown.split("\nA season\n")[1]
    assert "≥ " in season
    assert f"without a price, and not in the sum: {key}" in season
    (document,) = codec.loads(codec.dumps(json.document((small(),), book)))["environments"]
    assert any(each["without_a_price"] == [key] for each in document["season"]["phases"].values())
    assert document["costs"]["prices"][key] is None


@pytest.mark.parametrize("shape", SHAPES)
def test_every_format_shows_each_phase_with_its_formula(shape: str) -> None:
    subject = report_of(SHAPES[shape]())
    book = PriceBook(snapshot=FULL, today=date(2026, 11, 28))
    plain, table = text.render((subject,), book), markdown_report.render((subject,), book)
    (document,) = codec.loads(codec.dumps(json.document((subject,), book)))["environments"]
    assert list(document["season"]["phases"]) == [phase.value for phase in SeasonPhase]
    for phase, about in subject.season.phases.items():
        assert about.title in plain
        assert about.formula in plain
        assert cell(about.formula) in table
        assert document["season"]["phases"][phase.value]["formula"] == about.formula
    for each in subject.season.usage:
        assert each.usage.formula in plain
        assert cell(each.usage.formula).replace("\\", "") in table.replace("\\", "")
    assert {each["key"] for each in document["season"]["usage"]} >= {each.key for each in subject.usage}


def test_a_value_that_was_set_shows_the_season_before_and_after() -> None:
    before = report_of(environment())
    after = report_of(environment(event_scale=scale(concurrent_events=40)), before)
    shown = text.render((after,), PriceBook(snapshot=FULL)).split("\nA season\n")[1]
    (line,) = [line for line in shown.splitlines() if line.lstrip().startswith("the season:")]
    assert "→" in line


def test_a_season_defaults_to_the_concurrent_events() -> None:
    assert report_of(environment()).season.plan.events == 20


def test_a_season_is_read_from_settings() -> None:
    assert read_season(["events=3", "days=90", "archive_days=0"]).value == SeasonWishes(3, 90, 28, 0)
    refused = read_season(["events=3", "weeks=2", "days=many"])
    assert refused.value is None
    assert [finding.rule for finding in refused.findings] == ["unknown-key", "invalid-value"]


def test_own_prices_precede_the_snapshot_key_by_key() -> None:
    usage = Usage("elasticache.node_hours", "hours", 0, 1, 0, "", "", "valkey.cache.m7g.large")
    other = Usage("kms.key_hours", "hours", 0, 1, 0, "", "")
    shipped = Prices(
        "USD",
        {
            "elasticache.node_hours.valkey.cache.m7g.large": Price(Decimal(1)),
            "elasticache.node_hours": Price(Decimal(2)),
            "kms.key_hours": Price(Decimal(3)),
        },
    )
    own = Prices("USD", {"elasticache.node_hours": Price(Decimal(4))})
    assert PriceBook(snapshot=shipped).find(usage) == (Price(Decimal(1)), Origin.SNAPSHOT)
    assert PriceBook(own, shipped).find(usage) == (Price(Decimal(4)), Origin.FILE)
    assert PriceBook(own, shipped).find(other) == (Price(Decimal(3)), Origin.SNAPSHOT)
    total = PriceBook(own, shipped).total([(usage, 2), (other, 1)])
    assert (total.amount, total.missing) == (Decimal(11), ())
    assert (total.keys(Origin.FILE), total.keys(Origin.SNAPSHOT)) == ((usage.key,), (other.key,))
    euros = Prices("EUR", {})
    assert PriceBook(euros, shipped).find(other) is None, "sums of two currencies mean nothing"


@pytest.mark.parametrize(("day", "is_old"), [(date(2027, 11, 28), False), (date(2027, 11, 29), True)])
def test_an_old_snapshot_is_noted(day: date, is_old: bool) -> None:
    book = PriceBook(snapshot=FULL, today=day)
    assert book.is_snapshot_old is is_old
    assert ("older than a year" in text.render((small(),), book)) is is_old
    (document,) = codec.loads(codec.dumps(json.document((small(),), book)))["environments"]
    assert document["costs"]["snapshot"]["older_than_a_year"] is is_old


def test_other_partitions_are_not_priced_with_the_snapshot() -> None:
    subject = report_of(SHAPES["china"]())
    shown = text.render((subject,), PriceBook(snapshot=FULL))
    assert "USD" not in shown
    assert "The shipped prices do not apply here" in shown
    own = PriceBook(Prices("CNY", {"kms.key_hours": Price(Decimal(1))}), FULL)
    assert "A season by service, in CNY" in text.render((subject,), own)
