"""The verifier, run from the HCL: it finds every inconsistency in any Region, and raises no false alarm."""

from __future__ import annotations

import io
import json
import time
from typing import Any
from unittest.mock import patch

import demands
import pytest

from support.cloud import Call, Cloud, assert_calls_time_out_first, refusal
from support.sales import OLD_S, item_of, minted, sale, shard_of, void_of

HOME = demands.PRIMARY
FAR = demands.REGIONS[-1] if demands.REGIONS[-1] != HOME else demands.REGIONS[0]
far_away = pytest.mark.skipif(len(demands.REGIONS) == 1, reason="the stack has one Region")
NO_PMS = {"PMS_URL": ""}
LONG_OBJECTIVE_S = 60  # more than any run takes here, however short the spec's objective
OLD, OLDER = minted(OLD_S, 1), minted(2 * OLD_S, 2)  # long enough ago to be settled


def verify(cloud: Cloud, region: str = HOME, **environment: str) -> Any:
    objective = {"VERIFICATION_SECONDS": str(LONG_OBJECTIVE_S)}
    return cloud.function("inventory_verifier", region, **{**NO_PMS, **objective, **environment})(
        {"scheduled_at": "12:00"}
    )


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


def test_a_consistent_stack_has_no_findings(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLDER))
    answer = verify(cloud)
    assert (answer["active"], answer["findings"]) == (True, [])
    assert answer["report"]["silent_regions"] == []
    assert answer["report"]["scheduled_at"] == "12:00"
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
    assert answer["report"]["events"][0]["sold_and_withheld_seats"] == ["A-1"]


@far_away
def test_the_replicas_of_a_sale_are_one_sale(cloud: Cloud) -> None:
    cloud.event()
    for region in demands.REGIONS:
        plant(cloud, sale("A-1", OLD), region=region)
    assert verify(cloud)["findings"] == []


@far_away
def test_a_sale_is_found_in_the_region_that_wrote_it(cloud: Cloud) -> None:
    cloud.event(epoch=2, shards=1)
    plant(cloud, sale("A-1", OLD, epoch=2, event_shard="gala#0"))
    stray = sale("A-1", OLDER, home=FAR, event_shard="gala#0")
    plant(cloud, stray, region=FAR)  # and never replicated
    (finding,) = verify(cloud)["findings"]
    assert finding["kind"] == "oversold"
    assert finding["sales"][stray["sale_id"]] == FAR


@far_away
def test_a_region_that_was_silent_is_checked_when_it_returns(cloud: Cloud) -> None:
    cloud.event(epoch=2)
    plant(cloud, sale("A-1", OLD, epoch=2))
    plant(cloud, sale("A-1", OLDER, home=FAR), region=FAR)
    silence(cloud, FAR)
    answer = verify(cloud)
    assert answer["findings"] == []
    assert answer["report"]["silent_regions"] == [FAR]
    assert not [key for key in progress(cloud, "watermark#") if f"#{FAR}#" in key]
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
    assert answer["report"]["events"][0]["undecided_seats"] == ["A-1"]


def test_a_long_backlog_is_read_in_several_runs(cloud: Cloud) -> None:
    cloud.event(shards=1)
    plant(cloud, *(sale(f"A-{n}", minted(OLD_S + 10 - n, n), event_shard="gala#0") for n in range(1, 7)))
    cloud.dynamodb(HOME).page = 2
    function = cloud.function("inventory_verifier", VERIFICATION_SECONDS=str(LONG_OBJECTIVE_S), **NO_PMS)
    function.module.compare.__globals__["MOST_PAGES"] = 1
    reports = [function({})["report"]["events"][0]["new_entries"] for _ in range(7)]
    assert reports[0] == 2, "a single read could use up the whole run"
    assert reports[-1] == 0, "the backlog never ends"


