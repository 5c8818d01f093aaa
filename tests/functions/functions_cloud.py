"""A cloud for the functions: DynamoDB Local if installed, otherwise the suite's fake; and moto's SQS and Timestream.

Both check conditions and transactions like DynamoDB, but simulate no conflicts, throttling, lag or lost answers. This
module raises those errors around a call, and copies tables for replication on a test's demand; `fault_proxy` does so on
the wire. The fake and moto are not thread-safe, so their calls are serialized. SQS and Timestream are always moto's,
because neither can run locally.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from dynamodb_local import new_account
from event_items import items_of
from moto import mock_aws
from rendered_functions import cold_start

import dynamo

if TYPE_CHECKING:
    from support.dynamodb import Region

__all__ = [
    "ENVIRONMENT",
    "FUNCTIONS_FOLDER",
    "HOME",
    "KEYS",
    "REGIONS",
    "Answer",
    "Call",
    "Cloud",
    "Sdk",
    "make_tables",
]

FUNCTIONS_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "functions"
HOME, REGIONS = "us-east-1", ("us-east-1", "us-west-2", "eu-west-1")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}
KEYS = {
    "events": ("event_id", "item"),
    "inventory": ("event_shard", "seat_id"),
    "sales": ("event_shard", "sale_id"),
    "locks": ("lock_key",),
    "corrections": ("event_id", "entry_id"),
}
ENVIRONMENT = {
    "ADMISSION_SECONDS": "600",
    "ADMITTED_PER_MINUTE": "36000",
    "QUEUE_LINES": "9",
    "EVENTS_TABLE": "events",
    "INVENTORY_TABLE": "inventory",
    "SALES_TABLE": "sales",
    "LOCKS_TABLE": "locks",
    "CORRECTIONS_TABLE": "corrections",
    "REGIONS": ",".join(REGIONS),
    "PRIMARY_REGION": HOME,
    "METRICS_NAMESPACE": "tickets",
    "AUTH": "iam",
    "CORS_ORIGINS": "",
    "HOLD_SECONDS": "300",
    "SEATS_PER_ORDER": "32",
    "LEASE_SECONDS": "5",
    "FUNCTION_TIMEOUT_SECONDS": "10",
    "REPLICATION_SECONDS": "2",
    "VERIFICATION_SECONDS": "60",  # more than any run takes here, also on a busy machine
    "VERIFICATION_INTERVAL_SECONDS": "10",
    "MOST_EVENTS": "100",
    "EVENTS_AT_ONCE": "30",
    "CORRECTION_SECONDS": "15",
    "PMS_URL": "",
    "AUDIT_STORE": "dynamodb",
    "TIMESTREAM_DATABASE": "",
    "TIMESTREAM_TABLE": "",
    "REFUNDS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/refunds.fifo",
    "REDIS_HOST": "127.0.0.1",
    "REDIS_PORT": "0",
    "REDIS_USER": "tickets",
    "REDIS_REPLICATION_GROUP": "tickets",
    "CLUSTER_ARN": "arn:aws:rds:us-east-1:1:cluster:tickets",
    "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:tickets",
    "MASTER_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:rds!cluster-1",
    "DATABASE_NAME": "tickets",
}


@dataclass(frozen=True)
class Call:
    """A call to AWS: its Region, its operation in CamelCase, and its parameters."""

    region: str
    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An API answer with its parsed body."""

    status: int
    body: Any
    headers: dict[str, str]


def make_tables(client_of: Callable[[str], Any], regions: Sequence[str], streams: bool = False) -> None:
    """Create the stack's tables, empty, in some Regions."""
    for region in regions:
        for table, key in KEYS.items():
            client_of(region).create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in key],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(key, ("HASH", "RANGE"), strict=False)
                ],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
                if streams and table == "inventory"
                else {"StreamEnabled": False},
            )


def _fake_tables() -> Region:
    from support.dynamodb import Region, Table

    return Region({table: Table(table, key, dict.fromkeys(key, "S")) for table, key in KEYS.items()})


@functools.cache
def _session() -> tuple[boto3.Session, Credentials]:
    """One session for all tests, because creating clients is slow, and the account it signs for."""
    session = boto3.Session("testing", "testing")
    return session, session._session.get_credentials()


@functools.cache
def _client(service: str, region: str, endpoint: str, options: tuple[tuple[str, Any], ...]) -> Any:
    config = {name: dict(value) if isinstance(value, tuple) else value for name, value in options}
    return _session()[0].client(
        service, region_name=region, endpoint_url=endpoint or None, config=Config(**config)
    )


class Sdk:
    """The functions' substitute for boto3: cached clients that sign for one account and know its endpoint.

    Only the newest account works at a time. `read_timeout`, in seconds, overrides the timeout that a function sets for
    its clients.
    """

    def __init__(self, account: str, endpoint: str, read_timeout: float = 0.0) -> None:
        self._endpoint = endpoint
        self._read_timeout = read_timeout
        _session()[1].access_key = account if endpoint else "testing"
        self.module = SimpleNamespace(client=self.client, session=boto3.session)

    def client(self, service: str, *, region_name: str, config: Config | None = None) -> Any:
        """Like boto3.client, with DynamoDB at the account's endpoint."""
        if self._read_timeout:
            config = (config or Config()).merge(Config(read_timeout=self._read_timeout))
        options = () if config is None else tuple(sorted(config._user_provided_options.items()))
        hashable = tuple((name, tuple(v.items()) if isinstance(v, dict) else v) for name, v in options)
        # A client of Timestream remembers the endpoint that it discovered, and a new process has to discover it.
        make = _client.__wrapped__ if service == "timestream-write" else _client
        return make(service, region_name, self._endpoint if service == "dynamodb" else "", hashable)


