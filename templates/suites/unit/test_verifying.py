"""The verifier, run from the HCL: it finds every inconsistency in any Region, and raises no false alarm."""

from __future__ import annotations

import json
import time
from typing import Any
from unittest.mock import patch

import demands
import pytest

from support import pms_server
from support.cloud import Call, Cloud, assert_calls_time_out_first, refusal
from support.events import items_of
from support.pms_server import http_answer
from support.sales import OLD_S, item_of, minted, sale, shard_of, void_of
from support.verifying import LONG_OBJECTIVE_S, verify

HOME = demands.PRIMARY
FAR = demands.REGIONS[-1] if demands.REGIONS[-1] != HOME else demands.REGIONS[0]
far_away = pytest.mark.skipif(len(demands.REGIONS) == 1, reason="the stack has one Region")
NOW = int(time.time() * 1000)
OLD, OLDER = minted(OLD_S, 1), minted(2 * OLD_S, 2)  # long enough ago to be settled


def found(answer: Any) -> list[tuple[str, str]]:
    return sorted((finding["kind"], finding["seat_id"]) for finding in answer["findings"])


def plant(cloud: Cloud, *entries: dict[str, Any], items: bool = True, region: str = HOME) -> None:
    for entry in entries:
        cloud.put("ticket_sales", entry, region)
        if items:
            cloud.put("ticket_inventory", item_of(entry), region)


def silence(cloud: Cloud, region: str) -> None:
    def fail(call: Call) -> None:
        if call.region == region:
            raise refusal("ServiceUnavailable", status=503)

    cloud.before = fail


def progress(cloud: Cloud, kind: str) -> dict[str, dict[str, Any]]:
    return {
        item["entry_id"]: item for item in cloud.items("corrections") if item["entry_id"].startswith(kind)
    }


def moved_here(cloud: Cloud, **changes: Any) -> None:
    """An event that was sold in another Region before."""
    event = cloud.event(epoch=2, **changes)
    cloud.put("events", items_of({**event, "epoch": 1, "home_region": FAR})[1])


def checked_to(cloud: Cloud, region: str, shard: str) -> int:
    """The millisecond up to which a shard is checked in a Region; -1 if it never was."""
    mark = progress(cloud, "watermark#").get(f"watermark#{region}", {"checked_to": -1, "behind": {}})
    reached: int = mark["behind"].get(shard.partition("#")[2], mark["checked_to"])
    return reached


def test_a_consistent_stack_has_no_findings(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLDER))
    answer = verify(cloud)
    assert (answer["active"], answer["findings"]) == (True, [])
    assert answer["events"]["gala"]["silent_regions"] == []
    assert answer["events"]["gala"]["complete"] is True
    assert answer["events"]["gala"]["scheduled_at"] == answer["run"]["scheduled_at"]
    # During a rush there is no time to read each sale twice.
    assert "TransactGetItems" not in {call.operation for call in cloud.calls}


def test_a_seat_sold_twice_is_found_with_both_its_sales(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", OLDER), sale("A-1", OLD, buyer="bob")
    plant(cloud, first, second)
    (finding,) = verify(cloud)["findings"]
    assert (finding["kind"], finding["event_id"], finding["seat_id"]) == ("oversold", "gala", "A-1")
    assert finding["sales"] == {first["sale_id"]: HOME, second["sale_id"]: HOME}


def test_a_sale_without_inventory_is_found(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), items=False)
    assert found(verify(cloud)) == [("sale-without-inventory", "A-1")]


def test_inventory_without_a_sale_is_found(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-1", OLD)))
    assert found(verify(cloud)) == [("inventory-without-sale", "A-1")]


def test_inventory_of_another_sale_is_found(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), items=False)
    cloud.put("ticket_inventory", item_of(sale("A-1", OLD)))
    assert found(verify(cloud)) == [("inventory-of-another-sale", "A-1")]


def test_a_voided_sale_does_not_occupy_its_seat(cloud: Cloud) -> None:
    cloud.event()
    kept, voided = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, voided, kept)
    cloud.put("ticket_sales", void_of(voided))
    published = {
        "event_id": "gala",
        "entry_id": f"refund#{voided['sale_id']}",
        "refund": "published",
        "corrected_at": NOW,
        "seat_id": "A-1",
        "home_region": HOME,
    }
    cloud.put("corrections", published)
    assert verify(cloud)["findings"] == []


