"""DynamoDB calls without moto's web framework: the same handlers and tables, in a tenth of the time.

moto converts requests and answers by the service's model, which DynamoDB does not need: its JSON is sent as it is.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoHandler

from ticketgen.rehearsal.emulator.items import condition, image
from ticketgen.rehearsal.emulator.key_schemas import check_keys
from ticketgen.rehearsal.emulator.replication import LOCK
from ticketgen.rehearsal.emulator.transactions import transact
from ticketgen.rehearsal.emulator.usage import USAGE

__all__ = ["OPERATIONS", "answer", "query"]

_PREFIX = "DynamoDB_20120810."

OPERATIONS = {
    _PREFIX + operation: method
    for operation, method in {
        "BatchGetItem": "batch_get_item",
        "BatchWriteItem": "batch_write_item",
        "DeleteItem": "delete_item",
        "GetItem": "get_item",
        "PutItem": "put_item",
        "Query": "query",
        "Scan": "scan",
        "TransactGetItems": "transact_get_items",
        "TransactWriteItems": "transact_write_items",
        "UpdateItem": "update_item",
    }.items()
}
"""moto's method by the value of `X-Amz-Target`."""


def answer(target: str, region: str, body: bytes) -> tuple[int, str]:
    """The HTTP status and the answer to one of `OPERATIONS`."""
    handler = DynamoHandler()
    handler.region, handler.current_account = region, DEFAULT_ACCOUNT_ID
    handler.body = json.loads(body)
    handler.response_headers = {}
    began, processor, waited = time.monotonic(), time.thread_time(), 0.0
    try:
        with LOCK:
            waited = time.monotonic() - began
            check_keys(handler.dynamodb_backend, handler.body)
            if target.endswith(".TransactWriteItems"):
                transact(handler.dynamodb_backend, handler.body)
                return 200, "{}"
            found = query(handler.dynamodb_backend, handler.body) if target.endswith(".Query") else None
            result: Any = getattr(handler, OPERATIONS[target])().result if found is None else found
            return 200, json.dumps(result)
    except JsonRESTError as error:
        return int(error.code), error.description
    finally:
        USAGE.table_call(waited, time.monotonic() - began, time.thread_time() - processor)


# The two key conditions that the functions use; moto serves all others.
_KEYS = re.compile(r"(\w+) = (:\w+)(?: AND (\w+) BETWEEN (:\w+) AND (:\w+))?")
_PAGE_BYTES = 1_000_000


def query(backend: DynamoDBBackend, request: dict[str, Any]) -> dict[str, Any] | None:
    """A page of a Query of one partition; None if moto has to serve this kind of Query."""
    keys = _KEYS.fullmatch(request.get("KeyConditionExpression", ""))
    names = [name.strip() for name in request.get("ProjectionExpression", "").split(",") if name.strip()]
    if not keys or "IndexName" in request or not all(map(str.isidentifier, names)):
        return None
    table: Any = backend.get_table(request["TableName"])
    values = request["ExpressionAttributeValues"]
    partition = table.items.get(DynamoType(values[keys[2]]), {})
    first, last = (values[keys[4]]["S"], values[keys[5]]["S"]) if keys[3] else ("", "\uffff")
    backward, limit = request.get("ScanIndexForward") is False, request.get("Limit")
    after = request.get("ExclusiveStartKey", {}).get(table.range_key_attr, {}).get("S")
    holds = condition(request.get("FilterExpression"), request.get("ExpressionAttributeNames"), values)
    found: list[dict[str, Any]] = []
    scanned, size, latest = 0, 0, None
    for item in sorted(partition.values(), key=lambda item: item.range_key.value, reverse=backward):
        key = item.range_key.value
        if not first <= key <= last or (after is not None and (key >= after if backward else key <= after)):
            continue
        if size > _PAGE_BYTES or scanned == limit:
            end = {name: image(latest)[name] for name in table.table_key_attrs}
            return {"Items": found, "Count": len(found), "ScannedCount": scanned, "LastEvaluatedKey": end}
        scanned, size, latest = scanned + 1, size + 40 * len(item.attrs), item
        if holds.expr(item):
            whole = image(item)
            found.append({name: whole[name] for name in names if name in whole} if names else whole)
    return {"Items": found, "Count": len(found), "ScannedCount": scanned}