@dataclass
class Cloud:
    """The cloud as the tests see it.

    Attributes:
        sdk: the functions' boto3.
        calls: every call so far.
        before, after: hooks that are called before and after each call; the caller gets the exceptions they raise.
    """

    sdk: Sdk
    calls: list[Call] = field(default_factory=list)
    before: Callable[[Call], None] = lambda call: None
    after: Callable[[Call], None] = lambda call: None

    @classmethod
    @contextmanager
    def running(cls, port: int | None) -> Iterator[Cloud]:
        """Run a cloud with its tables until the block ends, on DynamoDB Local's port or on the suite's fake."""
        sdk = Sdk(new_account(), "" if port is None else f"http://127.0.0.1:{port}")
        cloud, turn, call_aws = cls(sdk), threading.RLock(), BaseClient._make_api_call
        fakes = {} if port is not None else {region: _fake_tables() for region in REGIONS}

        def called(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            call = Call(
                client.meta.region_name, client.meta.service_model.service_name, operation, parameters
            )
            cloud.calls.append(call)
            cloud.before(call)
            if call.service != "dynamodb":
                with turn:
                    answer = call_aws(client, operation, parameters)
            elif port is None:
                with turn:
                    answer = fakes[call.region].call(operation, parameters)
            else:
                answer = call_aws(client, operation, parameters)
            cloud.after(call)
            return answer

        with (
            patch.dict(os.environ, CREDENTIALS),
            mock_aws(),
            patch.object(BaseClient, "_make_api_call", called),
        ):
            if port is not None:
                make_tables(cloud.client, REGIONS)
                cloud.calls.clear()
            yield cloud

    def client(self, region: str) -> Any:
        """The test's own DynamoDB client of a Region."""
        return self.sdk.client("dynamodb", region_name=region)

    def function(self, name: str, region: str = HOME, **environment: str) -> Any:
        """Cold-start a function in a Region."""
        environment = {**ENVIRONMENT, "AWS_REGION": region, **environment}
        return cold_start(name, environment, {"boto3": self.sdk.module})

    def put(self, table: str, item: dict[str, Any], *regions: str) -> None:
        """Put an item, or the items of an event's flat description, in some Regions, or in all."""
        if table == "events" and "home_region" in item and "item" not in item:
            for one in items_of(item):
                self.put(table, one, *regions)
            return
        for region in regions or REGIONS:
            self.client(region).put_item(TableName=table, Item=dynamo.pack(item)["M"])

    def event(self, event_id: str = "gala", **changes: Any) -> dict[str, Any]:
        """Put an event on sale in every Region: seats A-1 to A-50 at 100.00 and B-1 to B-20 at 40.00."""
        item = {
            "event_id": event_id,
            "home_region": HOME,
            "epoch": 1,
            "state": "on_sale",
            "shards": 3,
            "opens_at": int(time.time()) - 60,
            "closes_at": int(time.time()) + 3600,
            "currency": "USD",
            "sections": [
                {"name": "A", "first": 1, "last": 50, "price": 10000},
                {"name": "B", "first": 1, "last": 20, "price": 4000},
            ],
            **changes,
        }
        self.put("events", item)
        return item

    def items(self, table: str, region: str = HOME) -> list[dict[str, Any]]:
        """All items of a table, sorted by key."""
        found = self.client(region).scan(TableName=table)["Items"]
        items = [dynamo.unpack({"M": item}) for item in found]
        return sorted(items, key=lambda item: [item[name] for name in KEYS[table]])

    def replicate(self, table: str, source: str = HOME, *targets: str) -> None:
        """Copy a table to the other Regions, as replication eventually does."""
        for item in self.items(table, source):
            self.put(table, item, *(targets or [region for region in REGIONS if region != source]))

    def ask(
        self,
        function: Any,
        route: str,
        body: Any = None,
        *,
        buyer: str = "alice",
        key: str | None = None,
        **request: Any,
    ) -> Answer:
        """Call a function as API Gateway does: `route` is like `POST /holds`; a text body is sent unchanged."""
        method, resource = route.split()
        answer = function.handler(
            {
                "httpMethod": method,
                "resource": resource,
                "headers": {} if key is None else {"idempotency-key": key},
                "body": body if isinstance(body, str) or body is None else json.dumps(body),
                "isBase64Encoded": False,
                "requestContext": {
                    "identity": {"userArn": f"arn:aws:sts::1:assumed-role/buyer/{buyer}"},
                    "authorizer": {"claims": {"sub": buyer}},
                },
                **request,
            },
            None,
        )
        return Answer(
            answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, answer["headers"]
        )
