"""The corrector, run from the HCL: the ledger decides who keeps a seat, and the other buyer gets one refund."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import Any
from unittest.mock import patch

import demands
import pytest
from botocore.exceptions import ReadTimeoutError

from support.cloud import Call, Cloud, assert_calls_time_out_first, refusal
from support.machines import Run
from support.places import at
from support.sales import OLD_S, item_of, minted, sale, shard_of, void_of

HOME = demands.PRIMARY
FAR = demands.REGIONS[-1] if demands.REGIONS[-1] != HOME else demands.REGIONS[0]
far_away = pytest.mark.skipif(len(demands.REGIONS) == 1, reason="the stack has one Region")
OLD, OLDER = minted(OLD_S, 1), minted(2 * OLD_S, 2)


def finding(*entries: dict[str, Any], kind: str = "oversold") -> dict[str, Any]:
    sales = {entry["sale_id"]: entry["home_region"] for entry in entries}
    return {"kind": kind, "event_id": "gala", "seat_id": "A-1", "sales": sales}


def correct(cloud: Cloud, *findings: dict[str, Any], **environment: str) -> dict[str, int]:
    counts: dict[str, int] = cloud.function("oversell_corrector", **environment)({"findings": list(findings)})
    return counts


def plant(cloud: Cloud, *entries: dict[str, Any], items: bool = True) -> None:
    for entry in entries:
        cloud.put("ticket_sales", entry, entry["home_region"])
        if items:
            cloud.put("ticket_inventory", item_of(entry), entry["home_region"])


def voided(cloud: Cloud) -> list[str]:
    return [item["voids"] for item in cloud.items("ticket_sales") if item["kind"] == "void"]


def owner(cloud: Cloud) -> str:
    (item,) = cloud.items("ticket_inventory")
    return str(item["sale_id"])


def refunds(cloud: Cloud) -> dict[str, str]:
    items = cloud.items("corrections")
    return {
        item["entry_id"].removeprefix("refund#"): item["refund"]
        for item in items
        if item["entry_id"].startswith("refund#")
    }


def test_the_first_to_buy_keeps_the_seat(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD, buyer="bob")
    plant(cloud, first, second)  # the inventory names the second sale
    assert correct(cloud, finding(first, second)) == {"corrected": 1, "published": 1, "failed": 0}
    assert (voided(cloud), owner(cloud)) == ([second["sale_id"]], first["sale_id"])


def test_a_higher_epoch_wins_over_an_earlier_sale(cloud: Cloud) -> None:
    cloud.event(epoch=2)
    early, later = sale("A-1", OLDER), sale("A-1", OLD, epoch=2)
    plant(cloud, later, early)
    correct(cloud, finding(early, later))
    assert (voided(cloud), owner(cloud)) == ([early["sale_id"]], later["sale_id"])


def test_the_inventory_does_not_decide(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, second, first)
    correct(cloud, finding(second, first))
    assert owner(cloud) == first["sale_id"]


def test_the_corrected_item_is_newer_to_seat_maps(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first)
    ahead = int(time.time() * 1000) + 60_000  # written by a fast clock
    cloud.put("ticket_sales", second)
    cloud.put("ticket_inventory", item_of(second, version=ahead))
    correct(cloud, finding(first, second))
    (item,) = cloud.items("ticket_inventory")
    assert item["version"] > ahead


def test_a_refund_contains_what_the_payment_system_needs(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD, buyer="bob", price=4711)
    plant(cloud, first, second)
    correct(cloud, finding(first, second))
    (message,) = cloud.messages
    assert message["MessageDeduplicationId"] == second["sale_id"]  # the queue drops a duplicate
    assert message["MessageBody"] == {
        name: second[name]
        for name in ("sale_id", "order_id", "event_id", "seat_id", "buyer", "price", "currency")
    }
    assert refunds(cloud) == {second["sale_id"]: "published"}


def test_corrections_are_audited(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD, buyer="bob")
    plant(cloud, first, second)
    before = int(time.time() * 1000)
    correct(cloud, finding(first, second))
    entries = {item["entry_id"]: item for item in cloud.items("corrections")}
    audit = entries[f"refund#{second['sale_id']}"]
    assert (audit["buyer"], audit["price"], audit["seat_id"], audit["event_id"]) == (
        "bob",
        10000,
        "A-1",
        "gala",
    )
    assert before <= audit["corrected_at"] <= time.time() * 1000
    assert f"inventory#A-1#{first['sale_id']}" in entries


def test_a_repeated_finding_changes_nothing(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    correct(cloud, finding(first, second))
    assert correct(cloud, finding(first, second)) == {"corrected": 0, "published": 0, "failed": 0}
    assert len(cloud.messages) == 1
    assert voided(cloud) == [second["sale_id"]]


def test_the_refund_is_recorded_before_anything_is_voided(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)

    def crash(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            raise KeyboardInterrupt

    cloud.before = crash
    with pytest.raises(KeyboardInterrupt):
        correct(cloud, finding(first, second))
    assert refunds(cloud) == {second["sale_id"]: "pending"}
    cloud.before = lambda call: None
    assert correct(cloud, finding(first, second))["published"] == 1


def test_an_unsent_refund_is_sent_by_the_next_run(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)

    def refuse(call: Call) -> None:
        if call.service == "sqs":
            raise refusal("ServiceUnavailable", status=503)

    cloud.before = refuse
    assert correct(cloud, finding(first, second)) == {"corrected": 1, "published": 0, "failed": 1}
    assert refunds(cloud) == {second["sale_id"]: "pending"}
    cloud.before = lambda call: None
    again = correct(cloud, finding(second, kind="refund-pending"))
    assert (again["published"], again["failed"]) == (1, 0)
    assert refunds(cloud) == {second["sale_id"]: "published"}


def test_a_void_without_an_audit_entry_is_refunded(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, second, first)
    cloud.put("ticket_sales", void_of(second))
    assert correct(cloud, finding(second, kind="refund-pending"))["published"] == 1
    assert len(cloud.messages) == 1


def test_an_announced_refund_is_withdrawn_if_the_buyer_keeps_the_seat(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    cloud.put(
        "corrections",
        {
            "event_id": "gala",
            "entry_id": f"refund#{first['sale_id']}",
            "refund": "pending",
            "seat_id": "A-1",
            "home_region": HOME,
        },
    )
    correct(cloud, finding(first, second))
    assert refunds(cloud) == {first["sale_id"]: "withdrawn", second["sale_id"]: "published"}


def test_a_withdrawn_refund_is_published_if_the_buyer_loses_the_seat(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    withdrawn = {"event_id": "gala", "entry_id": f"refund#{second['sale_id']}", "refund": "withdrawn"}
    cloud.put("corrections", {**withdrawn, "corrected_at": 1, "seat_id": "A-1", "home_region": HOME})
    assert correct(cloud, finding(first, second))["published"] == 1
    assert refunds(cloud) == {second["sale_id"]: "published"}


@pytest.mark.parametrize("withheld", [False, True], ids=["free", "withheld"])
def test_a_void_is_refunded_whatever_the_state_of_its_seat(cloud: Cloud, withheld: bool) -> None:
    cloud.event()
    entry = sale("A-1", OLD)
    plant(cloud, entry, items=False)
    cloud.put("ticket_sales", void_of(entry))
    item = {"event_shard": shard_of("A-1"), "seat_id": "A-1", "kind": "withheld", "version": 1}
    if withheld:
        cloud.put("ticket_inventory", item)
    assert correct(cloud, finding(entry, kind="refund-pending")) == {
        "corrected": 0,
        "published": 1,
        "failed": 0,
    }
    assert cloud.items("ticket_inventory") == ([item] if withheld else [])


def test_a_sale_gets_its_inventory_item_back(cloud: Cloud) -> None:
    cloud.event()
    entry = sale("A-1", OLD)
    plant(cloud, entry, items=False)
    assert correct(cloud, finding(entry, kind="sale-without-inventory"))["corrected"] == 1
    (item,) = cloud.items("ticket_inventory")
    assert (item["sale_id"], item["buyer"], item["kind"]) == (entry["sale_id"], "alice", "sold")
    assert cloud.messages == []


def test_a_sale_gets_its_seat_back_from_one_that_no_ledger_has(cloud: Cloud) -> None:
    cloud.event()
    entry, ghost = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, entry, items=False)
    cloud.put("ticket_inventory", item_of(ghost))
    assert correct(cloud, finding(entry, kind="inventory-of-another-sale"))["corrected"] == 1
    assert owner(cloud) == entry["sale_id"]
    assert voided(cloud) == []


def test_a_seat_without_a_sale_is_free_again(cloud: Cloud) -> None:
    cloud.event()
    ghost = sale("A-1", OLD)
    cloud.put("ticket_inventory", item_of(ghost))
    assert correct(cloud, finding(ghost, kind="inventory-without-sale"))["corrected"] == 1
    assert cloud.items("ticket_inventory") == []


def test_a_seat_whose_sale_may_still_commit_is_not_freed(cloud: Cloud) -> None:
    cloud.event()
    ghost = sale("A-1", minted(0.5))
    cloud.put("ticket_inventory", item_of(ghost))
    assert correct(cloud, finding(ghost, kind="inventory-without-sale"))["failed"] == 1
    assert len(cloud.items("ticket_inventory")) == 1


def test_a_seat_that_was_corrected_meanwhile_is_not_freed(cloud: Cloud) -> None:
    cloud.event()
    ghost = sale("A-1", OLD)
    cloud.put("ticket_inventory", item_of(ghost))

    def put_right(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.before = lambda call: None
            cloud.put("ticket_inventory", item_of(ghost, version=int(time.time() * 1000)))

    cloud.before = put_right
    assert correct(cloud, finding(ghost, kind="inventory-without-sale"))["corrected"] == 0
    assert owner(cloud) == ghost["sale_id"]


def test_a_seat_that_others_keep_changing_is_left_to_the_next_run(cloud: Cloud) -> None:
    cloud.event()
    ghost = sale("A-1", OLD)
    cloud.put("ticket_inventory", item_of(ghost))
    versions = count(1)

    def change(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.put("ticket_inventory", item_of(ghost, version=next(versions)))

    cloud.before = change
    assert correct(cloud, finding(ghost, kind="inventory-without-sale"))["failed"] == 1
    assert owner(cloud) == ghost["sale_id"]


def test_a_withheld_seat_is_not_corrected(cloud: Cloud) -> None:
    cloud.event()
    entry = sale("A-1", OLD)
    plant(cloud, entry, items=False)
    withheld = {"event_shard": shard_of("A-1"), "seat_id": "A-1", "kind": "withheld", "version": 1}
    cloud.put("ticket_inventory", withheld)
    assert correct(cloud, finding(entry))["failed"] == 1
    assert cloud.items("ticket_inventory") == [withheld]
    assert voided(cloud) == []


def test_nothing_is_corrected_while_the_event_moves(cloud: Cloud) -> None:
    cloud.event(moving_to=FAR)
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    assert correct(cloud, finding(first, second)) == {"corrected": 0, "published": 0, "failed": 1}
    assert voided(cloud) == []


def test_a_sale_that_appears_meanwhile_is_considered(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    earliest = sale("A-1", minted(3 * OLD_S, 3))

    def surprise(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.before = lambda call: None
            plant(cloud, earliest)

    cloud.before = surprise
    assert correct(cloud, finding(first, second))["failed"] == 0
    assert owner(cloud) == earliest["sale_id"]
    assert sorted(voided(cloud)) == sorted([first["sale_id"], second["sale_id"]])


def test_a_keeper_that_is_voided_meanwhile_does_not_keep_the_seat(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)

    def surprise(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.before = lambda call: None
            cloud.put("ticket_sales", void_of(first))

    cloud.before = surprise
    correct(cloud, finding(first, second))
    assert owner(cloud) == second["sale_id"]


@far_away
def test_the_corrector_writes_only_in_the_events_home(cloud: Cloud) -> None:
    cloud.event(home_region=FAR)
    first, second = (sale("A-1", order, home=FAR) for order in (OLDER, OLD))
    plant(cloud, first, second)
    assert correct(cloud, finding(first, second))["corrected"] == 1
    assert {call.region for call in cloud.calls if call.operation == "TransactWriteItems"} == {FAR}
    assert cloud.items("ticket_sales", HOME) == []


@far_away
def test_a_sale_that_only_its_own_region_has_is_considered(cloud: Cloud) -> None:
    cloud.event(epoch=2)
    here, there = sale("A-1", OLD, epoch=2), sale("A-1", OLDER, home=FAR)
    plant(cloud, here, there)
    correct(cloud, finding(here, there))
    assert (voided(cloud), owner(cloud)) == ([there["sale_id"]], here["sale_id"])
    assert refunds(cloud) == {there["sale_id"]: "published"}


@far_away
def test_nothing_is_decided_while_a_region_with_a_sale_is_silent(cloud: Cloud) -> None:
    cloud.event(epoch=2)
    here, there = sale("A-1", OLD, epoch=2), sale("A-1", OLDER, home=FAR)
    plant(cloud, here, there)

    def silent(call: Call) -> None:
        if call.region == FAR:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.before = silent
    assert correct(cloud, finding(here, there))["failed"] == 1
    assert voided(cloud) == []


@pytest.mark.parametrize("times", [3, 10**9], ids=["a moment", "for ever"])
def test_conflicts_with_buyers_are_retried(cloud: Cloud, times: int) -> None:
    cloud.event()
    entry = sale("A-1", OLD)
    plant(cloud, entry, items=False)
    left = [times]

    def conflict(call: Call) -> None:
        if call.operation == "TransactGetItems" and left[0] > 0:
            left[0] -= 1
            raise refusal("TransactionCanceledException", "None", "TransactionConflict")

    cloud.before = conflict
    with patch("time.sleep"):
        assert correct(cloud, finding(entry))["failed"] == (times > 3)


def test_a_bug_fails_at_once(cloud: Cloud) -> None:
    cloud.event()
    entry = sale("A-1", OLD)
    plant(cloud, entry, items=False)

    def fail(call: Call) -> None:
        if call.operation == "TransactGetItems":
            raise refusal("ValidationException")

    cloud.before = fail
    with patch("time.sleep", side_effect=AssertionError("a retry cannot fix a bug")):
        assert correct(cloud, finding(entry))["failed"] == 1


def test_without_an_audit_nothing_is_voided(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)

    def throttle(call: Call) -> None:
        if call.operation == "PutItem":
            raise refusal("ThrottlingException")

    cloud.before = throttle
    assert correct(cloud, finding(first, second))["failed"] == 1
    assert voided(cloud) == []


def test_one_seat_that_fails_does_not_stop_the_others(cloud: Cloud) -> None:
    cloud.event()
    good, other = sale("A-1", OLD), {**finding(), "event_id": "nope", "seat_id": "A-2"}
    plant(cloud, good, items=False)
    assert correct(cloud, other, finding(good)) == {"corrected": 1, "published": 0, "failed": 1}


def test_findings_of_one_seat_are_settled_together(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    assert correct(cloud, finding(first), finding(second)) == {"corrected": 1, "published": 1, "failed": 0}


def test_the_duration_of_a_correction_is_measured(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.event()
    correct(cloud)
    assert 0 < json.loads(capsys.readouterr().out)["CorrectionSeconds"] < 60


@pytest.mark.skipif(demands.AUDIT_STORE == "timestream", reason="test_timestream.py does it, with its role")
def test_timestream_receives_voids_and_seats_where_it_is_the_store(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    named = {"TIMESTREAM_DATABASE": "audit", "TIMESTREAM_TABLE": "corrections"}
    correct(cloud, finding(first, second), AUDIT_STORE="timestream", **named)
    records = {
        (next(d["Value"] for d in record["Dimensions"] if d["Name"] == "correction"), record["MeasureValue"])
        for record in cloud.audit
    }
    assert records == {("inventory", first["sale_id"]), ("void", second["sale_id"])}
    shape = {"Dimensions", "MeasureName", "MeasureValue", "MeasureValueType", "Time", "TimeUnit"}
    assert all(record.keys() == shape for record in cloud.audit)
    for record in cloud.audit:
        named = {dimension["Name"]: dimension["Value"] for dimension in record["Dimensions"]}
        assert named.keys() == {"event_id", "seat_id", "correction"}, "auditors query by these dimensions"
        assert (named["event_id"], named["seat_id"]) == ("gala", "A-1")
    assert all(
        dimension.keys() == {"Name", "Value"} for record in cloud.audit for dimension in record["Dimensions"]
    )
    written = [call.parameters for call in cloud.calls if call.service == "timestream-write"]
    assert {(one["DatabaseName"], one["TableName"]) for one in written} == {("audit", "corrections")}


def test_a_call_times_out_before_the_corrector_does(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), items=False)
    names = {"AUDIT_STORE": "timestream", "TIMESTREAM_DATABASE": "audit", "TIMESTREAM_TABLE": "corrections"}
    correct(cloud, finding(sale("A-1", OLD)), **({} if demands.AUDIT_STORE == "timestream" else names))
    assert_calls_time_out_first(cloud, "oversell_corrector")


def test_the_state_machine_finds_and_corrects_an_oversell(cloud: Cloud) -> None:
    """Both functions, as the stack's state machine runs them: one execution corrects an oversell."""
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, first, second)
    definition = json.loads(
        cloud.stack.resource(at("verification", "aws_sfn_state_machine.verification")).get("definition")
    )

    def invoke(resource: str, parameters: Any) -> Any:
        address = parameters["FunctionName"][2:-1].removesuffix(".arn")
        name = cloud.stack.resource(address).name
        environment = {"PMS_URL": "", "VERIFICATION_SECONDS": "60"} if name == "inventory_verifier" else {}
        return {"Payload": cloud.function(name, **environment)(parameters["Payload"])}

    output = Run(definition, invoke)({"scheduled_at": "12:00"})
    assert output["outcomes"] == [["corrected"]]
    assert Run(definition, invoke)({"scheduled_at": "12:00"})["listed"]["batches"] == [], (
        "it is not due again"
    )
    cloud.delete("corrections", event_id="control#rhythm", entry_id="gala")
    assert Run(definition, invoke)({"scheduled_at": "12:01"})["outcomes"] == [["verified"]]
    assert (voided(cloud), owner(cloud), len(cloud.messages)) == ([second["sale_id"]], first["sale_id"], 1)
