"""What the suite's fake DynamoDB cannot show: the limits of a real transaction, and concurrent writers."""

from __future__ import annotations

import json
import threading
from typing import Any

import boto3
import pytest
from functions_cloud import HOME, Cloud
from ledger_entries import entry, sell, verify


class Refunds:
    """The queue of refunds."""

    def __init__(self) -> None:
        self._sqs = boto3.client("sqs", region_name=HOME)
        created = self._sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})
        self.url = created["QueueUrl"]

    def sent(self) -> list[dict[str, Any]]:
        """The first ten messages, which stay in the queue."""
        answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def refunds(cloud: Cloud) -> Refunds:
    return Refunds()


def correct(cloud: Cloud, answer: dict[str, Any], refunds: Refunds) -> dict[str, int]:
    done = cloud.function("oversell_corrector", REFUNDS_QUEUE_URL=refunds.url).handler(
        {"findings": answer["findings"]}, None
    )
    assert isinstance(done, dict)
    return done


def test_the_largest_orders_fit_a_transaction(cloud: Cloud) -> None:
    cloud.event(seats_per_buyer=100)
    function = cloud.function("ticket_purchase")
    seats = [f"A-{number}" for number in range(1, 33)]
    order: dict[str, Any] = {"event_id": "gala", "seats": seats}
    assert cloud.ask(function, "POST /tickets", order, key="key-00001").status == 201
    order["seats"] = [f"A-{number}" for number in range(33, 51)] + [f"B-{number}" for number in range(1, 15)]
    order["hold_id"] = cloud.ask(function, "POST /holds", order).body["hold_id"]
    assert cloud.ask(function, "POST /tickets", order, key="key-00002").status == 201
    assert max(len(call.parameters.get("TransactItems", ())) for call in cloud.calls) == 99


def test_an_oversell_is_corrected_once(cloud: Cloud, refunds: Refunds) -> None:
    event = cloud.event()
    first = entry(event, "A-1", age=60, number=1)
    cloud.put("sales", first)
    second = sell(cloud, entry(event, "A-1", age=50, number=2))
    found = verify(cloud)
    assert found["findings"] == [
        {"kind": "oversold", "event_id": "gala", "seat_id": "A-1",
         "sales": {first["sale_id"]: HOME, second["sale_id"]: HOME}}
    ]  # fmt: skip
    assert correct(cloud, found, refunds) == {"corrected": 1, "published": 1, "failed": 0}
    assert [item["sale_id"] for item in cloud.items("inventory")] == [first["sale_id"]]
    assert [sale["voids"] for sale in cloud.items("sales") if sale["kind"] == "void"] == [second["sale_id"]]
    assert [(refund["sale_id"], refund["buyer"]) for refund in refunds.sent()] == [
        (second["sale_id"], "buyer-2")
    ]
    audit = {item["entry_id"]: item.get("refund") for item in cloud.items("corrections")}
    assert audit["refund#" + second["sale_id"]] == "published"
    assert correct(cloud, found, refunds) == {"corrected": 0, "published": 0, "failed": 0}
    assert len(refunds.sent()) == 1
    assert verify(cloud)["findings"] == []


def test_racing_correctors_void_once(cloud: Cloud, refunds: Refunds) -> None:
    event = cloud.event()
    for seat in range(1, 6):
        for number in range(3):
            cloud.put("sales", entry(event, f"A-{seat}", age=60 - number, number=10 * seat + number))
    findings = verify(cloud)["findings"]
    functions = [cloud.function("oversell_corrector", REFUNDS_QUEUE_URL=refunds.url) for _ in range(3)]
    threads = [threading.Thread(target=f.handler, args=({"findings": findings}, None)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    correct(cloud, verify(cloud), refunds)
    assert len([sale for sale in cloud.items("sales") if sale["kind"] == "void"]) == 10
    assert {item["buyer"] for item in cloud.items("inventory")} == {
        f"buyer-{10 * seat}" for seat in range(1, 6)
    }
    assert len({refund["sale_id"] for refund in refunds.sent()}) == 10
    assert verify(cloud)["findings"] == []
