"""Billed units follow from the rendered resources and their use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import DEMO_REGIONS, SHAPES, environment, parsed

from reports import report_of, scale
from ticketgen.capacity.billed_units import KEYS, Usage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Attribute, Block, Object


@cache
def lines(shape: str) -> dict[str, Usage]:
    return {usage.key: usage for usage in report_of(SHAPES[shape]()).usage}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_usage_has_a_unit_a_formula_and_a_price_key(shape: str) -> None:
    for usage in lines(shape).values():
        assert usage.key in KEYS
        assert usage.formula
        assert usage.source.startswith("https://aws.amazon.com/")
        assert usage.unit
        assert min(usage.sales, usage.idle_hour, usage.event_hour) >= 0
        assert usage.sales or usage.idle_hour


def test_the_shapes_together_use_every_price_key() -> None:
    seasons = (report_of(SHAPES[shape]()).season for shape in SHAPES)
    assert {each.usage.key for season in seasons for each in season.usage} == set(KEYS)


def test_keys_are_sorted() -> None:
    assert list(KEYS) == sorted(KEYS)


def test_a_single_region_replicates_nothing() -> None:
    alone = lines("one-region")
    assert "dynamodb.replicated_write_request_units" not in alone
    assert "transfer.between_regions" not in alone
    # A ledger entry and an inventory item a seat, and its check in a hold, two units each; and the locks.
    assert alone["dynamodb.write_request_units"].sales == 1000 * (2 + 1.25) * 2 + 125 * 23.5 * 2


def test_every_additional_region_stores_one_copy_of_each_item() -> None:
    two, twelve = lines("dev"), lines("prod")
    key = "dynamodb.replicated_write_request_units"
    assert two[key].sales == 1000 * (2 + 1.25) * 2 + 1000 * 2
    assert twelve[key].sales - two[key].sales == 1000 * 2 * 10


@cache
def modules(shape: str) -> Mapping[str, Module]:
    return parsed(SHAPES[shape]())


def declared(shape: str, folder: str, kind: str) -> list[Block]:
    return [block for block in modules(shape)[folder].blocks("resource") if block.labels[0] == kind]


def alarms(shape: str, folder: str) -> int:
    node = modules(shape)[folder].locals["alarms"].node
    assert isinstance(node, Attribute)
    assert isinstance(node.value, Object)
    return len(node.value.items)


@pytest.mark.parametrize(("shape", "regions", "hubs"), [("one-region", 1, 1), ("dev", 2, 2), ("prod", 12, 2)])
def test_idle_units_match_the_rendered_resources(shape: str, regions: int, hubs: int) -> None:
    used = lines(shape)
    assert used["kms.key_hours"].idle_hour == regions * len(declared(shape, "modules/data", "aws_kms_key"))
    (firewall,) = declared(shape, "modules/region", "aws_wafv2_web_acl")
    assert used["wafv2.web_acl_hours"].idle_hour == regions
    assert used["wafv2.rule_hours"].idle_hour == regions * len(firewall.blocks("rule"))
    dashboards = declared(shape, "modules/region", "aws_cloudwatch_dashboard")
    assert used["cloudwatch.dashboard_hours"].idle_hour == regions * len(dashboards)
    every, hub = (
        alarms(shape, "modules/region"),
        alarms(shape, "modules/analytics") + alarms(shape, "modules/verification"),
    )
    assert used["cloudwatch.alarm_hours"].idle_hour == regions * every + hubs * hub


def test_verifying_a_larger_event_costs_more() -> None:
    small, large = (
        {usage.key: usage for usage in report_of(environment(event_scale=scale(seats_per_event=seats))).usage}
        for seats in (1000, 100_000)
    )
    for key in ("dynamodb.read_request_units", "lambda.gib_seconds"):
        assert small[key].event_hour < large[key].event_hour


@settings(deadline=None)
@given(st.integers(1, 32), st.integers(1, 12))
def test_a_thousand_sales_write_a_thousand_entries_for_any_order_size(seats: int, regions: int) -> None:
    subject = environment(regions=DEMO_REGIONS[:regions], event_scale=scale(seats_per_order=seats))
    used = {usage.key: usage for usage in report_of(subject).usage}
    hubs = 1 if regions == 1 else 2
    assert used["kinesis.put_payload_units"].sales == 1000 * hubs
    assert used["apigateway.requests"].sales == pytest.approx(1000 / seats * 10.5)
