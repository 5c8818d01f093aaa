"""The stream processor, run from the HCL: each sale is one row in Aurora, in whatever order records arrive."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from support.cloud import Call, Cloud, assert_calls_time_out_first, refusal
from support.sales import minted, sale, void_of

SALE = sale("A-1", minted(60))
Deliver = Callable[..., list[str]]


def record(item: Any, number: int = 1, kind: str = "INSERT") -> dict[str, Any]:
    """A record of the stream: DynamoDB's change, as JSON, in base64."""
    packed = TypeSerializer().serialize(item)["M"] if isinstance(item, dict) else item
    change = {"eventName": kind, "dynamodb": {"NewImage": packed}}
    return {
        "kinesis": {
            "sequenceNumber": str(number),
            "data": base64.b64encode(json.dumps(change).encode()).decode(),
        }
    }


@pytest.fixture
def deliver(cloud: Cloud) -> Deliver:
    """A call that delivers records to the processor and returns the numbers of those that failed."""
    cloud.rotate()
    function = cloud.function("kinesis_processor")

    def deliver(*records: dict[str, Any]) -> list[str]:
        answer = function({"Records": list(records)})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return deliver


def rows(cloud: Cloud, columns: str = "sale_id, buyer, price, voided_at") -> list[tuple[Any, ...]]:
    return cloud.aurora.tables.execute(f"SELECT {columns} FROM ticket_sales ORDER BY sale_id").fetchall()


def fail(cloud: Cloud, code: str, operation: str = "", times: int = 10**9) -> None:
    left = [times]

    def refuse(call: Call) -> None:
        if call.service == "rds-data" and operation in ("", call.operation) and left[0] > 0:
            left[0] -= 1
            raise refusal(code)

    cloud.before = refuse


def test_a_sale_is_a_row_with_all_fields_of_its_ledger_entry(cloud: Cloud, deliver: Deliver) -> None:
    assert deliver(record(SALE)) == []
    names = [
        "sale_id",
        "order_id",
        "event_id",
        "seat_id",
        "buyer",
        "price",
        "currency",
        "epoch",
        "home_region",
        "sold_at",
    ]
    assert rows(cloud, ", ".join(names)) == [tuple(SALE[name] for name in names)]


def test_a_repeated_record_is_one_row(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE), record(SALE, 2))
    deliver(record(SALE))
    assert len(rows(cloud)) == 1


def test_a_void_marks_its_sale_and_adds_no_row(cloud: Cloud, deliver: Deliver) -> None:
    void = void_of(SALE)
    deliver(record(SALE), record(void, 2))
    assert rows(cloud, "sale_id, voided_at, void_reason, price") == [
        (SALE["sale_id"], void["voided_at"], "oversold", 10000)
    ]


def test_a_void_that_comes_first_waits_for_its_sale(cloud: Cloud, deliver: Deliver) -> None:
    void = void_of(SALE)
    deliver(record(void))
    deliver(record(SALE))
    assert rows(cloud) == [(SALE["sale_id"], "alice", 10000, void["voided_at"])]


def test_a_sale_that_comes_again_after_its_void_stays_void(cloud: Cloud, deliver: Deliver) -> None:
    void = void_of(SALE)
    deliver(record(SALE), record(void, 2), record(SALE, 3))
    assert rows(cloud, "voided_at") == [(void["voided_at"],)]


def test_an_operators_removal_removes_no_sale(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE))
    assert deliver(record(SALE, 2, kind="REMOVE")) == []
    assert len(rows(cloud)) == 1


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param({"kinesis": {"sequenceNumber": "2", "data": "!"}}, id="not base64"),
        pytest.param(
            {"kinesis": {"sequenceNumber": "2", "data": base64.b64encode(b"{").decode()}}, id="not JSON"
        ),
        pytest.param(
            {"kinesis": {"sequenceNumber": "2", "data": base64.b64encode(b"[]").decode()}}, id="not a change"
        ),
        pytest.param(
            {"kinesis": {"sequenceNumber": "2", "data": base64.b64encode(b"[" * 100_000).decode()}}, id="deep"
        ),
        pytest.param(record({"kind": "refund"}, 2), id="unknown kind"),
        pytest.param(record({**SALE, "price": "free"}, 2), id="price is text"),
        pytest.param(record({**SALE, "price": 2**63}, 2), id="price too large"),
        pytest.param(record({**SALE, "buyer": 7}, 2), id="buyer is a number"),
        pytest.param(record({**SALE, "buyer": "a\0b"}, 2), id="NUL"),
        pytest.param(record({**SALE, "price": True}, 2), id="price is a boolean"),
        pytest.param(record({**SALE, "price": None}, 2), id="price is null"),
        pytest.param(
            record({name: value for name, value in SALE.items() if name != "sale_id"}, 2), id="no id"
        ),
    ],
)
def test_a_malformed_record_fails_alone(cloud: Cloud, deliver: Deliver, poison: Any) -> None:
    other = sale("A-2", minted(50))
    assert deliver(record(SALE, 1), poison, record(other, 3)) == ["2"]
    assert [row[0] for row in rows(cloud)] == [SALE["sale_id"], other["sale_id"]]


