"""Results of checks, and the calls that they make: short timeouts, and no failure that ends the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

__all__ = ["LOST", "OK", "PROBLEM", "UNKNOWN", "Result", "attempt", "aws", "code_of", "is_absent", "is_ours"]

OK, PROBLEM, UNKNOWN = "ok", "problem", "unknown"

LOST = (HTTPClientError, NoConnection)  # no connection, or no answer

# A dead Region must not hold the others up: at most 2 × (3 + 10) s for its first call, and no second call.
_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
_creating = threading.Lock()  # threads may share clients, but must not create them concurrently


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one check.

    Attributes:
        region: where; "" for the account.
        check: what was checked.
        status: `OK`, `PROBLEM`, or `UNKNOWN` if the account does not tell.
        text: what was found, or why it is unknown.
    """

    region: str
    check: str
    status: str
    text: str


@cache
def aws(service: str, region: str) -> Any:
    """A client with short timeouts; creating one takes longer than most calls."""
    with _creating:
        return boto3.client(service, region_name=region, config=_CONFIG)


def attempt(region: str, check: str, work: Callable[[], Iterable[Result]]) -> list[Result]:
    """Run a check; if AWS refuses or does not answer, its result is unknown."""
    try:
        return list(work())
    except ClientError as error:
        reason = f"{error.operation_name} was refused: {code_of(error)}"
    except LOST as error:
        reason = f"no answer ({type(error).__name__})"
    return [Result(region, check, UNKNOWN, reason)]


def code_of(error: ClientError) -> str:
    """The error's code, such as `AccessDenied`."""
    return str(error.response["Error"]["Code"])


def is_absent(error: ClientError) -> bool:
    """Whether the resource does not exist."""
    code = code_of(error)
    return any(part in code for part in ("NotFound", "NoSuchEntity", "NonExistentQueue", "QueueDoesNotExist"))


def is_ours(tags: Mapping[str, str], app_name: str, suffix: str) -> bool:
    """Whether a resource has the tags that this stack gives everything."""
    return tags.get("Application") == app_name and tags.get("Environment") == suffix
