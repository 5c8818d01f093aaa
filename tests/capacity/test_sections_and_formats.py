"""Every format has every figure, quota and unit, with before and after side by side."""

from __future__ import annotations

import json as codec
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from stacks import DEMO_REGIONS, SHAPES, environment

from reports import report_of, scale
from ticketgen.aws.quotas import QUOTAS
from ticketgen.capacity import json, markdown_report, text
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import PriceBook
from ticketgen.capacity.prices import Price, Prices
from ticketgen.capacity.reference import reference
from ticketgen.capacity.report_table import format_short
from ticketgen.sizing import FIGURES
from ticketgen.wording import format_number, singular

PRICES = PriceBook(
    Prices(
        "USD",
        {"kms.key_hours": Price(Decimal("0.00137")), "elasticache.node_hours": Price(Decimal("0.158"))},
    )
)
"""Without the snapshot."""


@cache
def report_with_before() -> Report:
    before = report_of(environment())
    return report_of(environment(event_scale=scale(purchases_per_minute=90_000)), before)


@pytest.mark.parametrize("shape", SHAPES)
def test_text_shows_every_figure_with_its_formula_and_source(shape: str) -> None:
    report = report_of(SHAPES[shape]())
    shown = text.render((report,), None)
    for figure in report.sizing:
        unit = singular(figure.unit) if figure.value == 1 else figure.unit
        assert re.search(rf"^  {figure.name} .*{re.escape(unit)}", shown, re.MULTILINE)
        assert figure.formula in shown
        for source in figure.source.split("; "):
            assert source in shown
    for usage in report.usage:
        assert usage.key in shown
    largest: dict[str, int] = {}
    for need in report.needs:
        assert not need.is_met or need.quota.name in shown
        if need.is_exceeded and need.quota.raisable:
            largest[need.quota.key] = max(need.needed, largest.get(need.quota.key, 0))
    assert all(f"--desired-value {needed}" in shown for needed in largest.values())


def test_text_has_one_command_for_regions_with_the_same_need() -> None:
    shown = text.render((report_of(SHAPES["prod"]()),), None)
    lines = [line.strip() for line in shown.splitlines() if "request-service-quota-increase" in line]
    assert len(lines) == len(set(lines)) == 4
    throttle = next(line for line in lines if "L-8A5B8E43" in line)
    assert throttle.startswith(f"for region in {' '.join(sorted(DEMO_REGIONS))}; do aws service-quotas ")
    assert throttle.endswith('--region "$region"; done')


def test_text_names_the_quota_that_raises_another_one() -> None:
    report = report_of(SHAPES["prod"]())
    followers = [need.quota for need in report.needs if need.is_met and need.quota.follows]
    assert followers
    shown = text.render((report,), None)
    for quota in followers:
        assert f'along with "{QUOTAS[quota.follows].name}"' in shown


def test_the_larger_need_of_two_tables_is_requested() -> None:
    subject = environment(regions=DEMO_REGIONS[:1], event_scale=scale(purchases_per_minute=200_000))
    shown = text.render((report_of(subject),), None)
    (line,) = [line for line in shown.splitlines() if "L-AB614373 --desired" in line]
    assert "--desired-value 480096" in line


def test_text_marks_changed_figures_only() -> None:
    shown = text.render((report_with_before(),), None)
    assert re.search(r"orders_per_second +750 +→ 1,500 ", shown)
    assert re.search(r"log_retention_days +365 +365 ", shown)
    assert re.search(r"Throttle rate +L-8A5B8E43 +10,000 +11,813 +→ 23,625 ", shown)
    assert "12 → 23" not in shown.split("Units that are billed")[0]
    assert re.search(r"kinesis.shard_hours +24 → 46 ", shown)


def test_markdown_tables_are_well_formed() -> None:
    shown = markdown_report.render((report_with_before(), report_of(SHAPES["dev"]())), PRICES)
    blocks = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", shown + "\n", re.MULTILINE)]
    assert len(blocks) == 9 + 9  # three of capacities, quotas, units, money, and three of the season
    for block in blocks:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block}
        assert len(widths) == 1
    assert shown.count("\n# ") + shown.startswith("# ") == 2


