"""The suite's DynamoDB answers like DynamoDB Local to all calls that the functions use."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_local import new_account
from functions_cloud import Sdk

from support.dynamodb import Region, Table

NAME = "seats"
KEY = {"event_shard": {"S": "gala#0"}, "seat_id": {"S": "A-1"}}
ITEM = {
    **KEY,
    "epoch": {"N": "2"},
    "expiry_time": {"N": "100"},
    "holder": {"S": "h"},
    "seats": {"L": [{"S": "A-1"}]},
}
OTHER = {**ITEM, "seat_id": {"S": "A-2"}, "epoch": {"N": "10"}}


@pytest.fixture
def both(dynamodb: int) -> tuple[Any, Any]:
    """A call of either: operation and parameters to the answer, or the error's code and reasons."""
    fake = Region({NAME: Table(NAME, ("event_shard", "seat_id"), {"event_shard": "S", "seat_id": "S"})})
    real = Sdk(new_account(), f"http://127.0.0.1:{dynamodb}").client("dynamodb", region_name="us-east-1")
    real.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "event_shard", "KeyType": "HASH"},
            {"AttributeName": "seat_id", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("event_shard", "seat_id")
        ],
    )
    return (
        (lambda operation, **parameters: fake.call(operation, parameters)),
        (lambda operation, **parameters: getattr(real, _snake(operation))(**parameters)),
    )


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).strip("_")


def outcome(call: Any, operation: str, **parameters: Any) -> Any:
    """The answer of a call, without its metadata."""
    try:
        answer = call(operation, **parameters)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        cancelled = [(reason.get("Code", "None"), reason.get("Item")) for reason in reasons]
        return error.response["Error"]["Code"], cancelled
    compared = ("Count", "Item", "Items", "LastEvaluatedKey", "Responses", "ScannedCount", "UnprocessedKeys")
    return {name: value for name, value in answer.items() if name in compared}


def same_answer(both: tuple[Any, Any], operation: str, **parameters: Any) -> Any:
    of_fake, of_dynamodb = (outcome(call, operation, **parameters) for call in both)
    assert of_fake == of_dynamodb
    return of_fake


CONDITIONS = [
    ("attribute_not_exists(holder)", {}),
    ("attribute_exists(holder)", {}),
    ("attribute_not_exists(holder) OR expiry_time < :now", {":now": {"N": "101"}}),
    ("attribute_not_exists(holder) OR expiry_time < :now", {":now": {"N": "100"}}),
    ("expiry_time >= :now AND epoch = :epoch", {":now": {"N": "100"}, ":epoch": {"N": "2"}}),
    ("expiry_time > :now", {":now": {"N": "100"}}),
    ("expiry_time <= :now", {":now": {"N": "99"}}),
    ("epoch <> :epoch", {":epoch": {"N": "2"}}),
    ("holder = :h AND seats = :s", {":h": {"S": "h"}, ":s": {"L": [{"S": "A-1"}]}}),
    ("holder IN (:a, :b)", {":a": {"S": "x"}, ":b": {"S": "h"}}),
    ("holder IN (:a)", {":a": {"S": "x"}}),
    ("absent_one = :a", {":a": {"S": "x"}}),
    ("absent_one < :a", {":a": {"N": "1"}}),
    ("NOT (holder = :h)", {":h": {"S": "h"}}),
    (
        "epoch < :e OR (holder = :h AND expiry_time < :n)",
        {":e": {"N": "1"}, ":h": {"S": "h"}, ":n": {"N": "200"}},
    ),
    ("expiry_time BETWEEN :a AND :b", {":a": {"N": "1"}, ":b": {"N": "100"}}),
    ("begins_with(holder, :h)", {":h": {"S": "h"}}),
]


