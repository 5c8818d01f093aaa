"""A rehearsal of a large sale: its steps, its events, its report and its picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixels import RENDERERS, Frame, drawn_texts

from ticketgen.rehearsal.bottleneck import End, LimitingResource, Load
from ticketgen.rehearsal.load_steps import FACTOR, FIRST_RATE, LoadStep, measured, rates, why_not_taken
from ticketgen.rehearsal.on_sale import sale_events
from ticketgen.rehearsal.on_sale_picture import on_sale_svg
from ticketgen.rehearsal.on_sale_report import OnSaleReport, Verification, text
from ticketgen.rehearsal.sale import OrderAttempt
from ticketgen.rehearsal.scoreboard import percentiles

CALM = LoadStep(2.0, 10.0, 2.0, 0.0, percentiles([100.0] * 20), 16.0, percentiles([5.0]))
REPORT = OnSaleReport(
    environment="prod",
    regions=("us-east-1", "us-west-2"),
    resources=300,
    apply_seconds=60.0,
    events=20,
    seats=2000,
    homes={"us-east-1": 10, "us-west-2": 10},
    rate_of_spec=750.0,
    steps=(CALM, replace(CALM, offered=3.0, reached=2.4)),
    not_taken="2.4 of 3.0 orders/s were reached",
    held=replace(CALM, seconds=60.0),
    ended=End(LimitingResource.EMULATOR, "its process used 0.97 of the one core that it can use"),
    load=Load(2, 1.5, {"emulator": 0.97}, {"emulator": 0.97}, {"emulator": 300.0}, 0.5),
    refused={"held": 3},
    sold_orders=100,
    sold_seats=450,
    oversold=0,
    repeated=7,
    contradicted=0,
    reads={200: 900, 304: 5, 0: 1},
    maps=2,
    verification=Verification(12, 1, 200, percentiles([1.5, 9.0]), 3, 0),
    objective_s=8.0,
)


@given(st.floats(0.01, 100_000))
def test_rates_rise_to_the_rate_of_the_spec(most: float) -> None:
    found = list(rates(most))
    assert found[-1] == most
    assert found[0] == min(FIRST_RATE, most)
    assert all(low < high <= low * FACTOR * 1.0001 for low, high in pairwise(found))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reached": 1.0}, "1.0 of 2.0 orders/s"),
        ({"failed": 0.1}, "10.0% of the orders failed"),
        ({"orders_ms": percentiles([5000.0])}, "5,000 ms"),
        ({"orders_ms": percentiles([900.0])}, ""),  # slower than before, and still quick
        ({}, ""),
    ],
)
def test_a_step_is_taken_if_its_rate_is_reached_without_errors_and_in_time(
    change: dict[str, object], why: str
) -> None:
    told = why_not_taken(replace(CALM, **change), CALM)  # type: ignore[arg-type]
    assert bool(told) == bool(why)
    assert why in told


def test_what_ends_in_the_measured_seconds_counts() -> None:
    orders = [
        OrderAttempt(at, took, "r", "gala", outcome, ("A-1",))
        for at, took, outcome in [
            (5.0, 4.0, "sold"),  # ended before
            (9.0, 2.0, "sold"),
            (10.0, 1.0, "sold-to-others"),
            (12.0, 3.0, "unavailable"),
            (19.0, 2.0, "sold"),  # ends after
        ]
    ]
    step = measured(3.0, (10.0, 20.0), orders, [(9.9, 0.2), (15.0, 0.1), (25.0, 0.1)])
    assert (step.offered, step.seconds, step.reached, step.reads) == (3.0, 10.0, 0.2, 0.2)
    assert step.failed == pytest.approx(1 / 3, abs=1e-4)
    assert (step.orders_ms.count, step.orders_ms.most) == (3, 3000.0)
    assert step.in_flight == pytest.approx((1 + 1 + 3 + 1) / 10)


def test_events_have_their_homes_in_all_regions_in_turn() -> None:
    shows = sale_events(20, ("a", "b", "c"), 2003, 8)
    assert Counter(show.home for show in shows) == {"a": 7, "b": 7, "c": 6}
    assert len({show.event_id for show in shows}) == 20
    assert {sum(show.sections.values()) for show in shows} == {2003}
    assert all(min(show.sections.values()) > 0 for show in sale_events(1, ("a",), 3, 0))


@pytest.mark.parametrize("change", [{"oversold": 1}, {"contradicted": 1}, {"maps": 1}])
def test_each_defect_of_a_large_sale_fails_the_run(change: dict[str, object]) -> None:
    assert REPORT.passed
    failed = replace(REPORT, **change)  # type: ignore[arg-type]
    assert not failed.passed
    assert text(failed).endswith("FAILED.")
    assert json.loads(json.dumps(failed.data()))["passed"] is False


def test_a_slow_machine_does_not_fail_the_run() -> None:
    slow = replace(
        REPORT, held=replace(CALM, reached=0.1), verification=replace(REPORT.verification, overdue=9)
    )
    assert slow.passed


def test_the_report_says_what_was_reached_and_what_ended_it() -> None:
    shown = text(REPORT)
    for expected in (
        "20 events with 2,000 seats each",
        "2.0 of the spec's 750.0 orders/s: 0.3%, held for 60 s",
        "ended by      the emulator's process: its process used 0.97",
        "step 2 was not taken: 2.4 of 3.0 orders/s were reached.",
        "1 without an answer, 900 200, 5 304",
        "12 runs (1 failed), 200 events verified",
        "2 of 2 Regions match the ledger",
    ):
        assert expected in shown
    data = json.loads(json.dumps(REPORT.data()))
    assert data["share_of_spec"] == pytest.approx(2 / 750)
    assert (data["profile"], data["ended"]["resource"]) == ("on-sale", "the emulator's process")
    assert "Valkey is not installed" in text(replace(REPORT, maps=None))


LONG = replace(
    REPORT,
    environment="w" * 12,
    events=200,
    regions=tuple(f"ap-southeast-{number}" for number in range(1, 35)),
    steps=tuple(replace(CALM, offered=2 * 1.5**number) for number in range(20)),
    ended=End(LimitingResource.MACHINE, "3.99 of 4 cores were used: " + "emulator 0.99, " * 8),
    oversold=1_000_000,
    contradicted=1_000_000,
    verification=replace(REPORT.verification, seconds=percentiles([12_345.6])),
)


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("report", [REPORT, LONG], ids=["usual", "long"])
def test_texts_of_the_picture_of_a_large_sale_do_not_overlap(
    report: OnSaleReport, render: Callable[[str], bytes]
) -> None:
    texts = drawn_texts(on_sale_svg(report), render)
    for each in texts:
        assert Frame(5, 5, 1195, 670).holds(each.frame), each.words
    assert [
        (one.words, other.words) for one, other in combinations(texts, 2) if one.frame.meets(other.frame)
    ] == []


def test_the_picture_shows_the_figures_of_a_large_sale() -> None:
    words = " ".join("".join(each.itertext()) for each in ElementTree.fromstring(on_sale_svg(REPORT)).iter())
    for expected in (
        "20 events on sale in 2 Regions",
        "0.3%",
        "ended by the emulator's process",
        "step 2",
        "held",
    ):
        assert expected in words
