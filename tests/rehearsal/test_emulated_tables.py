"""The emulator's DynamoDB: global tables with lag and lost updates, transactions that are all or nothing."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from ticketgen.rehearsal.emulator_client import EmulatedAws

HERE, THERE = "us-east-1", "eu-west-1"


@dataclass(frozen=True)
class Table:
    """A global table in two Regions, and clients as an operator has them or as a function has."""

    aws: EmulatedAws
    name: str

    def client(self, region: str, caller: str = "tester") -> Any:
        once = {"total_max_attempts": 1}
        return self.aws.client("dynamodb", region, caller, retries=once, connect_timeout=1, read_timeout=5)

    def put(self, region: str, key: str, value: str) -> None:
        item = {"id": {"S": key}, "part": {"S": "1"}, "value": {"S": value}}
        self.client(region).put_item(TableName=self.name, Item=item)

    def value(self, region: str, key: str) -> str | None:
        found = self.client(region).get_item(TableName=self.name, Key={"id": {"S": key}, "part": {"S": "1"}})
        return found["Item"]["value"]["S"] if "Item" in found else None


@pytest.fixture
def table(aws: EmulatedAws) -> Table:
    table = Table(aws, f"table-{uuid.uuid4().hex}")
    client = table.client(HERE)
    client.create_table(
        TableName=table.name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "part")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.update_table(TableName=table.name, ReplicaUpdates=[{"Create": {"RegionName": THERE}}])
    return table


def soon(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_write_is_replicated_with_a_delay(table: Table) -> None:
    def seen_at_once(seat: str) -> bool:
        table.put(HERE, seat, "sold")
        assert table.value(HERE, seat) == "sold"
        return table.value(THERE, seat) is not None

    # A write is under way for up to 0.8 s; where so much else runs that one look takes longer, another is soon enough.
    assert not all(seen_at_once(f"seat-{number}") for number in range(20))
    assert soon(lambda: table.value(THERE, "seat-0") == "sold")


def test_the_emulator_counts_its_calls_to_dynamodb(table: Table) -> None:
    before = table.aws.control("state")["usage"]["dynamodb"]
    for number in range(20):
        table.put(HERE, f"item-{number}", "a")
    after = table.aws.control("state")["usage"]["dynamodb"]
    assert after["calls"] - before["calls"] == 20
    assert 0 < after["processor"] - before["processor"] <= after["seconds"] - before["seconds"]
    assert 0 <= after["waited"] - before["waited"] < after["seconds"] - before["seconds"]


def test_the_later_of_two_writes_wins_in_both_regions(table: Table) -> None:
    table.put(HERE, "seat", "first")
    table.put(THERE, "seat", "second")
    assert soon(lambda: {table.value(region, "seat") for region in (HERE, THERE)} == {"second"})
    time.sleep(1)
    assert {table.value(region, "seat") for region in (HERE, THERE)} == {"second"}


def test_a_deletion_is_replicated(table: Table) -> None:
    table.put(HERE, "seat", "sold")
    assert soon(lambda: table.value(THERE, "seat") == "sold")
    table.client(THERE).delete_item(TableName=table.name, Key={"id": {"S": "seat"}, "part": {"S": "1"}})
    assert soon(lambda: table.value(HERE, "seat") is None)


def test_an_update_changes_one_region_at_a_time(table: Table) -> None:
    table.put(HERE, "seat", "old")
    assert soon(lambda: table.value(THERE, "seat") == "old")
    table.aws.control(f"cut/{THERE}")
    try:
        table.client(HERE).update_item(
            TableName=table.name,
            Key={"id": {"S": "seat"}, "part": {"S": "1"}},
            UpdateExpression="SET #v = :new",
            ExpressionAttributeNames={"#v": "value"},
            ExpressionAttributeValues={":new": {"S": "new"}},
        )
        assert (table.value(HERE, "seat"), table.value(THERE, "seat")) == ("new", "old")
    finally:
        table.aws.control(f"heal/{THERE}")
    assert soon(lambda: table.value(THERE, "seat") == "new")


def test_writes_of_a_disconnected_region_arrive_after_reconnection(table: Table) -> None:
    table.aws.control(f"cut/{THERE}")
    try:
        table.put(THERE, "seat", "sold")
        assert not soon(lambda: table.value(HERE, "seat") == "sold", 1.5)
        # A function in another Region gets no answer from it, and one in the same Region does.
        with pytest.raises((BotoCoreError, ClientError)):
            table.client(THERE, f"FUNCTION.{HERE}").describe_table(TableName=table.name)
        assert table.client(THERE, f"FUNCTION.{THERE}").describe_table(TableName=table.name)
    finally:
        table.aws.control(f"heal/{THERE}")
    assert soon(lambda: table.value(HERE, "seat") == "sold")


def put(table: Table, key: str, value: str, unless: str = "attribute_not_exists(id)") -> dict[str, Any]:
    item = {"id": {"S": key}, "part": {"S": "1"}, "value": {"S": value}}
    return {
        "Put": {
            "TableName": table.name,
            "Item": item,
            "ConditionExpression": unless,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def test_a_transaction_with_a_failed_condition_writes_nothing_and_names_it(table: Table) -> None:
    table.put(HERE, "b", "there before")
    with pytest.raises(ClientError) as refused:
        table.client(HERE).transact_write_items(TransactItems=[put(table, "a", "x"), put(table, "b", "x")])
    reasons = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["value"] == {"S": "there before"}
    assert table.value(HERE, "a") is None


def test_a_transaction_runs_once_per_token(table: Table) -> None:
    client, token = table.client(HERE), uuid.uuid4().hex
    for _ in range(2):  # the second would fail its condition
        client.transact_write_items(TransactItems=[put(table, "a", "x")], ClientRequestToken=token)
    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[put(table, "a", "x")], ClientRequestToken=uuid.uuid4().hex)


def test_each_item_of_a_transaction_is_replicated_and_deletions_are_too(table: Table) -> None:
    table.put(HERE, "old", "there before")
    table.put(HERE, "checked", "there before")
    assert soon(lambda: table.value(THERE, "old") == table.value(THERE, "checked") == "there before")
    step = {"TableName": table.name, "ConditionExpression": "attribute_exists(id)"}
    steps = [
        put(table, "a", "new"),
        put(table, "b", "new"),
        {"ConditionCheck": {**step, "Key": {"id": {"S": "checked"}, "part": {"S": "1"}}}},
        {"Delete": {**step, "Key": {"id": {"S": "old"}, "part": {"S": "1"}}}},
    ]
    table.client(HERE).transact_write_items(TransactItems=steps)
    assert [table.value(HERE, key) for key in ("a", "b", "checked", "old")] == [
        "new",
        "new",
        "there before",
        None,
    ]
    assert soon(lambda: table.value(THERE, "a") == table.value(THERE, "b") == "new")
    assert soon(lambda: table.value(THERE, "old") is None)
    assert table.value(THERE, "checked") == "there before"


@pytest.mark.parametrize("kind", ["ConditionCheck", "Delete"])
def test_a_check_and_a_deletion_name_their_failed_condition_with_the_item(table: Table, kind: str) -> None:
    table.put(HERE, "seat", "sold")
    step = {
        "TableName": table.name,
        "Key": {"id": {"S": "seat"}, "part": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(#v)",
        "ExpressionAttributeNames": {"#v": "value"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as refused:
        table.client(HERE).transact_write_items(TransactItems=[put(table, "a", "x"), {kind: step}])
    reasons = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["value"] == {"S": "sold"}
    assert (table.value(HERE, "a"), table.value(HERE, "seat")) == (None, "sold")


@pytest.mark.parametrize(
    "step",
    [
        {"Put": {"Item": {"id": {"S": "gala"}}}},
        {"Delete": {"Key": {"id": {"S": "gala"}}}},
        {"Delete": {"Key": {"id": {"S": "gala"}, "part": {"S": "1"}, "value": {"S": "x"}}}},
        {"ConditionCheck": {"Key": {"id": {"S": "gala"}}, "ConditionExpression": "attribute_exists(id)"}},
    ],
)
def test_a_transaction_refuses_a_key_that_the_table_does_not_have(table: Table, step: dict[str, Any]) -> None:
    ((kind, request),) = step.items()
    with pytest.raises(ClientError, match="ValidationException"):
        table.client(HERE).transact_write_items(TransactItems=[{kind: {"TableName": table.name, **request}}])


def test_a_query_reads_backwards_page_by_page(table: Table) -> None:
    client = table.client(HERE)
    for number in range(7):
        item = {"id": {"S": "event"}, "part": {"S": str(number)}, "value": {"S": "v"}}
        client.put_item(TableName=table.name, Item=item)
    for forward, size, expected in (
        (False, 3, [["6", "5", "4"], ["3", "2", "1"], ["0"]]),
        (True, 3, [["0", "1", "2"], ["3", "4", "5"], ["6"]]),
        (False, None, [["6", "5", "4", "3", "2", "1", "0"]]),
    ):
        pages = client.get_paginator("query").paginate(
            TableName=table.name,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "event"}},
            ScanIndexForward=forward,
            PaginationConfig={"PageSize": size},
        )
        assert [[item["part"]["S"] for item in page["Items"]] for page in pages] == expected


def test_a_query_answers_a_range_in_order_and_projected_page_by_page(table: Table) -> None:
    client = table.client(HERE)
    many = {f"attribute{number}": {"S": "x"} for number in range(100)}
    for number in range(400):
        item = {"id": {"S": "event"}, "part": {"S": f"{number:03d}"}, "value": {"S": "v"}, **many}
        client.put_item(TableName=table.name, Item=item)
    query: dict[str, Any] = {
        "TableName": table.name,
        "KeyConditionExpression": "id = :id AND part BETWEEN :first AND :last",
        "ExpressionAttributeValues": {":id": {"S": "event"}, ":first": {"S": "010"}, ":last": {"S": "389"}},
        "ProjectionExpression": "part",
    }
    pages = list(client.get_paginator("query").paginate(**query))
    assert len(pages) > 1
    found = [item["part"]["S"] for page in pages for item in page["Items"]]
    assert found == [f"{number:03d}" for number in range(10, 390)]
    assert {name for page in pages for item in page["Items"] for name in item} == {"part"}


def test_a_table_streams_its_changes_to_kinesis(table: Table, aws: EmulatedAws) -> None:
    kinesis = aws.client("kinesis", HERE)
    kinesis.create_stream(StreamName=table.name, ShardCount=1)
    arn = kinesis.describe_stream(StreamName=table.name)["StreamDescription"]["StreamARN"]
    table.client(HERE).enable_kinesis_streaming_destination(TableName=table.name, StreamArn=arn)
    table.put(HERE, "seat", "sold")
    shard = kinesis.list_shards(StreamName=table.name)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=table.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    change = json.loads(record["Data"])
    assert (change["eventName"], change["dynamodb"]["NewImage"]["value"]) == ("INSERT", {"S": "sold"})


def test_an_item_created_by_an_update_is_read_completely_everywhere(table: Table) -> None:
    table.client(HERE).update_item(
        TableName=table.name,
        Key={"id": {"S": "seat"}, "part": {"S": "1"}},
        UpdateExpression="SET checked_to = :now",
        ConditionExpression="attribute_not_exists(checked_to) OR checked_to < :now",
        ExpressionAttributeValues={":now": {"N": "7"}},
    )
    for region in (HERE, THERE):
        client = table.client(region)

        def whole(client: Any = client) -> bool:
            found = client.query(
                TableName=table.name,
                KeyConditionExpression="id = :id",
                ExpressionAttributeValues={":id": {"S": "seat"}},
            )
            return [item.get("checked_to") for item in found["Items"]] == [{"N": "7"}]

        assert soon(whole)
