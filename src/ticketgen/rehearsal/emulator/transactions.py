"""DynamoDB's transactions: atomic in their own Region only, and idempotent by their token."""

from __future__ import annotations

import time
from typing import Any

from moto.dynamodb.exceptions import (
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from ticketgen.rehearsal.emulator.items import condition, image, item_from, store

__all__ = ["transact"]

_TOKEN_SECONDS = 600
"""Seconds for which a ClientRequestToken is remembered. Source: DynamoDB API reference, TransactWriteItems."""

# AWS words these refusals so.
_MISSING = "One or more parameter values were invalid: Missing the key {name} in the item"
_OTHER_KEY = "The provided key element does not match the schema"

_TOKENS: dict[tuple[str, str, str], float] = {}


def transact(backend: DynamoDBBackend, request: dict[str, Any]) -> None:
    """Execute `TransactWriteItems`: all steps or none, and only once per token.

    Raises:
        JsonRESTError: the transaction was refused, with DynamoDB's error code.
    """
    token = request.get("ClientRequestToken")
    known = (backend.account_id, backend.region_name, token or "")
    now = time.monotonic()
    if token and _TOKENS.get(known, 0) > now:
        return
    _transact(backend, request["TransactItems"])
    if token:
        _TOKENS[known] = now + _TOKEN_SECONDS


def _key_in(table: Table, kind: str, request: dict[str, Any]) -> dict[str, Any]:
    """The key of the item that a step is about.

    Raises:
        MockValidationException: it lacks an attribute of the table's key, or has another one.
    """
    names = set(table.table_key_attrs)
    if kind == "Put":
        missing = names - request["Item"].keys()
        if missing:
            raise MockValidationException(_MISSING.format(name=min(missing)))
    elif request["Key"].keys() != names:
        raise MockValidationException(_OTHER_KEY)
    return {name: request["Item" if kind == "Put" else "Key"][name] for name in table.table_key_attrs}


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Check all conditions, then write, so that nothing has to be undone; moto would copy whole tables."""
    if len(transact_items) > 100:
        raise TooManyTransactionsException()
    seen: set[tuple[str, str]] = set()
    errors: list[tuple[Any, Any, Any]] = []
    for action in transact_items:
        ((kind, request),) = action.items()
        table = backend.get_table(request["TableName"])
        key = _key_in(table, kind, request)
        if (table.name, str(key)) in seen:
            raise MultipleTransactionsException()
        seen.add((table.name, str(key)))
        current = backend.get_item(table.name, key)
        holds = condition(
            request.get("ConditionExpression"),
            request.get("ExpressionAttributeNames"),
            request.get("ExpressionAttributeValues"),
        )
        if holds.expr(current):
            errors.append((None, None, None))
        else:
            old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and current
            found = image(current) if old and current is not None else None
            errors.append(("ConditionalCheckFailed", "The conditional request failed", found))
    if any(code for code, _, _ in errors):
        raise TransactionCanceledException(errors)
    for action in transact_items:
        ((kind, request),) = action.items()
        if kind == "Put":
            table = backend.get_table(request["TableName"])
            store(table, item_from(table, request["Item"]))
        elif kind == "Delete":
            backend.delete_item(request["TableName"], request["Key"])
        elif kind == "Update":
            backend.update_item(
                request["TableName"],
                request["Key"],
                update_expression=request["UpdateExpression"],
                expression_attribute_names=request.get("ExpressionAttributeNames", {}),
                expression_attribute_values=request.get("ExpressionAttributeValues", {}),
            )