def test_unfinished_shards_are_checked_by_the_next_run(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    answer = verify(cloud, VERIFICATION_SECONDS="0")
    assert answer["findings"] == []
    assert answer["report"]["events"][0]["unfinished_shards"] == 1
    assert f"watermark#{HOME}#{shard_of('A-1')}" not in progress(cloud, "watermark#")
    assert progress(cloud, "slice#") == {}
    assert found(verify(cloud)) == [("oversold", "A-1")]


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
    with pytest.raises(Exception, match="ValidationException"):
        verify(cloud)


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
    assert answer["report"]["events"] == [{"event_id": "gala", "home_silent": FAR}]
    assert progress(cloud, "watermark#") == {}


def test_a_watermark_stays_behind_sales_that_may_still_commit(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    before = time.time()
    verify(cloud)
    marks = {key: item["checked_to"] for key, item in progress(cloud, "watermark#").items()}
    assert f"watermark#{HOME}#{shard_of('A-1')}" in marks
    timeout = int(cloud.environment(cloud.resource("inventory_verifier"))["FUNCTION_TIMEOUT_SECONDS"])
    margin = timeout + max(2, demands.REPLICATION_S)
    assert all(before - margin - 1 < mark / 1000 < time.time() - margin for mark in marks.values())


MANY = 20  # shards, more than one run compares completely
BUSY = shard_of("A-1", shards=MANY)


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
    cloud.put("corrections", {"event_id": "gala", "entry_id": f"slice#{BUSY}", "checked_at": 10**11})
    for order in entries:
        cloud.put("ticket_sales", sale("A-1", order, event_shard=BUSY))
    if item:
        cloud.put("ticket_inventory", item_of(sale("A-1", item, event_shard=BUSY)))
    assert found(verify(cloud)) == ([(expected, "A-1")] if expected else [])
    assert len(progress(cloud, "slice#")) < MANY
    assert progress(cloud, "slice#")[f"slice#{BUSY}"]["checked_at"] == 10**11


@pytest.mark.parametrize("refund", [None, "published"])
def test_a_sale_that_was_voided_at_once_is_owed_a_refund(cloud: Cloud, refund: str | None) -> None:
    cloud.event(shards=MANY)
    cloud.put("corrections", {"event_id": "gala", "entry_id": f"slice#{BUSY}", "checked_at": 10**11})
    kept, voided = (sale("A-1", order, event_shard=BUSY) for order in (OLDER, OLD))
    plant(cloud, voided, kept)
    cloud.put("ticket_sales", void_of(voided))
    if refund:
        entry = {"event_id": "gala", "entry_id": f"refund#{voided['sale_id']}", "refund": refund}
        cloud.put("corrections", {**entry, "seat_id": "A-1", "home_region": HOME})
    assert found(verify(cloud)) == ([] if refund else [("refund-pending", "A-1")])
    assert "TransactGetItems" not in {call.operation for call in cloud.calls}, "the seat itself is consistent"


@far_away
def test_a_shard_with_a_sale_from_another_region_is_compared_completely(cloud: Cloud) -> None:
    """The home's inventory does not show that another Region sold the seat too."""
    cloud.event(epoch=2, shards=MANY)
    cloud.put("corrections", {"event_id": "gala", "entry_id": f"slice#{BUSY}", "checked_at": 10**9})
    here, there = sale("A-1", OLD, epoch=2, event_shard=BUSY), sale("A-1", OLDER, home=FAR, event_shard=BUSY)
    plant(cloud, here)
    verify(cloud)
    plant(cloud, there, region=FAR)
    cloud.put("corrections", {"event_id": "gala", "entry_id": f"watermark#{FAR}#{BUSY}", "checked_to": 1})
    (finding,) = verify(cloud)["findings"]
    assert (finding["kind"], finding["sales"]) == ("oversold", {here["sale_id"]: HOME, there["sale_id"]: FAR})


def test_checked_entries_are_not_read_again(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLDER))
    first, calls = verify(cloud), len(cloud.calls)
    second = verify(cloud)
    assert first["report"]["events"][0]["new_entries"] == 2
    assert second["report"]["events"][0]["new_entries"] == 0
    written = [call.parameters["Key"] for call in cloud.calls[calls:] if call.operation == "UpdateItem"]
    moved = [key for key in written if key["entry_id"]["S"].startswith("watermark#")]
    assert moved == [], (
        "without new entries, every run would write a watermark for each Region and shard in vain"
    )


def test_the_rolling_slice_finds_damage_to_checked_entries(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLD))
    verify(cloud)
    cloud.delete("ticket_inventory", event_shard=shard_of("A-1"), seat_id="A-1")
    assert found(verify(cloud)) == [("sale-without-inventory", "A-1")]


