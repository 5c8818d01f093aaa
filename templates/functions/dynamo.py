"""DynamoDB with plain Python values, and transactions with a deadline.

botocore's own retries are disabled for writes: botocore would sleep for a second on throttling, would repeat a call
after the caller's copy of the event has expired, and never retries a conflict. `transact` retries instead.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

__all__ = [
    "LOST", "Busy", "Client", "Item", "Refused", "Stale", "Step", "Unreachable", "be_patient", "client", "get", "hurry",
    "pack", "pages", "plain", "snapshot", "transact", "unpack", "unreachable",
]  # fmt: skip

Client = Any  # boto3 has no type hints
Item = dict[str, Any]

CONNECT_SECONDS, READ_SECONDS = 0.5, 1.5  # together the 2 s in which a call must answer

# Error codes after which the same call may succeed a moment later. Source: "Error handling with DynamoDB",
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
CROWDED = {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
OVERLOADED = {
    "InternalServerError", "LimitExceededException", "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ServiceUnavailable", "ThrottlingError",
    "ThrottlingException",
}  # fmt: skip

LOST = (HTTPClientError, NoConnection)  # no connection, or no answer

_patience = {"share": 1.0}  # of those seconds
_clients: dict[tuple[str, int], Client] = {}
_creating = threading.Lock()  # threads may share clients, but must not create them concurrently


def hurry(seconds: float, longest: float) -> float:
    """Shorten all calls where a function has less time than its longest call takes with all attempts.

    A tenth of the function's time is left for the rest of its work. Call it before the first `client`.

    Returns:
        The share of its usual time that each call gets.
    """
    _patience["share"] = min(1.0, 0.9 * seconds / longest)
    return _patience["share"]


def be_patient(share: float) -> None:
    """Give each call so many times its usual time, for scripts that read whole events from far away."""
    _patience["share"] = share


def client(region: str, attempts: int = 1) -> Client:
    """The DynamoDB client of a Region: use one attempt for writes, several for reads."""
    with _creating:
        if (region, attempts) not in _clients:
            made = boto3.client(
                "dynamodb",
                region_name=region,
                config=Config(
                    connect_timeout=CONNECT_SECONDS * _patience["share"],
                    read_timeout=READ_SECONDS * _patience["share"],
                    retries={"total_max_attempts": attempts, "mode": "standard"},
                    max_pool_connections=50,
                ),
            )
            # botocore's parser checks each attribute of a page for ten value types, and changes none that our tables
            # use. That would be most of the time to load a seat map, so it is bypassed.
            made.meta.service_model.operation_model("Query").output_shape.members.pop("Items", None)
            made.meta.events.register("before-parse.dynamodb.Query", _items_read_once, unique_id="items")
            made.meta.events.register("after-call.dynamodb.Query", _items_as_sent, unique_id="items-late")
            _clients[region, attempts] = made
        return _clients[region, attempts]


def _items_read_once(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Read the answer of a Query, and leave everything but its items to botocore."""
    if response_dict["status_code"] == 200:
        answer = json.loads(response_dict["body"])
        customized_response_dict["Items"] = answer.pop("Items")
        response_dict["body"] = json.dumps(answer).encode()