def test_a_row_that_the_database_refuses_fails_alone(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE))
    cloud.aurora.tables.execute(
        "CREATE TRIGGER no BEFORE INSERT ON ticket_sales WHEN NEW.buyer = 'mallory'"
        " BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    good, bad = sale("A-2", minted(50)), sale("A-3", minted(40), buyer="mallory")
    assert deliver(record(bad, 7), record(good, 8)) == ["7"]
    assert [row[0] for row in rows(cloud)] == [SALE["sale_id"], good["sale_id"]]


@pytest.mark.parametrize(
    "code", ["StatementTimeoutException", "ServiceUnavailableError", "DatabaseResumingException"]
)
def test_all_records_are_handed_back_while_the_database_is_unavailable(
    cloud: Cloud, deliver: Deliver, code: str
) -> None:
    fail(cloud, code)
    assert deliver(record(SALE, 1), record(sale("A-2", minted(50)), 2)) == ["1", "2"]
    cloud.before = lambda call: None
    assert deliver(record(SALE, 1)) == []


def test_an_unavailable_database_is_not_called_row_by_row(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE))
    fail(cloud, "ServiceUnavailableError", "BatchExecuteStatement")
    before = len(cloud.calls)
    assert deliver(record(sale("A-2", minted(50)), 1), record(sale("A-3", minted(40)), 2)) == ["1", "2"]
    assert len(cloud.calls) - before == 1, "five hundred more calls would keep a recovering database down"


def test_an_outage_between_two_calls_is_not_a_bad_row(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE))

    def refuse(call: Call) -> None:
        if call.service == "rds-data":
            raise refusal(
                "BadRequestException"
                if call.operation == "BatchExecuteStatement"
                else "ServiceUnavailableError"
            )

    cloud.before = refuse
    before = len(cloud.calls)
    assert deliver(record(sale("A-2", minted(50)), 1), record(sale("A-3", minted(40)), 2)) == ["1", "2"]
    assert len(cloud.calls) - before == 2, "the other rows would keep a recovering database down"


def test_a_batch_takes_few_calls_and_none_is_too_large(cloud: Cloud, deliver: Deliver) -> None:
    many = [record(sale(f"A-{n}", minted(60, n)), n) for n in range(1, 1202)]
    assert deliver(*many) == []
    sizes = [
        len(call.parameters["parameterSets"])
        for call in cloud.calls
        if call.operation == "BatchExecuteStatement"
    ]
    assert sum(sizes) == 1201
    assert max(sizes) <= 1000  # the Data API's request has at most 4 MiB
    assert len(sizes) <= 4
    assert len(rows(cloud)) == 1201


def test_a_batch_is_one_call(cloud: Cloud, deliver: Deliver) -> None:
    before = len(cloud.calls)
    deliver(record(SALE))
    assert [call.operation for call in cloud.calls[before:]] == ["BatchExecuteStatement"]


def test_sales_wait_until_there_is_a_user(cloud: Cloud) -> None:
    function = cloud.function("kinesis_processor")
    event = {"Records": [record(SALE)]}
    assert function(event)["batchItemFailures"] == [{"itemIdentifier": "1"}]
    cloud.rotate()
    assert function(event)["batchItemFailures"] == []


@pytest.mark.parametrize(
    "state", [pytest.param("42P01", id="no table"), pytest.param("28P01", id="refused password")]
)
def test_a_database_that_is_not_ready_refuses_no_row(cloud: Cloud, deliver: Deliver, state: str) -> None:
    def refuse(call: Call) -> None:
        if call.service == "rds-data":
            raise refusal("DatabaseErrorException", message=f"ERROR: no; SQLState: {state}")

    cloud.before = refuse
    before = len(cloud.calls)
    assert deliver(record(SALE, 1), record(sale("A-2", minted(50)), 2)) == ["1", "2"]
    assert len(cloud.calls) - before == 1, "five hundred more calls would be refused as well"


def test_a_call_times_out_before_the_function_does(cloud: Cloud, deliver: Deliver) -> None:
    cloud.clients.clear()
    cloud.function("kinesis_processor")
    assert_calls_time_out_first(cloud, "kinesis_processor")
    assert cloud.clients[0].config.retries["total_max_attempts"] >= 2


def test_sales_are_found_by_event_and_time(cloud: Cloud, deliver: Deliver) -> None:
    deliver(record(SALE))
    plan = cloud.aurora.tables.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM ticket_sales WHERE event_id = 'gala' AND sold_at > 1"
    ).fetchall()
    assert "ticket_sales_by_event" in plan[0][-1]