def test_slices_take_turns_and_the_oldest_is_reported(cloud: Cloud) -> None:
    cloud.event(shards=20)
    first = verify(cloud)
    marked = progress(cloud, "slice#")
    assert 0 < len(marked) < 20
    verify(cloud)
    assert set(marked) < set(progress(cloud, "slice#"))
    for key in marked:  # checked long ago, so it is their turn again
        cloud.put("corrections", {**marked[key], "checked_at": 1000})
    assert verify(cloud)["report"]["oldest_slice_seconds"] >= 0
    assert first["report"]["oldest_slice_seconds"] >= 0


def test_an_earlier_run_does_not_set_back_a_later_one(cloud: Cloud) -> None:
    cloud.event(shards=1)
    later = {"event_id": "gala", "entry_id": "slice#gala#0", "checked_at": 10**11}
    cloud.put("corrections", later)
    verify(cloud)
    assert progress(cloud, "slice#") == {"slice#gala#0": later}


@pytest.mark.parametrize("begun", [False, True], ids=["first run", "later run"])
def test_a_watermark_that_another_run_moved_is_not_set_back(cloud: Cloud, begun: bool) -> None:
    cloud.event(shards=1)
    plant(cloud, sale("A-1", OLD, event_shard="gala#0"))
    mark = {"event_id": "gala", "entry_id": f"watermark#{HOME}#gala#0"}
    if begun:
        cloud.put("corrections", {**mark, "checked_to": 1})

    def move(call: Call) -> None:
        if call.operation == "UpdateItem" and call.parameters["Key"]["entry_id"]["S"] == mark["entry_id"]:
            cloud.put("corrections", {**mark, "checked_to": 10**13 - 1})

    cloud.before = move
    verify(cloud)
    assert progress(cloud, "watermark#")[mark["entry_id"]]["checked_to"] == 10**13 - 1, (
        "after a setback, the same sales would be checked again"
    )


def test_all_reads_are_consistent(cloud: Cloud) -> None:
    cloud.event()
    verify(cloud)
    for call in cloud.calls:
        if call.operation in ("GetItem", "Query", "Scan"):
            assert call.parameters["ConsistentRead"] is True, call


@far_away
def test_replicated_entries_are_counted_and_not_transferred(cloud: Cloud) -> None:
    cloud.event()
    verify(cloud)
    ledger = cloud.table("ticket_sales").get("name")
    queries = [
        call for call in cloud.calls if call.region == FAR and call.parameters.get("TableName") == ledger
    ]
    assert queries
    assert all(call.parameters["FilterExpression"] for call in queries)