def _items_as_sent(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Add the items to the answer of a Query; botocore before 1.35.57 does not ask before it parses."""
    if http_response.status_code == 200 and "Items" not in parsed:
        parsed["Items"] = json.loads(http_response.content)["Items"]


def pack(value: Any) -> dict[str, Any]:
    """Convert a plain value (str, int, bool, None, list, dict) to DynamoDB's notation."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, (list, tuple)):
        return {"L": [pack(part) for part in value]}
    return {"M": {key: pack(part) for key, part in value.items()}}


def unpack(typed: dict[str, Any]) -> Any:
    """Convert DynamoDB's notation to a plain value.

    Raises:
        ValueError: it is not DynamoDB's notation, or a type that our tables do not use: a set, bytes or a fraction.
    """
    ((kind, value),) = typed.items()
    if kind in ("S", "BOOL"):
        return value
    if kind == "N":
        return int(value)
    if kind == "NULL":
        return None
    if kind == "L":
        return [unpack(part) for part in value]
    if kind == "M":
        return {key: unpack(part) for key, part in value.items()}
    raise ValueError(f"an attribute of type {kind}")


def get(dynamo: Client, table: str, key: Item) -> Item | None:
    """The attributes of an item that can be read, from a Region, consistently; None if it does not exist."""
    found = dynamo.get_item(TableName=table, Key=pack(key)["M"], ConsistentRead=True).get("Item")
    return None if found is None else _readable(found)


def snapshot(dynamo: Client, keys: Sequence[tuple[str, Item]]) -> list[Item | None]:
    """Read up to 100 items of several tables in one consistent snapshot.

    Raises:
        ClientError, HTTPClientError: no answer, or conflicts with writers in every attempt.
    """
    wanted = [{"Get": {"TableName": table, "Key": pack(key)["M"]}} for table, key in keys]
    for attempt in range(8):
        try:
            found = dynamo.transact_get_items(TransactItems=wanted)["Responses"]
            break
        except ClientError as error:
            if attempt == 7 or not unreachable(error):
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
    return [unpack({"M": answer["Item"]}) if answer.get("Item") else None for answer in found]


def plain(found: dict[str, Any]) -> Item | str:
    """An item in plain values, or what is wrong with it: it may have been written by hand."""
    try:
        item: Item = unpack({"M": found})
    except (AttributeError, TypeError, ValueError) as error:
        return str(error)
    return item


def _readable(found: dict[str, Any]) -> Item:
    """The attributes of an item that can be read: it may have been written by hand."""
    item: Item = {}
    for name, value in found.items():
        with suppress(AttributeError, TypeError, ValueError):
            item[name] = unpack(value)
    return item


def pages(call: Callable[..., Any], **request: Any) -> Iterator[Any]:
    """The answers of a Query or a Scan, page by page."""
    while True:
        page = call(**request)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _causes(error: ClientError) -> set[str]:
    """The error codes of a failed call: a cancelled transaction has several, any other call one."""
    codes = {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])}
    return codes - {"None"} or {error.response["Error"]["Code"]}


def unreachable(error: Exception) -> bool:
    """Whether a failure is transient: no answer, no capacity, or a conflict with other writers."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or _causes(error) <= CROWDED | OVERLOADED
    return isinstance(error, LOST)


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a transaction, with its role and its seat."""

    role: str
    action: dict[str, Any]
    seat_id: str = ""


class Refused(Exception):
    """Conditions cancelled the transaction.

    Attributes:
        failed: each failed step with the item that the step found.
        certain: whether every attempt was answered, so that none can be executed later.
    """

    def __init__(self, failed: Sequence[tuple[Step, Item]], *, certain: bool = True) -> None:
        super().__init__(", ".join(f"{step.role} {step.seat_id}" for step, _ in failed))
        self.failed = tuple(failed)
        self.certain = certain


class Stale(Exception):
    """The data that the transaction was built on is too old for another attempt."""


class Busy(Exception):
    """Conflicts with other writers of the same items lasted until the deadline; every attempt was answered."""


class Unreachable(Exception):
    """DynamoDB did not answer, or had no capacity, until the deadline."""


def transact(dynamo: Client, steps: Sequence[Step], *, fresh: Callable[[], bool], deadline: float) -> None:
    """Commit all the steps or none of them.

    Args:
        dynamo: the client of the home Region.
        steps: at most 100, with no two on the same item.
        fresh: called before each attempt; tells whether the attempt may still start.
        deadline: in `time.monotonic()` seconds; no attempt starts after it.

    Raises:
        Refused: a condition failed; an earlier attempt without an answer may still be executed.
        Stale: `fresh` returned False. The outcome of earlier attempts is unknown.
        Busy: only conflicts until the deadline; nothing was written.
        Unreachable: no answer until the deadline. Whether it was written is unknown.
    """
    # The same token for each attempt, so that an attempt that committed without an answer is not repeated.
    token = secrets.token_hex(16)
    actions = [step.action for step in steps]
    answered = True
    for attempt in range(1_000_000):
        if not fresh():
            raise Stale
        try:
            dynamo.transact_write_items(TransactItems=actions, ClientRequestToken=token)
            return
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            failed = [
                (step, _readable(reason.get("Item", {})))
                for step, reason in zip(steps, reasons, strict=False)
                if reason.get("Code") == "ConditionalCheckFailed"
            ]
            if failed:
                raise Refused(failed, certain=answered) from error
            if not unreachable(error):
                raise
            cause: Exception = error
            crowded = _causes(error) <= CROWDED
        except LOST as error:  # no connection, or no answer: it may have been written
            cause, crowded, answered = error, False, False
        pause = random.uniform(0, min(0.4, 0.01 * 2 ** min(attempt, 10)))
        if time.monotonic() + pause > deadline:
            raise (Busy if crowded and answered else Unreachable) from cause
        time.sleep(pause)
