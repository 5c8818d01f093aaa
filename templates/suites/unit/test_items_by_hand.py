"""What people write by hand, or another program: it is reported, and it stops nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import demands
import pytest

from support.cloud import Cloud
from support.events import CREATED, epoch_key
from support.sales import OLD_S, item_of, minted, sale, shard_of, void_of
from support.verifying import verify

HOME = demands.PRIMARY
OLD, OLDER, OWN = minted(OLD_S, 1), minted(2 * OLD_S, 2), minted(3 * OLD_S, 3)


def plant(cloud: Cloud, entry: dict[str, Any], **changes: Any) -> None:
    cloud.put("ticket_sales", entry)
    cloud.put("ticket_inventory", item_of(entry, **changes))


def metrics(printed: str) -> Mapping[str, float]:
    """The last values of the metrics that a function has emitted."""
    values: dict[str, float] = {}
    for line in printed.splitlines():
        if line.startswith('{"_aws"'):
            values |= {name: value for name, value in json.loads(line).items() if name != "_aws"}
    return values


# --- events ----------------------------------------------------------------------------------------------------------

EVENTS: dict[str, dict[str, Any]] = {
    "a set": {"item": "layout", "created_at": CREATED, "sections": {"A"}, "currency": "USD", "shards": 1},
    "a fraction": {
        "item": "layout",
        "created_at": CREATED,
        "sections": [],
        "currency": "USD",
        "shards": Decimal("1.5"),
    },
    "an old form": {"item": "event", "home_region": HOME, "epoch": 1, "state": "on_sale"},
    "an epoch alone": {"item": epoch_key(1, HOME), "created_at": CREATED, "home_region": HOME},
    "nothing but a key": {"item": "x"},
}


@pytest.mark.parametrize("kind", EVENTS)
def test_a_malformed_event_is_reported_and_the_others_are_verified(
    cloud: Cloud, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    cloud.put("events", {"event_id": "a-first-one", **EVENTS[kind]})
    cloud.put("events", {"event_id": "z-last-one", **EVENTS[kind]})
    plant(cloud, sale("A-1", OLDER))
    plant(cloud, sale("A-1", OLD))
    answer = verify(cloud)
    assert [finding["kind"] for finding in answer["findings"]] == ["oversold"]
    assert answer["run"]["malformed_events"].keys() == {"a-first-one", "z-last-one"}
    printed = capsys.readouterr().out
    assert metrics(printed)["MalformedEvents"] == 2
    assert "verification found problems" in printed


def test_an_event_with_another_id_is_reported(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("events", {"event_id": "the gala", "item": "layout"})
    assert verify(cloud)["run"]["malformed_events"] == {"the gala": "its ID has the wrong format"}


# --- the inventory and the ledger ------------------------------------------------------------------------------------

ITEMS: dict[str, dict[str, Any]] = {
    "version with a fraction": {"version": Decimal("1.5")},
    "version as text": {"version": "1"},
    "no version": {"version": None},
    "sale with the wrong format": {"sale_id": "mine"},
    "sale as a number": {"sale_id": 7},
    "home as a set": {"home_region": {"a", "b"}},
    "no home": {"home_region": None},
}
ENTRIES: dict[str, dict[str, Any]] = {
    "seat as a number": {"seat_id": 7},
    "no seat": {"seat_id": None},
    "home as a number": {"home_region": 7},
    "no home": {"home_region": None},
}


def assert_only_reported(cloud: Cloud, printed: str, answer: Any) -> None:
    """The seat A-1 is reported, nothing is decided about it, and the double sale of A-2 is found."""
    assert [(finding["kind"], finding["seat_id"]) for finding in answer["findings"]] == [("oversold", "A-2")]
    assert answer["events"]["gala"]["malformed_items"], "nobody would learn of the item"
    assert metrics(printed)["MalformedItems"] > 0
    assert answer["events"]["gala"]["complete"] is True


def double_sale(cloud: Cloud) -> None:
    for order in (OLDER, OLD):
        plant(cloud, sale("A-2", order))


@pytest.mark.parametrize("kind", ITEMS)
def test_a_malformed_item_is_reported_and_the_others_are_verified(
    cloud: Cloud, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    double_sale(cloud)
    plant(cloud, sale("A-1", OWN), **ITEMS[kind])
    answer = verify(cloud)
    assert_only_reported(cloud, capsys.readouterr().out, answer)


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_malformed_entry_is_reported_and_its_seat_is_not_sold_again(
    cloud: Cloud, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    double_sale(cloud)
    entry = sale("A-1", OWN)
    cloud.put("ticket_inventory", item_of(entry))
    cloud.put("ticket_sales", {**entry, **ENTRIES[kind]})
    answer = verify(cloud)
    assert_only_reported(cloud, capsys.readouterr().out, answer)
    corrector = cloud.function("oversell_corrector")
    hint = {"kind": "x", "event_id": "gala", "seat_id": "A-1", "sales": {entry["sale_id"]: HOME}}
    assert corrector({"findings": [hint]})["corrected"] == 0
    assert [item["sale_id"] for item in cloud.items("ticket_inventory") if item["seat_id"] == "A-1"]


def test_an_entry_with_an_id_of_another_form_is_reported(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    double_sale(cloud)
    cloud.put("ticket_sales", {**sale("A-1", OWN), "sale_id": "by-hand"})
    answer = verify(cloud)
    assert_only_reported(cloud, capsys.readouterr().out, answer)


@pytest.mark.parametrize("entry_id", [f"watermark#{HOME}", "slices", f"refund#{OLD}-00"])
def test_a_malformed_entry_of_the_audit_trail_is_reported(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], entry_id: str
) -> None:
    cloud.event()
    double_sale(cloud)
    cloud.put("corrections", {"event_id": "gala", "entry_id": entry_id, "checked_to": "x", "turns": ["x"]})
    answer = verify(cloud)
    assert_only_reported(cloud, capsys.readouterr().out, answer)


# --- items where they do not belong ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shard", ["gala#0", "gala#1", "gala#2", "gala#3"])
@pytest.mark.parametrize("table", ["ticket_sales", "ticket_inventory"])
def test_an_item_in_a_wrong_shard_is_reported(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], table: str, shard: str
) -> None:
    """Somebody raised `shards` for a while: half of the seats had their items elsewhere, and were free again."""
    cloud.event(shards=2)
    seat = next(f"A-{n}" for n in range(1, 50) if shard_of(f"A-{n}") != shard)
    entry = sale(seat, OLD, event_shard=shard)
    cloud.put(table, entry if table == "ticket_sales" else item_of(entry))
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["events"]["gala"]["misplaced"] == [{"shard": shard, "seat_id": seat}]
    assert metrics(capsys.readouterr().out)["Misplaced"] == 1


@pytest.mark.parametrize("seat", ["A-VIP", "A-51", "Z-1", "A-01"])
def test_an_item_of_a_seat_that_does_not_exist_is_reported(cloud: Cloud, seat: str) -> None:
    cloud.event()
    cloud.put("ticket_inventory", {"event_shard": shard_of(seat), "seat_id": seat, "kind": "withheld"})
    assert verify(cloud)["events"]["gala"]["misplaced"] == [{"shard": shard_of(seat), "seat_id": seat}]


# --- findings, refunds and the heartbeat -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [None, "x", [], {}, {"event_id": "gala"}, {"event_id": "gala", "seat_id": "A-9", "sales": "x"},
     {"event_id": "gala", "seat_id": "A-9", "sales": {"x": HOME}}, {"event_id": "gala", "seat_id": 7, "sales": {}}],
)  # fmt: skip
def test_a_bad_finding_does_not_stop_the_good_ones(cloud: Cloud, bad: Any) -> None:
    cloud.event()
    first, second = sale("A-2", OLDER), sale("A-2", OLD)
    for entry in (first, second):
        plant(cloud, entry)
    good = {"kind": "oversold", "event_id": "gala", "seat_id": "A-2"}
    good["sales"] = {first["sale_id"]: HOME, second["sale_id"]: HOME}  # type: ignore[assignment]
    answer = cloud.function("oversell_corrector")({"findings": [bad, good]})
    assert (answer["corrected"], answer["published"]) == (1, 1)


def test_a_refund_that_nobody_confirms_is_published_again_after_a_week(cloud: Cloud) -> None:
    """SQS deletes a message after 14 days, whether or not anybody has read it."""
    cloud.event()
    kept, voided = sale("A-1", OLDER), sale("A-1", OLD)
    for entry in (voided, kept):
        plant(cloud, entry)
    cloud.put("ticket_sales", void_of(voided))
    week = 7 * 86_400_000
    refund = {
        "event_id": "gala",
        "entry_id": f"refund#{voided['sale_id']}",
        "seat_id": "A-1",
        "home_region": HOME,
        "corrected_at": int(time.time() * 1000) - 2 * week,
    }
    corrector = cloud.function("oversell_corrector")
    states = ("published", week + 1000, 1), ("published", week - 60_000, 0), ("refunded", 2 * week, 0)
    for state, age, published in states:
        cloud.messages.clear()
        at = int(time.time() * 1000) - age
        cloud.put("corrections", {**refund, "refund": state, "published_at": at})
        findings = verify(cloud)["findings"]
        assert [finding["kind"] for finding in findings] == ["refund-pending"] * published
        hint = {"kind": "x", "event_id": "gala", "seat_id": "A-1", "sales": {voided["sale_id"]: HOME}}
        assert corrector({"findings": [hint]})["published"] == len(cloud.messages) == published
        (entry,) = (item for item in cloud.items("corrections") if item["entry_id"].startswith("refund#"))
        assert entry["refund"] == state
        assert (entry["published_at"] > at) is bool(published)


def beats(cloud: Cloud) -> list[dict[str, Any]]:
    """The heartbeats of verification."""
    return [item for item in cloud.items("events") if item["event_id"] == "control#verified"]


def test_a_complete_run_is_recorded_and_both_hubs_measure_its_age(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    verify(cloud)
    assert not beats(cloud), "the run has only just begun to verify the event"
    verify(cloud)
    (beat,) = beats(cloud)
    assert beat["item"] == HOME
    assert abs(beat["verified_at"] - time.time()) < 5
    for region in demands.HUBS:
        cloud.put("events", {**beat, "verified_at": int(time.time()) - 1000}, region)
        capsys.readouterr()
        cloud.function("inventory_verifier", region, PMS_URL="")({})
        assert 999 < metrics(capsys.readouterr().out)["HeartbeatAgeSeconds"] < 1100


def test_a_run_that_misses_an_event_is_not_complete(cloud: Cloud) -> None:
    cloud.event()
    cloud.event("far", home_region="mars-north-1" if len(demands.REGIONS) == 1 else demands.REGIONS[-1])

    def fail(call: Any) -> None:
        if "far#" in json.dumps(call.parameters, default=str):
            raise RuntimeError("simulated by the test")

    cloud.before = fail
    first, second = verify(cloud), verify(cloud)
    assert (first["events"]["gala"]["complete"], first["events"]["far"]["complete"]) == (True, False)
    assert "simulated by the test" in first["events"]["far"]["not_verified"]
    assert second["run"]["events_not_verified"] == ["far"]
    assert not beats(cloud)


def test_what_is_written_by_hand_does_not_exceed_a_payload(cloud: Cloud) -> None:
    """Step Functions would end the run, and no event at all would be verified."""
    text = "x" * 100_000
    cloud.event()
    for number in range(4):
        cloud.put(
            "events", {**EVENTS["a fraction"], "event_id": f"e{number}", "shards": 1, "sections": [text]}
        )
    for seat in "A-1", "A-2", "A-3":
        cloud.put("ticket_inventory", {"event_shard": shard_of(seat), "seat_id": seat, "sale_id": text})
    listed, verified = (
        cloud.function("inventory_verifier", PMS_URL="", VERIFICATION_SECONDS="60")(request)
        for request in ({}, {"event_id": "gala"})
    )
    assert len(listed["report"]["malformed_events"]) == 4
    assert verified["report"]["counts"]["malformed_items"] == 3
    assert max(len(json.dumps(answer)) for answer in (listed, verified)) < 256 * 1024