def test_a_sale_in_progress_is_ignored(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("ticket_sales", sale("A-1", minted(1), home=FAR if FAR != HOME else HOME))
    if FAR != HOME:
        assert verify(cloud)["findings"] == []


@far_away
def test_a_replica_that_lags_is_reported_and_measured(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    late = sale("A-1", OLD)
    plant(cloud, late)  # in its home Region only
    answer = verify(cloud)
    lagging = {one["region"]: one for one in answer["report"]["lagging"]}
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
    assert verify(cloud, secondary) == {"active": False, "findings": [], "report": {}}
    cloud.put("events", {"event_id": "control#active", "active_region": secondary}, *demands.HUBS)
    assert verify(cloud)["active"] is False
    assert verify(cloud, secondary)["active"] is True
    assert "no event" not in capsys.readouterr().out, "every run would log the control item as a broken event"


@pytest.mark.parametrize(("days", "looked_at"), [(3, True), (9, False)], ids=["this week", "long ago"])
def test_a_closed_event_is_verified_for_a_week(cloud: Cloud, days: int, looked_at: bool) -> None:
    cloud.event(state="closed", closes_at=int(time.time()) - days * 86_400)
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    assert bool(verify(cloud)["findings"]) is looked_at


def test_a_broken_event_does_not_hide_the_others(cloud: Cloud) -> None:
    cloud.event()
    cloud.event("broken", sections=[{"name": "A"}])
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    assert found(verify(cloud)) == [("oversold", "A-1")]


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
    assert progress(cloud, "watermark#") == {}  # the next run has to read these entries again


# --- the system of record -------------------------------------------------------------------------------------------


def _pms(seats: Any, urls: list[str]) -> Any:
    def answer(url: str, timeout: float) -> Any:
        assert 0 < timeout < LONG_OBJECTIVE_S, "the other checks would not finish in time"
        urls.append(url)
        if isinstance(seats, Exception):
            raise seats
        if isinstance(seats, io.BytesIO):
            return seats
        return io.BytesIO(seats if isinstance(seats, bytes) else json.dumps({"seats": seats}).encode())

    return patch("urllib.request.urlopen", answer)


def test_disagreements_with_the_pms_are_listed(cloud: Cloud) -> None:
    url = demands.PMS_URL or "https://pms.example.com"
    cloud.event()
    plant(cloud, sale("A-1", OLD), sale("A-2", OLD))
    urls: list[str] = []
    with _pms(["A-1", "B-3"], urls):
        report = verify(cloud, PMS_URL=url)["report"]["pms"]
    assert urls == [f"{url.rstrip('/')}/events/gala/sold"]
    assert sorted((one["event_id"], one["seat_id"], one["problem"]) for one in report["named"]) == [
        ("gala", "A-2", "not_in_pms"),
        ("gala", "B-3", "only_in_pms"),
    ]
    assert (report["disagreements"], report["down"]) == (2, {})


class Dripping(io.BytesIO):
    """An answer that arrives in small pieces, none of which times out."""

    def read1(self, size: int | None = -1, /) -> bytes:
        time.sleep(0.03)
        return super().read1(8)


def test_a_slow_answer_of_the_pms_times_out(cloud: Cloud) -> None:
    cloud.event()
    with _pms(Dripping(b'{"seats": ' + b" " * 40 + b"[]}"), []):
        report = verify(cloud, PMS_URL="https://pms.example.com", VERIFICATION_SECONDS="0.1")["report"]
    assert set(report["pms"]["down"]) == {"gala"}


@pytest.mark.parametrize(("over", "down"), [(0, False), (1, True)], ids=["longest accepted", "longer"])
def test_an_oversized_answer_of_the_pms_is_refused(cloud: Cloud, over: int, down: bool) -> None:
    cloud.event()
    url, objective = "https://pms.example.com", str(LONG_OBJECTIVE_S)
    function = cloud.function("inventory_verifier", PMS_URL=url, VERIFICATION_SECONDS=objective)
    function.module.pms.MOST_BYTES = len(b'{"seats": []}') - over
    with _pms(b'{"seats": []}', []):
        report = function({})["report"]["pms"]
    assert bool(report["down"]) is down


def test_the_pms_need_not_know_new_sales_or_withheld_seats(cloud: Cloud) -> None:
    cloud.event()
    plant(cloud, sale("A-1", minted(1)))
    withheld = {"event_shard": shard_of("A-2"), "seat_id": "A-2", "kind": "withheld", "version": 1}
    cloud.put("ticket_inventory", withheld)
    with _pms([], []):
        report = verify(cloud, PMS_URL="https://pms.example.com")["report"]["pms"]
    assert report["named"] == []


def test_nothing_is_concluded_about_the_pms_while_the_home_is_silent(cloud: Cloud) -> None:
    cloud.event()

    def fail(call: Call) -> None:
        if call.operation == "BatchGetItem":
            raise refusal("ServiceUnavailable", status=503)

    cloud.before = fail
    with _pms(["B-3"], []):
        report = verify(cloud, PMS_URL="https://pms.example.com")["report"]["pms"]
    assert report["named"] == []
    assert set(report["down"]) == {"gala"}


@pytest.mark.parametrize("answer", [OSError("no route"), b"<html>", b"{}"], ids=["down", "HTML", "empty"])
def test_an_outage_of_the_pms_does_not_stop_the_other_checks(cloud: Cloud, answer: Any) -> None:
    cloud.event()
    plant(cloud, sale("A-1", OLDER), sale("A-1", OLD))
    with _pms(answer, []):
        result = verify(cloud, PMS_URL="https://pms.example.com")
    assert found(result) == [("oversold", "A-1")]
    assert set(result["report"]["pms"]["down"]) == {"gala"}


def test_the_pms_is_asked_only_where_the_spec_names_one(cloud: Cloud) -> None:
    cloud.event()
    urls: list[str] = []
    with _pms([], urls):
        report = cloud.function("inventory_verifier", VERIFICATION_SECONDS=str(LONG_OBJECTIVE_S))({})[
            "report"
        ]
    assert bool(urls) == bool(demands.PMS_URL)
    assert report["pms"]["asked"] == bool(demands.PMS_URL)