@pytest.mark.parametrize(("condition", "values"), CONDITIONS, ids=[condition for condition, _ in CONDITIONS])
@pytest.mark.parametrize("there", [True, False], ids=["there", "absent"])
def test_conditions_agree(both: tuple[Any, Any], condition: str, values: dict[str, Any], there: bool) -> None:
    if there:
        same_answer(both, "PutItem", TableName=NAME, Item=ITEM)
    given = {"ExpressionAttributeValues": values} if values else {}
    same_answer(
        both,
        "PutItem",
        TableName=NAME,
        Item={**ITEM, "new": {"S": "1"}},
        ConditionExpression=condition,
        **given,
    )
    same_answer(both, "Scan", TableName=NAME)
    check = {
        "TableName": NAME,
        "Key": KEY,
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    put = {"TableName": NAME, "Item": OTHER, "ConditionExpression": "attribute_not_exists(seat_id)"}
    same_answer(
        both, "TransactWriteItems", TransactItems=[{"Put": put}, {"ConditionCheck": {**check, **given}}]
    )
    same_answer(both, "Scan", TableName=NAME)


def test_reads_agree(both: tuple[Any, Any]) -> None:
    for item in (ITEM, OTHER):
        same_answer(both, "PutItem", TableName=NAME, Item=item)
    assert same_answer(both, "GetItem", TableName=NAME, Key=KEY)["Item"] == ITEM
    same_answer(both, "GetItem", TableName=NAME, Key={**KEY, "seat_id": {"S": "no"}})
    same_answer(both, "GetItem", TableName="nowhere", Key=KEY)
    query = {"TableName": NAME, "KeyConditionExpression": "event_shard = :s AND seat_id BETWEEN :a AND :b"}
    values = {":s": {"S": "gala#0"}, ":a": {"S": "A-1"}, ":b": {"S": "A-1~"}}
    same_answer(both, "Query", **query, ExpressionAttributeValues=values)
    same_answer(both, "Query", **query, ExpressionAttributeValues={**values, ":b": {"S": "A"}})
    same_answer(
        both,
        "Query",
        **query,
        FilterExpression="epoch = :e",
        ProjectionExpression="seat_id, epoch",
        ExpressionAttributeValues={**values, ":b": {"S": "Z"}, ":e": {"N": "10"}},
    )
    same_answer(
        both, "BatchGetItem", RequestItems={NAME: {"Keys": [KEY], "ProjectionExpression": "seat_id, holder"}}
    )
    same_answer(both, "TransactGetItems", TransactItems=[{"Get": {"TableName": NAME, "Key": KEY}}])


def test_updates_and_removals_agree(both: tuple[Any, Any]) -> None:
    update = {"TableName": NAME, "Key": KEY, "UpdateExpression": "SET checked_to = :new"}
    first = {
        "ConditionExpression": "attribute_not_exists(checked_to)",
        "ExpressionAttributeValues": {":new": {"N": "5"}},
    }
    same_answer(both, "UpdateItem", **update, **first)
    same_answer(both, "UpdateItem", **update, **first)
    older = {"ConditionExpression": "attribute_not_exists(checked_to) OR checked_to < :new"}
    same_answer(both, "UpdateItem", **update, **older, ExpressionAttributeValues={":new": {"N": "4"}})
    same_answer(both, "UpdateItem", **update, **older, ExpressionAttributeValues={":new": {"N": "6"}})
    same_answer(both, "Scan", TableName=NAME)
    delete = {"TableName": NAME, "Key": KEY, "ConditionExpression": "checked_to = :old"}
    same_answer(both, "DeleteItem", **delete, ExpressionAttributeValues={":old": {"N": "5"}})
    same_answer(both, "DeleteItem", **delete, ExpressionAttributeValues={":old": {"N": "6"}})
    same_answer(both, "Scan", TableName=NAME)


def test_refused_calls_agree(both: tuple[Any, Any]) -> None:
    put = {"Put": {"TableName": NAME, "Item": ITEM}}
    same_answer(both, "TransactWriteItems", TransactItems=[put, put])
    same_answer(both, "PutItem", TableName=NAME, Item={"event_shard": {"S": "x"}})
    same_answer(both, "GetItem", TableName=NAME, Key={"event_shard": {"S": "x"}})


def test_a_value_that_no_expression_uses_is_refused(both: tuple[Any, Any]) -> None:
    values = {":a": {"S": "1"}, ":b": {"S": "1"}}
    put = {"ConditionExpression": "holder = :a", "ExpressionAttributeValues": values}
    code, _ = same_answer(both, "PutItem", TableName=NAME, Item=ITEM, **put)
    assert code == "ValidationException"


def test_pagination_agrees() -> None:
    region = Region(
        {NAME: Table(NAME, ("event_shard", "seat_id"), {"event_shard": "S", "seat_id": "S"})}, page=1
    )
    for item in (ITEM, OTHER):
        region.call("PutItem", {"TableName": NAME, "Item": item})
    first = region.call("Scan", {"TableName": NAME})
    assert (first["Items"], first["LastEvaluatedKey"]) == ([ITEM], KEY)
    second = region.call("Scan", {"TableName": NAME, "ExclusiveStartKey": KEY})
    assert second["Items"] == [OTHER]
    assert "LastEvaluatedKey" not in second
