"""The verifier's findings, and the corrector's corrections."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from functions_cloud import HOME, REGIONS, Call, Cloud

import ledger
from events import Clock, parse

FAR = "us-west-2"


def entry(
    event: dict[str, Any], seat: str, *, age: float = 60, number: int = 0, **changes: Any
) -> dict[str, Any]:
    """A ledger entry whose id was created `age` seconds ago."""
    minted = int((time.time() - age) * 1000)
    order_id = f"{minted:013d}-{number:016x}"
    return {
        "event_shard": parse(event, Clock()).shard_of(seat),
        "sale_id": f"{order_id}-00",
        "kind": "sale",
        "event_id": event["event_id"],
        "seat_id": seat,
        "order_id": order_id,
        "seats": [seat],
        "buyer": f"buyer-{number}",
        "price": 10000,
        "currency": "USD",
        "epoch": event["epoch"],
        "home_region": event["home_region"],
        "sold_at": minted,
        "idempotency_key": f"key-{number}",
        "body_hash": "0" * 32,
        **changes,
    }


def sell(cloud: Cloud, sale: dict[str, Any], *regions: str) -> dict[str, Any]:
    """Put a correct sale in some Regions, or in all."""
    cloud.put("sales", sale, *regions)
    cloud.put("inventory", ledger.inventory_item(sale, sale["sold_at"]), *regions)
    return sale


def verify(cloud: Cloud, region: str = HOME, **environment: str) -> dict[str, Any]:
    answer = cloud.function("inventory_verifier", region, **environment).handler(
        {"scheduled_at": "2026-11-24T10:00:00Z"}, None
    )
    json.dumps(answer)  # it is a state machine's payload
    assert isinstance(answer, dict)
    return answer


def kinds(answer: dict[str, Any]) -> dict[str, str]:
    return {finding["seat_id"]: finding["kind"] for finding in answer["findings"]}


@pytest.fixture
def refunds() -> Any:
    """The queue, once the cloud is there."""

    class Refunds:
        def __init__(self) -> None:
            self.sqs = boto3.client("sqs", region_name=HOME)
            self.url = self.sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})[
                "QueueUrl"
            ]

        def asked(self) -> list[dict[str, Any]]:
            messages = self.sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            return [json.loads(message["Body"]) for message in messages.get("Messages", [])]

    return Refunds


def correct(cloud: Cloud, answer: dict[str, Any], url: str = "") -> dict[str, int]:
    environment = {"REFUNDS_QUEUE_URL": url} if url else {}
    done = cloud.function("oversell_corrector", **environment).handler({"findings": answer["findings"]}, None)
    assert isinstance(done, dict)
    return done


def test_sales_that_agree_everywhere_are_no_finding(cloud: Cloud) -> None:
    event = cloud.event()
    for number in range(1, 9):
        sell(cloud, entry(event, f"A-{number}", number=number))
    cloud.put("inventory", {"event_shard": "gala#0", "seat_id": "B-1", "kind": "withheld", "version": 1})
    answer = verify(cloud)
    assert (answer["active"], answer["findings"]) == (True, [])
    assert answer["report"]["scheduled_at"] == "2026-11-24T10:00:00Z"
    assert answer["report"]["lagging"] == []
    (seen,) = answer["report"]["events"]
    assert seen["new_entries"] == 8  # not 24, because all replicas of a sale are one sale
    assert verify(cloud)["report"]["events"][0]["new_entries"] == 0  # the watermarks have moved past them


def test_only_the_active_region_works(cloud: Cloud) -> None:
    cloud.event()
    idle = {"active": False, "findings": [], "report": {}}
    assert verify(cloud, FAR) == idle
    cloud.put("events", {"event_id": "control#active", "active_region": FAR})
    assert verify(cloud) == idle
    assert verify(cloud, FAR)["active"]


def test_an_oversell_is_found_and_the_earliest_sale_keeps_the_seat(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    first = entry(event, "A-1", age=60, number=1)
    cloud.put("sales", first)
    second = sell(cloud, entry(event, "A-1", age=50, number=2))
    found = verify(cloud)
    assert found["findings"] == [
        {"kind": "oversold", "event_id": "gala", "seat_id": "A-1",
         "sales": {first["sale_id"]: HOME, second["sale_id"]: HOME}}
    ]  # fmt: skip
    assert correct(cloud, found, queue.url) == {"corrected": 1, "published": 1, "failed": 0}
    (item,) = cloud.items("inventory")
    assert (item["sale_id"], item["buyer"]) == (first["sale_id"], "buyer-1")
    assert item["version"] > second["sold_at"]
    (void,) = [sale for sale in cloud.items("sales") if sale["kind"] == "void"]
    assert void["voids"] == second["sale_id"]
    assert [(refund["sale_id"], refund["buyer"]) for refund in queue.asked()] == [
        (second["sale_id"], "buyer-2")
    ]
    audit = {item["entry_id"]: item.get("refund") for item in cloud.items("corrections")}
    assert audit["refund#" + second["sale_id"]] == "published"
    assert f"inventory#A-1#{first['sale_id']}" in audit
    # Twice has the effect of once.
    assert correct(cloud, found, queue.url) == {"corrected": 0, "published": 0, "failed": 0}
    assert len(queue.asked()) == 1
    assert verify(cloud)["findings"] == []


def test_the_highest_epoch_wins_before_the_lowest_id(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(epoch=2), refunds()
    lost = sell(cloud, entry(event, "A-1", age=90, number=1, epoch=1, home_region=FAR))
    kept = sell(cloud, entry(event, "A-1", age=30, number=2))
    cloud.put("inventory", ledger.inventory_item(lost, lost["sold_at"]))  # the last writer was the loser
    assert correct(cloud, verify(cloud), queue.url)["corrected"] == 1
    assert [item["sale_id"] for item in cloud.items("inventory")] == [kept["sale_id"]]
    assert [refund["sale_id"] for refund in queue.asked()] == [lost["sale_id"]]


def test_what_a_lost_home_had_sold_is_found_where_it_was_written(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(epoch=2), refunds()
    kept = sell(cloud, entry(event, "A-1", age=100, number=2))
    lost = sell(cloud, entry(event, "A-1", age=200, number=1, epoch=1, home_region=FAR), FAR)
    alone = sell(cloud, entry(event, "A-2", age=200, number=3, epoch=1, home_region=FAR), FAR)
    function = cloud.function("inventory_verifier")
    cloud.before = cut_off(FAR)
    silent = function.handler({}, None)
    assert (silent["findings"], silent["report"]["silent_regions"]) == ([], [FAR])
    # The old home is back, none of its sales is replicated yet, and the new home's sales were verified long ago.
    cloud.before = lambda call: None
    found = verify(cloud)
    assert kinds(found) == {"A-1": "oversold", "A-2": "sale-without-inventory"}
    assert correct(cloud, found, queue.url) == {"corrected": 2, "published": 1, "failed": 0}
    assert {item["seat_id"]: item["sale_id"] for item in cloud.items("inventory")} == {
        "A-1": kept["sale_id"],
        "A-2": alone["sale_id"],
    }
    assert [refund["sale_id"] for refund in queue.asked()] == [lost["sale_id"]]
    cloud.replicate("sales", FAR, HOME)
    assert verify(cloud)["findings"] == []


def cut_off(region: str) -> Any:
    def cut(call: Call) -> None:
        if call.region == region:
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    return cut


def test_a_silent_region_keeps_its_watermarks(cloud: Cloud) -> None:
    event = cloud.event()
    sell(cloud, entry(event, "A-1", number=1))
    function = cloud.function("inventory_verifier")
    cloud.before = cut_off(FAR)
    function.handler({}, None)
    cloud.before = lambda call: None
    moved = {item["entry_id"].split("#")[1] for item in cloud.items("corrections") if "checked_to" in item}
    assert moved == set(REGIONS) - {FAR}


def test_a_silent_home_is_reported_and_nothing_is_moved(cloud: Cloud) -> None:
    sell(cloud, entry(cloud.event(home_region=FAR), "A-1"))
    function = cloud.function("inventory_verifier")
    cloud.before = cut_off(FAR)
    answer = function.handler({}, None)
    cloud.before = lambda call: None
    assert answer["report"]["events"][0]["home_silent"] == FAR
    assert cloud.items("corrections") == []


def test_no_watermark_passes_what_may_still_be_committed(cloud: Cloud) -> None:
    event = cloud.event()
    sell(cloud, entry(event, "A-1", age=60, number=1))
    verify(cloud)
    # Its id is older, but it was committed only now: an id is up to one function time-out older than its commit.
    cloud.put("sales", entry(event, "A-1", age=9, number=2))
    assert kinds(verify(cloud)) == {"A-1": "oversold"}
    marks = [item["checked_to"] for item in cloud.items("corrections") if "checked_to" in item]
    assert max(marks) <= (time.time() - 10 - 2) * 1000


def test_inventory_and_ledger_that_disagree_are_found_and_mended(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    missing = entry(event, "A-1", number=1)
    cloud.put("sales", missing)
    orphan = entry(event, "A-2", number=2)
    cloud.put("inventory", ledger.inventory_item(orphan, orphan["sold_at"]))
    right, wrong = entry(event, "A-3", number=3), entry(event, "A-3", number=4)
    cloud.put("sales", right)
    cloud.put("inventory", ledger.inventory_item(wrong, wrong["sold_at"]))
    found = verify(cloud)
    assert kinds(found) == {
        "A-1": "sale-without-inventory",
        "A-2": "inventory-without-sale",
        "A-3": "inventory-of-another-sale",
    }
    assert correct(cloud, found, queue.url) == {"corrected": 3, "published": 0, "failed": 0}
    assert {item["seat_id"]: item["sale_id"] for item in cloud.items("inventory")} == {
        "A-1": missing["sale_id"],
        "A-3": right["sale_id"],
    }
    assert verify(cloud)["findings"] == []


def test_what_goes_wrong_later_is_found_when_its_shard_has_its_turn(cloud: Cloud) -> None:
    event = cloud.event(shards=20)
    for number in range(1, 41):
        sell(cloud, entry(event, f"A-{number}", number=number))
    assert verify(cloud)["findings"] == []
    shard = parse(event, Clock()).shard_of("A-7")
    for region in REGIONS:
        client = cloud.function("inventory_verifier").dynamo.client(region)
        client.delete_item(TableName="inventory", Key={"event_shard": {"S": shard}, "seat_id": {"S": "A-7"}})
    found = [kinds(verify(cloud)) for _ in range(3)]  # 20 shards, 8 at a time
    assert {"A-7": "sale-without-inventory"} in found


def test_an_inventory_item_whose_sale_is_only_in_a_silent_region_is_not_judged(cloud: Cloud) -> None:
    event = cloud.event(epoch=2)
    sale = entry(event, "A-1", epoch=1, home_region=FAR)
    cloud.put("inventory", ledger.inventory_item(sale, sale["sold_at"]), HOME)
    cloud.put("sales", sale, FAR)
    function, corrector = cloud.function("inventory_verifier"), cloud.function("oversell_corrector")
    cloud.before = cut_off(FAR)
    answer = function.handler({}, None)
    assert answer["findings"] == []
    assert answer["report"]["events"][0]["undecided_seats"] == ["A-1"]
    finding = {"kind": "inventory-without-sale", "event_id": "gala", "seat_id": "A-1", "sales": {}}
    assert corrector.handler({"findings": [finding]}, None) == {"corrected": 0, "published": 0, "failed": 1}
    cloud.before = lambda call: None
    assert len(cloud.items("inventory")) == 1


def test_lag_within_its_time_is_no_finding_and_beyond_it_is_reported(cloud: Cloud) -> None:
    event = cloud.event()
    sell(cloud, entry(event, "A-1", age=5, number=1), HOME)
    late = sell(cloud, entry(event, "A-2", age=60, number=2), HOME, FAR)
    answer = verify(cloud)
    assert answer["findings"] == []
    (lag,) = answer["report"]["lagging"]
    assert (lag["region"], lag["missing"]) == ("eu-west-1", [late["sale_id"]])
    assert lag["seconds"] >= 60


def test_a_refund_is_published_although_the_corrector_died_in_between(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    second = sell(cloud, entry(event, "A-1", age=50, number=2))
    corrector = cloud.function("oversell_corrector", REFUNDS_QUEUE_URL=queue.url)
    findings = verify(cloud)["findings"]

    def die(call: Call) -> None:
        if call.service == "sqs":
            raise ConnectTimeoutError(endpoint_url="https://sqs")

    cloud.before = die
    assert corrector.handler({"findings": findings}, None) == {"corrected": 1, "published": 0, "failed": 1}
    cloud.before = lambda call: None
    assert queue.asked() == []
    found = verify(cloud)
    assert kinds(found) == {"A-1": "refund-pending"}
    assert correct(cloud, found, queue.url) == {"corrected": 0, "published": 1, "failed": 0}
    assert [refund["sale_id"] for refund in queue.asked()] == [second["sale_id"]]


def test_a_void_whose_audit_was_lost_is_refunded(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    sell(cloud, entry(event, "A-1", age=60, number=1))
    second = entry(event, "A-1", age=50, number=2)
    cloud.put("sales", second)
    cloud.put("sales", ledger.void_of(second, 1, "oversold"))
    found = verify(cloud)
    assert kinds(found) == {"A-1": "refund-pending"}
    assert correct(cloud, found, queue.url)["published"] == 1


def test_a_refund_that_was_announced_for_the_keeper_is_withdrawn(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    sale = sell(cloud, entry(event, "A-1", number=1))
    key = {"event_id": "gala", "entry_id": "refund#" + sale["sale_id"]}
    cloud.put("corrections", {**key, "refund": "pending", "seat_id": "A-1", "home_region": HOME})
    found = verify(cloud)
    assert kinds(found) == {"A-1": "refund-pending"}
    assert correct(cloud, found, queue.url) == {"corrected": 0, "published": 0, "failed": 0}
    assert verify(cloud)["findings"] == []
    assert queue.asked() == []


def test_the_corrector_writes_in_the_current_home_only_and_not_during_a_move(
    cloud: Cloud, refunds: Any
) -> None:
    event, queue = cloud.event(home_region=FAR, state="moving"), refunds()
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    cloud.put("sales", entry(event, "A-1", age=50, number=2))
    found = verify(cloud)
    assert kinds(found) == {"A-1": "oversold"}
    assert correct(cloud, found, queue.url) == {"corrected": 0, "published": 0, "failed": 1}
    cloud.put("events", {**event, "state": "on_sale"})
    assert correct(cloud, found, queue.url)["corrected"] == 1
    assert len(cloud.items("sales", FAR)) == 3
    assert len(cloud.items("sales", HOME)) == 2


def test_racing_correctors_void_once(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    for seat in range(1, 6):
        for number in range(3):
            cloud.put("sales", entry(event, f"A-{seat}", age=60 - number, number=number))
    findings = verify(cloud)["findings"]
    functions = [cloud.function("oversell_corrector", REFUNDS_QUEUE_URL=queue.url) for _ in range(3)]
    threads = [threading.Thread(target=f.handler, args=({"findings": findings}, None)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    correct(cloud, verify(cloud), queue.url)
    assert len([sale for sale in cloud.items("sales") if sale["kind"] == "void"]) == 10
    assert {item["buyer"] for item in cloud.items("inventory")} == {"buyer-0"}
    assert len({refund["sale_id"] for refund in queue.asked()}) == 10
    assert verify(cloud)["findings"] == []


def test_findings_that_do_not_fit_come_the_next_time(cloud: Cloud) -> None:
    event = cloud.event(shards=1, sections=[{"name": "A", "first": 1, "last": 400, "price": 1}])
    for number in range(1, 131):
        cloud.put("sales", entry(event, f"A-{number}", number=number), HOME)
    function = cloud.function("inventory_verifier", REGIONS=HOME)
    first = function.handler({}, None)
    assert len(first["findings"]) == 100
    assert not [item for item in cloud.items("corrections") if "checked_to" in item]
    assert first["report"]["found"] == {"sale-without-inventory": 130}


def test_timestream_is_told_too(cloud: Cloud, refunds: Any) -> None:
    event, queue = cloud.event(), refunds()
    write = boto3.client("timestream-write", region_name=HOME)
    write.create_database(DatabaseName="audit")
    write.create_table(DatabaseName="audit", TableName="corrections")
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    second = sell(cloud, entry(event, "A-1", age=50, number=2))
    told: list[Any] = []

    def listen(call: Call) -> None:
        if call.operation == "WriteRecords":
            told.append((call.parameters["DatabaseName"], call.parameters["Records"][0]["MeasureValue"]))

    cloud.before = listen
    found = verify(cloud)["findings"]
    names = {
        "TIMESTREAM_DATABASE": "audit",
        "TIMESTREAM_TABLE": "corrections",
        "REFUNDS_QUEUE_URL": queue.url,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        corrector = cloud.function("oversell_corrector", AUDIT_STORE="timestream", **names)
        assert corrector.handler({"findings": found}, None)["published"] == 1
    assert ("audit", second["sale_id"]) in told


@contextmanager
def a_pms(seats: Any, *, silent: bool = False) -> Iterator[str]:
    """Run a PMS that reports these seats, or one that accepts requests and answers none of them."""
    finished = threading.Event()
    if not silent:
        finished.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/events/gala/sold"
            finished.wait()
            with suppress(OSError):  # the caller may have timed out
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(seats).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            finished.set()
            server.shutdown()
            thread.join()


def test_a_pms_that_disagrees_is_named(cloud: Cloud) -> None:
    event = cloud.event()
    sell(cloud, entry(event, "A-1", number=1))
    sell(cloud, entry(event, "A-2", number=2))
    with a_pms({"seats": ["A-1", "B-3"]}) as url:
        report = verify(cloud, PMS_URL=url)["report"]["pms"]
    assert report["down"] == {}
    assert {(one["seat_id"], one["problem"]) for one in report["named"]} == {
        ("A-2", "not_in_pms"),
        ("B-3", "only_in_pms"),
    }


@pytest.mark.parametrize("seats", [[], {"seats": 7}, "down", "silent"])
def test_without_the_pms_the_rest_is_verified_and_the_report_says_so(cloud: Cloud, seats: Any) -> None:
    event = cloud.event()
    cloud.put("sales", entry(event, "A-1", number=1))
    with a_pms(seats, silent=seats == "silent") as url:
        url = "http://127.0.0.1:1" if seats == "down" else url
        short = {"VERIFICATION_SECONDS": "6"} if seats == "silent" else {}  # half of it is spent on the PMS
        answer = verify(cloud, PMS_URL=url, **short)
    assert kinds(answer) == {"A-1": "sale-without-inventory"}
    assert set(answer["report"]["pms"]["down"]) == {"gala"}