@pytest.mark.parametrize("state", [None, "pending"])
def test_a_void_without_a_published_refund_is_found(cloud: Cloud, state: str | None) -> None:
    cloud.event()
    kept, voided = sale("A-1", OLDER), sale("A-1", OLD)
    plant(cloud, voided, kept)
    cloud.put("ticket_sales", void_of(voided))
    if state:
        cloud.put(
            "corrections",
            {
                "event_id": "gala",
                "entry_id": f"refund#{voided['sale_id']}",
                "refund": state,
                "corrected_at": NOW,
                "seat_id": "A-1",
                "home_region": HOME,
            },
        )
    for _ in "once", "again":  # as long as nobody has published the refund
        answer = verify(cloud)
        assert found(answer) == [("refund-pending", "A-1")]
        assert answer["findings"][0]["sales"] == {voided["sale_id"]: HOME}


def test_a_seat_that_is_sold_and_withheld_is_reported_for_people_to_decide(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), items=False)
    cloud.put(
        "ticket_inventory",
        {"event_shard": shard_of("A-1"), "seat_id": "A-1", "kind": "withheld", "version": 1},
    )
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["events"]["gala"]["sold_and_withheld_seats"] == ["A-1"]


@far_away
def test_the_replicas_of_a_sale_are_one_sale(cloud: Cloud) -> None:
    cloud.event()
    for region in demands.REGIONS:
        plant(cloud, sale("A-1", OLD), region=region)
    assert verify(cloud)["findings"] == []


@far_away
def test_a_sale_is_found_in_the_region_that_wrote_it(cloud: Cloud) -> None:
    moved_here(cloud, shards=1)
    plant(cloud, sale("A-1", OLD, epoch=2, event_shard="gala#0"))
    stray = sale("A-1", OLDER, home=FAR, event_shard="gala#0")
    plant(cloud, stray, region=FAR)  # and never replicated
    (finding,) = verify(cloud)["findings"]
    assert finding["kind"] == "oversold"
    assert finding["sales"][stray["sale_id"]] == FAR


@far_away
def test_a_region_that_was_silent_is_checked_when_it_returns(cloud: Cloud) -> None:
    moved_here(cloud)
    plant(cloud, sale("A-1", OLD, epoch=2))
    plant(cloud, sale("A-1", OLDER, home=FAR), region=FAR)
    silence(cloud, FAR)
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["events"]["gala"]["silent_regions"] == [FAR]
    assert checked_to(cloud, FAR, shard_of("A-1")) < 0
    cloud.before = lambda call: None
    assert found(verify(cloud)) == [("oversold", "A-1")]


