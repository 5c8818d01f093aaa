"""The ledger's path into a real PostgreSQL, behind a fake Data API; the suite tests the rest."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aurora_postgresql import DataApi, rotate, running_postgresql
from functions_cloud import Cloud

import dynamo
import ledger


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    with running_postgresql(tmp_path_factory.mktemp("postgres")) as where:
        yield where


@pytest.fixture
def data_api(cloud: Cloud, postgres: Mapping[str, Any]) -> Iterator[DataApi]:
    """A Data API whose secret has been rotated once."""
    api = DataApi(postgres)
    rotate(cloud.function("sales_writer_rotation"), api, "1")
    yield api
    api.close()


@pytest.fixture
def processor(cloud: Cloud, data_api: DataApi) -> Any:
    return cold_start(cloud, data_api)


def cold_start(cloud: Cloud, data_api: DataApi) -> Any:
    function = cloud.function("kinesis_processor")
    function.DATABASE._data_api = data_api
    return function


def sale(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "event_shard": "gala#0",
        "sale_id": f"1700000000000-{number:016x}-00",
        "kind": "sale",
        "event_id": "gala",
        "seat_id": f"A-{number + 1}",
        "order_id": f"1700000000000-{number:016x}",
        "seats": [f"A-{number + 1}"],
        "buyer": "alice",
        "price": 10000,
        "currency": "USD",
        "epoch": 1,
        "home_region": "us-east-1",
        "sold_at": 1700000000000,
        "idempotency_key": "key-00001",
        "body_hash": "0" * 32,
        **changes,
    }


def record(number: str, item: dict[str, Any] | None, kind: str = "INSERT") -> dict[str, Any]:
    change = {"eventName": kind, "dynamodb": {"NewImage": dynamo.pack(item)["M"]} if item else {}}
    data = base64.b64encode(json.dumps(change).encode()).decode()
    return {"kinesis": {"sequenceNumber": number, "data": data}}


def send(processor: Any, *records: dict[str, Any]) -> list[str]:
    answer = processor.handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_repeated_and_reordered_records_are_one_sale(processor: Any, data_api: DataApi) -> None:
    entries = [sale(number) for number in range(6)]
    entries += [ledger.void_of(entry, 1700000009000, "oversold") for entry in entries[:3]]
    order = random.Random(3)
    for _ in range(5):
        records = [record(str(n), entry) for n, entry in enumerate(entries * 2)]
        order.shuffle(records)
        assert send(processor, *records[:9]) == []
        assert send(processor, *records[9:]) == []
        rows = data_api.rows()
        assert len(rows) == 6
        assert all(row["price"] == 10000 and row["buyer"] == "alice" for row in rows.values())
        assert [rows[entry["sale_id"]]["voided_at"] for entry in entries[:6]] == [1700000009000] * 3 + [
            None
        ] * 3
        data_api.master.run("DELETE FROM ticket_sales")


def test_a_row_that_postgresql_refuses_fails_alone(processor: Any, data_api: DataApi) -> None:
    send(processor, record("0", sale(0)))
    data_api.master.run("ALTER TABLE ticket_sales ADD CHECK (price > 0)")
    assert send(processor, *(record(str(n), sale(n, price=n - 2)) for n in range(1, 6))) == ["1", "2"]
    assert len(data_api.rows()) == 4


def test_a_purchase_becomes_a_row(cloud: Cloud, processor: Any, data_api: DataApi) -> None:
    cloud.event()
    order = {"event_id": "gala", "seats": ["A-1", "B-2"]}
    cloud.ask(cloud.function("ticket_purchase"), "POST /tickets", order, key="key-00001")
    assert send(processor, *(record(entry["seat_id"], entry) for entry in cloud.items("sales"))) == []
    assert {row["seat_id"]: row["price"] for row in data_api.rows().values()} == {"A-1": 10000, "B-2": 4000}