def test_markdown_shows_where_each_figure_is_rendered_and_its_inputs() -> None:
    shown = markdown_report.render((report_of(SHAPES["prod"]()),), None)
    for figure in report_of(SHAPES["prod"]()).sizing:
        row = next(line for line in shown.splitlines() if line.startswith(f"| {figure.name} "))
        assert markdown_report.cell(str(figure.rendered_as)) in row
        assert markdown_report.cell(figure.source) in row
        for name, value in figure.inputs:
            assert f"{name} = {value if isinstance(value, str) else format_number(value)}" in row


@pytest.mark.parametrize("shape", SHAPES)
def test_json_has_the_figures_of_each_region(shape: str) -> None:
    subject = SHAPES[shape]()
    report = report_of(subject)
    document = codec.loads(codec.dumps(json.document((report,), None)))
    (found,) = document["environments"]
    assert [figure["name"] for figure in found["figures"]] == [figure.name for figure in report.sizing]
    assert set(FIGURES.names) >= {figure["name"] for figure in found["figures"]}
    assert [region["name"] for region in found["regions"]] == list(subject.regions)
    hubs = {subject.primary_region, subject.secondary_region}
    for region in found["regions"]:
        assert (region["role"] is not None) == (region["name"] in hubs)
        assert ("kinesis_shards" in region["figures"]) == (region["name"] in hubs)
        assert region["figures"]["purchase_concurrency"] == report.sizing["purchase_concurrency"].value
        for quota in region["quotas"]:
            assert quota["exceeded"] == (quota["needed"] > quota["allowed"])
            assert (quota["command"] is not None) == (quota["exceeded"] and quota["raisable"])
    assert all("before" not in figure for figure in found["figures"])


def test_json_has_before_and_after() -> None:
    (found,) = codec.loads(codec.dumps(json.document((report_with_before(),), PRICES)))["environments"]
    figures = {figure["name"]: figure for figure in found["figures"]}
    assert (figures["orders_per_second"]["before"], figures["orders_per_second"]["value"]) == (750, 1500)
    usage = {usage["key"]: usage for usage in found["usage"]}
    assert usage["kinesis.shard_hours"]["before"]["per_idle_hour"] == 24
    assert usage["kinesis.shard_hours"]["per_idle_hour"] == 46
    assert found["costs"]["by_key"]["kms.key_hours"]["per_idle_hour"] == "0.0164400000"
    assert found["costs"]["by_key"]["wafv2.requests"]["per_idle_hour"] is None


def test_items_without_a_price_are_listed_but_not_summed() -> None:
    report = report_of(SHAPES["prod"]())
    shown = text.render((report,), PRICES)
    money = shown.split("Costs in USD")[1].split("A season")[0]
    nodes = 24 * Decimal("0.158")
    keys = 12 * Decimal("0.00137")
    assert re.search(rf"elasticache +0.0000 +{nodes:.4f} +0.0000", money)
    assert re.search(rf"total +≥ 0.0000 +≥ {nodes + keys:.4f} +≥ 0.0000", money)
    assert "wafv2.requests" in money.split("Without a price, ")[1]
    assert "kms.key_hours" not in money.split("Without a price, ")[1]


def test_without_prices_no_costs_are_shown() -> None:
    for shown in (
        text.render((report_with_before(),), None),
        markdown_report.render((report_with_before(),), None),
    ):
        assert not re.search(r"USD|\$[0-9]|€", shown)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (0.0021461, "0.002146"),
        (12.5, "12.5"),
        (1320.4, "1,320"),
        (64, "64"),
        (0.00000123, "0.00000123"),
    ],
)
def test_numbers_are_shortened(number: float, words: str) -> None:
    assert format_short(number) == words


def test_the_docs_page_matches_the_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "sizing.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "write what ticketgen.capacity.reference.reference() returns to docs/sizing.md"
    )
