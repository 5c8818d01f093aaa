"""Keep executions of the API's functions ready for an opening, and release them afterwards.

Lambda starts an execution environment in a second or so, and a function gains at most 1,000 of them in ten seconds:
both are too slow for the first second of a sale. Provisioned concurrency is billed for as long as it exists, used or
not.
Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from console import GivenUp, Stack, boto3
from botocore.exceptions import ClientError

__all__ = ["Ready", "let_go", "make_ready", "readiness"]

POLL_SECONDS = 5.0
ALIAS = "live"


@dataclass(frozen=True, slots=True)
class Ready:
    """The executions of one function in one Region: how many a sale needs, are asked for and are ready."""

    region: str
    function: str
    needed: int
    asked: int
    ready: int
    failure: str

    @property
    def place(self) -> dict[str, str]:
        """The parameters that name it."""
        return {"FunctionName": self.function, "Qualifier": ALIAS}


def readiness(stack: Stack, regions: Sequence[str]) -> Iterator[Ready]:
    """The executions of every function that buyers call, Region by Region."""
    for region in regions:
        for what, needed in stack.provisioned_concurrency.items():
            yield _look(region, stack.name(what), needed)


def _look(region: str, function: str, needed: int) -> Ready:
    try:
        found = _client(region).get_provisioned_concurrency_config(FunctionName=function, Qualifier=ALIAS)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ProvisionedConcurrencyConfigNotFoundException":
            raise
        return Ready(region, function, needed, 0, 0, "")
    asked, ready = (found[f"{name}ProvisionedConcurrentExecutions"] for name in ("Requested", "Available"))
    failed = found["Status"] == "FAILED"
    return Ready(
        region, function, needed, asked, ready, found.get("StatusReason", "failed") if failed else ""
    )


def make_ready(found: Sequence[Ready], deadline: float) -> None:
    """Ask for the executions that are needed, and wait until they are ready.

    `deadline` is in `time.monotonic()` seconds.

    Raises:
        GivenUp: AWS refuses, or is not done by the deadline.
    """
    for one in found:
        if one.asked != one.needed or one.failure:
            _client(one.region).put_provisioned_concurrency_config(
                **one.place, ProvisionedConcurrentExecutions=one.needed
            )
    for one in found:
        while (now := _look(one.region, one.function, one.needed)).ready < one.needed:
            if now.failure:
                raise GivenUp(f"{one.region} {one.function}: {now.failure}")
            if time.monotonic() > deadline:
                raise GivenUp(
                    f"{one.region} {one.function}: {now.ready:,} of {one.needed:,} executions are ready: run the"
                    " command again to wait longer"
                )
            time.sleep(POLL_SECONDS)
        print(f"{one.region} {one.function}: {one.needed:,} executions are ready.")


def let_go(found: Sequence[Ready]) -> None:
    """Give the executions back."""
    for one in found:
        if one.asked:
            _client(one.region).delete_provisioned_concurrency_config(**one.place)
            print(f"{one.region} {one.function}: given back.")


def _client(region: str) -> Any:
    return boto3.client("lambda", region_name=region)