@far_away
def test_a_seat_is_undecided_while_the_region_of_its_sale_is_silent(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-1", OLD, home=FAR)))  # its sale has not been replicated

    def fail(call: Call) -> None:
        if call.region == FAR and call.operation == "GetItem":
            raise refusal("ServiceUnavailable", status=503)

    cloud.before = fail
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["events"]["gala"]["undecided_seats"] == ["A-1"]


@far_away
def test_every_region_is_read_in_its_turn(cloud: Cloud) -> None:
    """Also those that were never the event's home, where nobody should have sold anything."""
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    stray = sale("A-1", OLDER, home=FAR, epoch=0)
    plant(cloud, stray, region=FAR)
    answers = [found(verify(cloud)) for _ in demands.REGIONS]
    assert [("oversold", "A-1")] in answers


def test_a_long_backlog_is_read_in_several_runs(cloud: Cloud) -> None:
    cloud.event(shards=1)
    plant(cloud, *(sale(f"A-{n}", minted(OLD_S + 10 - n, n), event_shard="gala#0") for n in range(1, 7)))
    cloud.dynamodb(HOME).page = 2
    function = cloud.function("inventory_verifier", VERIFICATION_SECONDS=str(LONG_OBJECTIVE_S), PMS_URL="")
    comparison = function.module.verify_event.__globals__["Comparison"]
    comparison.home.__globals__["read_new"].__globals__["MOST_PAGES"] = 1
    reports = [function({"event_id": "gala"})["report"] for _ in range(7)]
    assert (reports[0]["new_entries"], reports[0]["complete"]) == (2, False), (
        "a single read could use up the whole run"
    )
    assert (reports[-1]["new_entries"], reports[-1]["complete"]) == (0, True), "the backlog never ends"


def test_unfinished_shards_are_checked_by_the_next_run(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    answer = verify(cloud, VERIFICATION_SECONDS="0")
    assert answer["findings"] == []
    assert answer["events"]["gala"]["unfinished_shards"] == 2
    assert checked_to(cloud, HOME, shard_of("A-1")) < 0
    assert progress(cloud, "slices")["slices"]["turns"][0] == 0
    assert found(verify(cloud)) == [("oversold", "A-1")]


class Killed(BaseException):
    """Lambda ends the function, whatever it catches."""


def test_a_run_that_is_killed_keeps_what_it_has_checked(cloud: Cloud) -> None:
    """Otherwise an event that takes too long would be read from the same place for ever."""
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    inventory = cloud.table("ticket_inventory").get("name")

    def kill(call: Call) -> None:
        """At the first whole shard."""
        if (
            call.operation == "Query"
            and call.parameters["TableName"] == inventory
            and "Limit" not in call.parameters
        ):
            raise Killed

    cloud.before = kill
    with pytest.raises(Killed):
        verify(cloud)
    assert checked_to(cloud, HOME, shard_of("A-1")) > 0
    cloud.before = lambda call: None
    assert verify(cloud)["events"]["gala"]["new_entries"] == 0


def test_a_finding_is_not_passed_before_it_is_corrected(cloud: Cloud) -> None:
    """A run that finds it may be killed before anybody hears of it."""
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    for _ in "once", "again":
        assert found(verify(cloud)) == [("oversold", "A-1")]
        assert checked_to(cloud, HOME, shard_of("A-1")) < 0
    other = next(f"A-{number}" for number in range(2, 50) if shard_of(f"A-{number}") != shard_of("A-1"))
    assert checked_to(cloud, HOME, shard_of(other)) > 0, "the other shard is checked"


def test_a_call_times_out_before_the_verifier_does(cloud: Cloud) -> None:
    cloud.event()
    verify(cloud, VERIFICATION_SECONDS=str(demands.VERIFICATION_S))
    assert_calls_time_out_first(cloud, "inventory_verifier")
    for client in cloud.clients:
        assert client.config.retries["total_max_attempts"] > 1, "one lost packet would make a Region silent"


def test_a_bug_is_not_mistaken_for_a_silent_region(cloud: Cloud) -> None:
    cloud.event()

    def fail(call: Call) -> None:
        if call.operation == "Query" and call.parameters["TableName"] == cloud.table("ticket_sales").get(
            "name"
        ):
            raise refusal("ValidationException")

    cloud.before = fail
    report = verify(cloud)["events"]["gala"]
    assert report["silent_regions"] == []
    assert "ValidationException" in report["not_verified"]


@far_away
def test_one_silent_region_does_not_hide_the_others_findings(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    silence(cloud, FAR)
    assert found(verify(cloud)) == [("oversold", "A-1")]


@far_away
def test_a_silent_home_is_reported_and_nothing_is_concluded(cloud: Cloud) -> None:
    cloud.event("gala", HOME, home_region=FAR)
    plant(cloud, sale("A-1", OLD), items=False)
    silence(cloud, FAR)
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["events"]["gala"]["not_verified"] == f"{FAR} does not answer"
    assert progress(cloud, "watermark#") == {}


def test_a_watermark_stays_behind_sales_that_may_still_commit(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    before = time.time()
    verify(cloud)
    mark = checked_to(cloud, HOME, shard_of("A-1"))
    timeout = int(cloud.environment(cloud.resource("inventory_verifier"))["FUNCTION_TIMEOUT_SECONDS"])
    margin = timeout + max(2, demands.REPLICATION_S)
    assert before - margin - 1 < mark / 1000 < time.time() - margin


def test_seats_that_a_run_has_no_time_to_read_are_read_by_the_next_one(cloud: Cloud) -> None:
    cloud.event()
    entry = sale("A-1", minted(60, 1))
    cloud.put("ticket_sales", entry)
    cloud.put("ticket_inventory", item_of(entry))
    real, late = time.monotonic, [0.0]

    def pass_the_time(call: Call) -> None:
        if call.operation == "Query" and call.parameters["TableName"] == cloud.table("ticket_sales").get(
            "name"
        ):
            late[0] = 1000.0

    cloud.before = pass_the_time
    verifier = cloud.function("inventory_verifier", PMS_URL="", VERIFICATION_SECONDS="60")
    with patch("time.monotonic", lambda: real() + late[0]):
        report = verifier({"event_id": "gala"})["report"]
    assert (report["complete"], report["not_verified"]) == (False, "")
    cloud.before = lambda call: None
    report = cloud.function("inventory_verifier", PMS_URL="", VERIFICATION_SECONDS="60")(
        {"event_id": "gala"}
    )["report"]
    assert (report["complete"], report["new_entries"]) == (True, 1)


MANY = 20  # shards, more than one run compares completely
BUSY = shard_of("A-1", shards=MANY)


def turns_before(shard: str) -> list[int]:
    """Turns in which a shard is the last of all."""
    return [(int(shard.partition("#")[2]) + 1) % MANY, 3, 2, 1, 0, 0, 0, 0]


def not_now(cloud: Cloud) -> None:
    """Give the other shards their turn before the busy one."""
    entry = {"event_id": "gala", "entry_id": "slices", "revision": 3}
    cloud.put("corrections", {**entry, "turns": turns_before(BUSY)})


@pytest.mark.parametrize(
    ("entries", "item", "expected"),
    [
        ([OLDER, OLD], OLD, "oversold"),
        ([OLD], None, "sale-without-inventory"),
        ([OLD], OLDER, "inventory-of-another-sale"),
        ([OLD], OLD, ""),
    ],
    ids=["sold twice", "not in the inventory", "of another sale", "consistent"],
)
def test_new_sales_are_checked_in_every_shard(
    cloud: Cloud, entries: list[str], item: str | None, expected: str
) -> None:
    cloud.event(shards=MANY)
    not_now(cloud)
    for order in entries:
        cloud.put("ticket_sales", sale("A-1", order, event_shard=BUSY))
    if item:
        cloud.put("ticket_inventory", item_of(sale("A-1", item, event_shard=BUSY)))
    assert found(verify(cloud)) == ([(expected, "A-1")] if expected else [])
    assert progress(cloud, "slices")["slices"]["turns"] != turns_before(BUSY), "no shard had its turn"


@pytest.mark.parametrize("refund", [None, "published", "refunded"])
def test_a_sale_that_was_voided_at_once_is_owed_a_refund(cloud: Cloud, refund: str | None) -> None:
    cloud.event(shards=MANY)
    not_now(cloud)
    kept, voided = (sale("A-1", order, event_shard=BUSY) for order in (OLDER, OLD))
    plant(cloud, voided, kept)
    cloud.put("ticket_sales", void_of(voided))
    if refund:
        entry = {"event_id": "gala", "entry_id": f"refund#{voided['sale_id']}", "refund": refund}
        entry |= {"corrected_at": NOW, "seat_id": "A-1", "home_region": HOME}
        cloud.put("corrections", {**entry, "seat_id": "A-1", "home_region": HOME})
    assert found(verify(cloud)) == ([] if refund else [("refund-pending", "A-1")])
    assert "TransactGetItems" not in {call.operation for call in cloud.calls}, "the seat itself is consistent"


@far_away
def test_a_shard_with_a_sale_from_another_region_is_compared_completely(cloud: Cloud) -> None:
    """The home's inventory does not show that another Region sold the seat too."""
    moved_here(cloud, shards=MANY)
    not_now(cloud)
    here, there = sale("A-1", OLD, epoch=2, event_shard=BUSY), sale("A-1", OLDER, home=FAR, event_shard=BUSY)
    plant(cloud, here)
    verify(cloud)
    plant(cloud, there, region=FAR)
    cloud.delete("corrections", event_id="gala", entry_id=f"watermark#{FAR}")
    not_now(cloud)
    (finding,) = verify(cloud)["findings"]
    assert (finding["kind"], finding["sales"]) == ("oversold", {here["sale_id"]: HOME, there["sale_id"]: FAR})


def test_checked_entries_are_not_read_again(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLDER))
    first, calls = verify(cloud), len(cloud.calls)
    second = verify(cloud)
    assert first["events"]["gala"]["new_entries"] == 2
    assert second["events"]["gala"]["new_entries"] == 0
    written = [call.parameters["Key"] for call in cloud.calls[calls:] if call.operation == "UpdateItem"]
    moved = [key for key in written if key["entry_id"]["S"].startswith("watermark#")]
    assert len(moved) <= 2, (
        "a run writes one watermark for each Region that it reads, however many shards there are"
    )


def test_the_rolling_slice_finds_damage_to_checked_entries(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    verify(cloud)
    cloud.delete("ticket_inventory", event_shard=shard_of("A-1"), seat_id="A-1")
    assert found(verify(cloud)) == [("sale-without-inventory", "A-1")]


def test_slices_take_turns_and_the_oldest_is_reported(cloud: Cloud) -> None:
    cloud.event(shards=20)
    read: list[set[str]] = []
    oldest = []
    for _ in range(9):
        calls = len(cloud.calls)
        oldest.append(verify(cloud)["events"]["gala"]["oldest_slice_runs"])
        inventory = cloud.table("ticket_inventory").get("name")
        queries = (
            call.parameters
            for call in cloud.calls[calls:]
            if call.operation == "Query"
            and call.parameters["TableName"] == inventory
            and "Limit" not in call.parameters
        )
        read.append({query["ExpressionAttributeValues"][":shard"]["S"] for query in queries})
    assert all(0 < len(part) < 20 for part in read)
    assert set().union(*read[:3]) == {f"gala#{shard}" for shard in range(20)}, "a shard had no turn"
    assert read[0] == read[3] == read[6]
    assert max(oldest) <= 6, "every shard was compared at most two rounds ago"


def test_a_run_does_not_set_back_the_turns_of_another(cloud: Cloud) -> None:
    cloud.event(shards=20)
    other = {"event_id": "gala", "entry_id": "slices", "turns": [16, 7, 3, 1, 0, 0, 0, 0], "revision": 7}

    def overtake(call: Call) -> None:
        if call.operation == "UpdateItem" and call.parameters["Key"]["entry_id"]["S"] == "slices":
            cloud.put("corrections", other)

    cloud.before = overtake
    verify(cloud)
    assert progress(cloud, "slices") == {"slices": other}


@pytest.mark.parametrize("begun", [False, True], ids=["first run", "later run"])
def test_a_watermark_that_another_run_moved_is_not_set_back(cloud: Cloud, begun: bool) -> None:
    cloud.event(shards=1)
    plant(cloud, sale("A-1", OLD, event_shard="gala#0"))
    mark = {"event_id": "gala", "entry_id": f"watermark#{HOME}", "behind": {}, "asked_at": 1}
    if begun:
        cloud.put("corrections", {**mark, "checked_to": 1, "revision": 3})

    def move(call: Call) -> None:
        if call.operation == "UpdateItem" and call.parameters["Key"]["entry_id"]["S"] == mark["entry_id"]:
            cloud.put("corrections", {**mark, "checked_to": 10**13 - 1, "revision": 4})

    cloud.before = move
    verify(cloud)
    assert progress(cloud, "watermark#")[mark["entry_id"]]["checked_to"] == 10**13 - 1, (
        "after a setback, the same sales would be checked again"
    )


def test_a_run_that_began_before_another_is_no_failure(cloud: Cloud) -> None:
    """Its time to check ends before the watermarks: what it would read was checked by the other run."""
    cloud.event(shards=1)
    plant(cloud, sale("A-1", OLD, event_shard="gala#0"))
    for region in demands.REGIONS:
        mark = {"event_id": "gala", "entry_id": f"watermark#{region}", "behind": {}, "asked_at": 1}
        cloud.put("corrections", {**mark, "checked_to": NOW + 60_000, "revision": 3})
    report = verify(cloud)["events"]["gala"]
    assert report["not_verified"] == ""
    assert report["new_entries"] == 0


def test_all_reads_are_consistent(cloud: Cloud) -> None:
    cloud.event()
    verify(cloud)
    for call in cloud.calls:
        if call.operation in ("GetItem", "Query", "Scan"):
            assert call.parameters["ConsistentRead"] is True, call


@far_away
def test_replicated_entries_are_counted_and_not_transferred(cloud: Cloud) -> None:
    cloud.event()
    for _ in demands.REGIONS:  # each run reads another one
        verify(cloud)
    ledger = cloud.table("ticket_sales").get("name")
    queries = [
        call.parameters
        for call in cloud.calls
        if call.region == FAR and call.parameters.get("TableName") == ledger
    ]
    unfiltered = [query for query in queries if "FilterExpression" not in query]
    assert len(queries) > len(unfiltered)
    assert len(unfiltered) <= 2 * len(demands.REGIONS), "a few shards show whether replication is on time"


def test_a_sale_in_progress_is_ignored(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("ticket_sales", sale("A-1", minted(1), home=FAR if FAR != HOME else HOME))
    if FAR != HOME:
        assert verify(cloud)["findings"] == []


@far_away
def test_each_region_is_asked_in_each_run_also_without_sales(cloud: Cloud) -> None:
    """A lost Region is noticed within a run, although most runs read the entries of one other Region only."""
    cloud.event()
    cloud.calls.clear()
    verify(cloud)
    ledger = cloud.table("ticket_sales").get("name")
    asked = {call.region for call in cloud.calls if call.parameters.get("TableName") == ledger}
    assert asked == set(demands.REGIONS)


@far_away
def test_a_replica_that_lags_is_reported_and_measured(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    late = sale("A-1", OLD)
    plant(cloud, late)  # in its home Region only
    answer = verify(cloud)
    lagging = {one["region"]: one for one in answer["events"]["gala"]["lagging"]}
    assert FAR in lagging
    assert lagging[FAR]["missing"] == [late["sale_id"]]
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert metrics["ReplicationLagSeconds"] >= OLD_S


def test_a_run_reports_its_metrics(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    verify(cloud)
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert metrics["Oversold"] == 1
    assert 0 < metrics["VerificationSeconds"] < 60
    (directive,) = metrics["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert (units["Oversold"], units["VerificationSeconds"]) == ("Count", "Seconds")


@pytest.mark.skipif(len(demands.HUBS) == 1, reason="the stack has one Region")
def test_only_the_active_hub_verifies_and_a_takeover_needs_no_apply(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    secondary = demands.HUBS[1]
    cloud.event("gala", *demands.HUBS)
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    assert verify(cloud, secondary)["active"] is False
    cloud.put(
        "events",
        {"event_id": "control#active", "item": "verification", "active_region": secondary},
        *demands.HUBS,
    )
    assert verify(cloud)["active"] is False
    assert verify(cloud, secondary)["active"] is True
    assert "no event" not in capsys.readouterr().out, "every run would log the control item as a broken event"


def test_findings_are_limited_and_oversells_come_first(cloud: Cloud) -> None:
    cloud.event(shards=1, sections=[{"name": "A", "first": 1, "last": 500, "price": 1}])
    for number in range(1, 103):
        entry = sale(f"A-{number}", minted(OLD_S, number), event_shard="gala#0")
        cloud.put("ticket_sales", entry)
    for order in (OLD, OLDER):
        plant(cloud, sale("A-200", order, event_shard="gala#0"))
    answer = verify(cloud)
    assert len(answer["findings"]) == 100
    assert answer["findings"][0]["kind"] == "oversold"
    assert checked_to(cloud, HOME, "gala#0") < 0, "the next run has to read these entries again"


# --- the system of record -------------------------------------------------------------------------------------------


def test_disagreements_with_the_pms_are_listed(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLD))
    with pms_server.running(["A-1", "B-3", "VIP", "B-9999"]) as pms:
        report = verify(cloud, PMS_URL=f"{pms.url}/hotel/")["events"]["gala"]["pms"]
    assert pms.paths == ["/hotel/events/gala/sold"]
    assert sorted((one["event_id"], one["seat_id"], one["problem"]) for one in report["named"]) == [
        ("gala", "A-2", "not_in_pms"),
        ("gala", "B-3", "only_in_pms"),
        ("gala", "B-9999", "only_in_pms"),
        ("gala", "VIP", "only_in_pms"),
    ]
    assert (report["disagreements"], report["down"]) == (4, "")


BODY = b'{"seats": []}'
BAD_ANSWERS = {
    "another status": http_answer(BODY, "503 Service Unavailable"),
    "a redirect": http_answer(b"", "302 Found"),
    "HTML": http_answer(b"<html>"),
    "nothing": http_answer(b""),
    "no answer at all": b"",
    "not HTTP": b"220 smtp ready\r\n",
    "no seats": http_answer(b"{}"),
    "a list": http_answer(b"[]"),
    "seats as one text": http_answer(b'{"seats": "A-1"}'),
    "seats as numbers": http_answer(b'{"seats": [1, 2]}'),
    "no seats yet": http_answer(b'{"seats": null}'),
    "deep": http_answer(b'{"seats": ' + b"[" * 100_000),
    "cut off": http_answer(BODY)[:-3],
    "not UTF-8": http_answer(b'{"seats": ["\xff"]}'),
}


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_an_outage_of_the_pms_does_not_stop_the_other_checks(cloud: Cloud, bad: str) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    with pms_server.running(BAD_ANSWERS[bad]) as pms:
        result = verify(cloud, PMS_URL=pms.url)
    assert found(result) == [("oversold", "A-1")]
    assert result["events"]["gala"]["pms"]["down"]


def test_a_pms_without_a_server_is_down(cloud: Cloud) -> None:
    cloud.event()
    with pms_server.running([]) as pms:
        pass
    assert verify(cloud, PMS_URL=pms.url)["events"]["gala"]["pms"]["down"]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50, http_answer(BODY + b" " * 200)]
)
def test_a_slow_answer_of_the_pms_times_out(cloud: Cloud, answer: bytes) -> None:
    """Each byte arrives in time, in the header or in the body, but not the whole."""
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    began = time.monotonic()
    with pms_server.running(answer, pause=0.05) as pms:
        result = verify(cloud, PMS_URL=pms.url, VERIFICATION_SECONDS="2")
    assert result["events"]["gala"]["pms"]["down"]
    assert found(result) == [("oversold", "A-1")]
    assert time.monotonic() - began < 200 * 0.05, "the run waited for the whole answer"


@pytest.mark.parametrize(("over", "down"), [(0, False), (1, True)], ids=["longest accepted", "longer"])
def test_an_oversized_answer_of_the_pms_is_refused(cloud: Cloud, over: int, down: bool) -> None:
    cloud.event()
    with pms_server.running(http_answer(BODY)) as pms:
        objective = str(LONG_OBJECTIVE_S)
        function = cloud.function("inventory_verifier", PMS_URL=pms.url, VERIFICATION_SECONDS=objective)
        function.module.verify_event.__globals__["compare_with_pms"].__globals__["pms"].MOST_BYTES = (
            len(BODY) - over
        )
        report = function({"event_id": "gala"})["report"]["pms"]
    assert bool(report["down"]) is down


def test_the_pms_need_not_know_new_sales_or_withheld_seats(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", minted(1)))
    withheld = {"event_shard": shard_of("A-2"), "seat_id": "A-2", "kind": "withheld", "version": 1}
    cloud.put("ticket_inventory", withheld)
    with pms_server.running([]) as pms:
        report = verify(cloud, PMS_URL=pms.url)["events"]["gala"]["pms"]
    assert report["named"] == []


def test_nothing_is_concluded_about_the_pms_while_the_home_is_silent(cloud: Cloud) -> None:
    cloud.event()

    def fail(call: Call) -> None:
        if call.operation == "BatchGetItem":
            raise refusal("ServiceUnavailable", status=503)

    cloud.before = fail
    with pms_server.running(["B-3"]) as pms:
        report = verify(cloud, PMS_URL=pms.url)["events"]["gala"]["pms"]
    assert report["named"] == []
    assert report["down"]


def test_the_pms_is_asked_only_where_the_spec_names_one(cloud: Cloud) -> None:
    cloud.event()
    with pms_server.running([]) as pms:
        changed = {"PMS_URL": pms.url} if demands.PMS_URL else {}
        function = cloud.function("inventory_verifier", VERIFICATION_SECONDS=str(LONG_OBJECTIVE_S), **changed)
        report = function({"event_id": "gala"})["report"]
    assert bool(pms.paths) == bool(demands.PMS_URL)
    assert report["pms"]["asked"] == bool(demands.PMS_URL)
