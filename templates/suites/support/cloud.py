"""An AWS within this process for the stack's functions: tables in all Regions, roles and queues.

Every call of a function is checked against the policies of its role and then served by small fakes: DynamoDB with
conditions and transactions, SQLite for the database, a secret with its versions, lists for queue and audit. A test
copies tables where it needs replication, and simulates lost answers, conflicts and silence around a call. Calls are
serialized, so a race between buyers is a race between their calls, as in DynamoDB.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
import demands
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError, ParamValidationError

from support import code, iam, places
from support.answers import ACCOUNT
from support.aurora import MASTER, Aurora, Refusal
from support.dynamodb import Region, Table
from support.events import items_of
from support.secrets import Secret
from support.stack import Resource, Stack

__all__ = ["Answer", "Call", "Cloud", "Function", "assert_calls_time_out_first", "refusal"]

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}

# Reading the machine's certificates takes longer than most tests, and no function here connects with TLS.
_tls = cache(ssl.create_default_context)


@dataclass(frozen=True)
class Call:
    """A call to AWS: the calling function, the Region, the service, the operation in CamelCase, the parameters."""

    function: str
    region: str
    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer of the API, with its body parsed."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True)
class Function:
    """A started function: its resource in the stack and its module."""

    resource: Resource
    module: ModuleType

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Invoke it."""
        return self.module.handler(event, context)


def refusal(
    code_: str, *reasons: str, status: int = 400, message: str = "simulated by the test"
) -> ClientError:
    """An error answer of AWS; with reasons, a cancelled transaction."""
    answer: dict[str, Any] = {
        "Error": {"Code": code_, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    if reasons:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "call")


def assert_calls_time_out_first(cloud: Cloud, function: str) -> None:
    """Check that every client of a function times out before the function does."""
    timeout = cloud.resource(function).get("timeout")
    assert cloud.clients
    for client in cloud.clients:
        name = f"{function}'s client of {client.service}"
        why = "Lambda would end the function in the middle of a call, before it could report anything"
        assert client.config is not None, f"{name} waits for two minutes\n  why: {why}"
        connect, read = client.config.connect_timeout, client.config.read_timeout
        tries = (client.config.retries or {}).get("total_max_attempts", 5)
        assert (client.config.retries or {}).get("mode") == "standard", (
            f"{name} retries in botocore's legacy mode\n  why: legacy mode does not retry all transient errors"
        )
        assert tries * (connect + read) < timeout, (
            f"{name} waits for {tries} times {connect + read} s, and the function has {timeout} s\n  why: {why}"
        )


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


class _Anything:
    """An object on which every attribute exists and every call does nothing."""

    def __getattr__(self, name: str) -> _Anything:
        return self

    def __call__(self, *arguments: Any, **named: Any) -> _Anything:
        return self


class _Client:
    """The client that a function gets from `boto3.client`."""

    def __init__(self, cloud: Cloud, function: str, service: str, region: str, config: Any) -> None:
        self._called = cloud, function, service, region
        self.service = service
        self.config = config
        self.meta = _Anything()  # configures how answers are parsed; here they are never text
        cloud.clients.append(self)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        cloud, function, service, region = self._called

        def call(**parameters: Any) -> Any:
            return cloud.call(Call(function, region, service, _camel(name), parameters))

        return call


@dataclass
class Cloud:
    """The stack, running.

    Attributes:
        stack: the rendered stack.
        before, after: called with each call before and after it is served; the caller gets what they raise.
        calls: every call so far.
        messages: the messages sent to queues, with their bodies parsed.
        audit: the records written to Timestream.
        aurora: the database in the primary Region, without a user that writes.
        secrets: by the address of its resource; the master user's, which RDS manages, is always there.
        clients: every client that a function created.
        denied: attempted calls that the role of the function does not allow.
    """

    stack: Stack
    before: Callable[[Call], None] = lambda call: None
    after: Callable[[Call], None] = lambda call: None
    calls: list[Call] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)
    clients: list[_Client] = field(default_factory=list)
    aurora: Aurora = field(default_factory=Aurora)
    secrets: dict[str, Secret] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    _allowed: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _turn: Any = field(default_factory=threading.RLock)
    _regions: dict[str, Region] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of(cls, stack: Stack) -> Iterator[Cloud]:
        """The stack's cloud, until the block ends."""
        with patch.dict(os.environ, _CREDENTIALS), patch("ssl.create_default_context", _tls):
            cloud = cls(stack)
            yield cloud
            cloud.aurora.tables.close()
        assert not cloud.denied, "\n".join(cloud.denied)

    # --- functions -----------------------------------------------------------------------------------------

    def resource(self, name: str, region: str = demands.PRIMARY) -> Resource:
        """The function's resource in a Region."""
        for resource in self.stack.resources("aws_lambda_function"):
            if resource.name == name and resource.region == region:
                return resource
        raise AssertionError(f"there is no function {name} in {region}")

    def environment(self, function: Resource) -> dict[str, str]:
        """A function's environment variables; a value that only AWS knows is its address."""
        variables = function.get("environment.variables") or {}
        return {name: str(value) for name, value in variables.items()}

    def function(self, name: str, region: str = demands.PRIMARY, **environment: str) -> Function:
        """Start a function in a Region with the environment that the stack gives it."""
        resource = self.resource(name, region)
        variables = {**self.environment(resource), "AWS_REGION": region, **environment}
        sdk = ModuleType("boto3")
        sdk.client = lambda service, region_name, config=None: _Client(
            self, name, service, region_name, config
        )  # type: ignore[attr-defined]
        sdk.session = boto3.session  # type: ignore[attr-defined]
        with patch.dict(os.environ, variables):
            module = code.start(name, code.package(self.stack, name), {"boto3": sdk})
        # The code reads the names of Timestream only when it needs them.
        os.environ.update({key: value for key, value in variables.items() if key.startswith("TIMESTREAM_")})
        return Function(resource, module)

    def ask(
        self,
        function: Function,
        route: str,
        body: Any = None,
        *,
        buyer: str = "alice",
        key: str = "",
        **request: Any,
    ) -> Answer:
        """Call a function as API Gateway does; `route` is like `POST /holds`, and a text body is sent as it is."""
        method, resource = route.split()
        answer = function(
            {
                "httpMethod": method,
                "resource": resource,
                "headers": {"Idempotency-Key": key} if key else {},
                "body": body if isinstance(body, str) or body is None else json.dumps(body),
                "isBase64Encoded": False,
                "requestContext": {
                    "identity": {"userArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/buyer/{buyer}"},
                    "authorizer": {"claims": {"sub": buyer}},
                },
                **request,
            }
        )
        body = json.loads(answer["body"]) if answer["body"] else None
        why = "browsers need the content type, and may keep nothing but a seat map, and that for a second"
        assert answer["headers"]["Content-Type"] == "application/json", why
        is_map = resource == "/events/{id}/seats" and answer["statusCode"] in (200, 304)
        assert answer["headers"]["Cache-Control"] == ("max-age=1" if is_map else "no-store"), why
        if answer["statusCode"] >= 400:
            assert body.keys() >= {"reason", "message"}, (
                f"{body}\n  why: a refusal needs a message for buyers and a reason for programs"
            )
        return Answer(answer["statusCode"], body, answer["headers"])

    # --- calls ---------------------------------------------------------------------------------------------

    def call(self, call: Call) -> Any:
        """Serve a call, if the function's role allows it."""
        with self._turn:
            self.calls.append(call)
        self.before(call)
        with self._turn:
            answer = getattr(self, f"_{call.service.replace('-', '_')}")(call)
            self.after(call)
        return answer

    def _authorize(self, call: Call, action: str, arn: str) -> None:
        """Record a denied call: code that tolerates errors must not hide a missing permission from the test."""
        access = call.function, action, arn
        if access not in self._allowed:
            function = next(f for f in self.stack.resources("aws_lambda_function") if f.name == call.function)
            role = iam.role_of(self.stack, function.get("role"))
            self._allowed[access] = iam.allows(self.stack, role, action, arn)
            if not self._allowed[access]:
                self.denied.append(f"{role} does not allow {call.function} to do {action} on {arn}")
        if not self._allowed[access]:
            raise refusal("AccessDeniedException")

    def _dynamodb(self, call: Call) -> Any:
        where = self.stack.partition, call.region, call.service, call.operation
        for action, arn in sorted(iam.actions_of(*where, call.parameters)):
            self._authorize(call, action, arn)
        return self.dynamodb(call.region).call(call.operation, call.parameters)

    def _sqs(self, call: Call) -> Any:
        self._takes(call, {"QueueUrl", "MessageBody", "MessageDeduplicationId", "MessageGroupId"})
        queue = self._resource_at(call.parameters["QueueUrl"], "url")
        arn = f"arn:{self.stack.partition}:sqs:{call.region}:{ACCOUNT}:{queue.get('name')}"
        self._authorize(call, "sqs:SendMessage", arn)
        if queue.region != call.region:
            raise refusal("AWS.SimpleQueueService.NonExistentQueue")
        self.messages.append({**call.parameters, "MessageBody": json.loads(call.parameters["MessageBody"])})
        return {}

    def _timestream_write(self, call: Call) -> Any:
        self._takes(call, {"DatabaseName", "TableName", "Records"})
        database, table = call.parameters["DatabaseName"], call.parameters["TableName"]
        service = f"arn:{self.stack.partition}:timestream:{call.region}:{ACCOUNT}"
        arn = f"{service}:database/{database}/table/{table}"
        # Elsewhere, the role lacks permissions that the code does not use.
        if demands.AUDIT_STORE == "timestream":
            self._authorize(call, "timestream:WriteRecords", arn)
            self._authorize(call, "timestream:DescribeEndpoints", "*")
        self.audit += call.parameters["Records"]
        return {}

    def _rds_data(self, call: Call) -> Any:
        given = "parameterSets" if call.operation == "BatchExecuteStatement" else "parameters"
        self._takes(call, {"resourceArn", "secretArn", "database", "sql"}, {given})
        cluster = self._resource_at(call.parameters["resourceArn"], "arn")
        if call.parameters["database"] != cluster.get("database_name"):
            raise refusal("DatabaseNotFoundException")
        arn = f"arn:{self.stack.partition}:rds:{call.region}:{ACCOUNT}:cluster:{cluster.get('cluster_identifier')}"
        self._authorize(call, f"rds-data:{call.operation}", arn)
        login = self._login(call)
        sets = call.parameters.get("parameterSets", [call.parameters.get("parameters", [])])
        values = [{one["name"]: next(iter(one["value"].values())) for one in each} for each in sets]
        try:
            rows = self.aurora.run(login, call.parameters["sql"], values)
        except Refusal as error:
            raise refusal("DatabaseErrorException", message=str(error)) from error
        return {"records": [[{"longValue": value} for value in row] for row in rows]}

    def _login(self, call: Call) -> Mapping[str, str]:
        """The user and the password of a call to the Data API, which reads the secret as the caller."""
        master = ".master_user_secret[0].secret_arn"
        if call.parameters["secretArn"].endswith(f"{master}}}"):
            self._resource_at(call.parameters["secretArn"], master[1:])
            self._authorize(
                call, "secretsmanager:GetSecretValue", self._secret_arn(call, "rds!cluster-1-AbCdEf")
            )
            return {"username": MASTER}
        resource = self._resource_at(call.parameters["secretArn"], "arn")
        self._authorize(
            call, "secretsmanager:GetSecretValue", self._secret_arn(call, f"{resource.get('name')}-AbCdEf")
        )
        value = self.secret(resource.address).value()
        if value is None:
            raise refusal("InvalidSecretException")
        login: dict[str, str] = json.loads(value)
        return login

    def _secretsmanager(self, call: Call) -> Any:
        resource = self._resource_at(call.parameters["SecretId"], "arn")
        self._authorize(
            call, f"secretsmanager:{call.operation}", self._secret_arn(call, f"{resource.get('name')}-AbCdEf")
        )
        return self.secret(resource.address).call(call.operation, call.parameters)

    def _secret_arn(self, call: Call, name: str) -> str:
        return f"arn:{self.stack.partition}:secretsmanager:{call.region}:{ACCOUNT}:secret:{name}"

    def secret(self, address: str) -> Secret:
        """The secret of a resource, without a value at first."""
        return self.secrets.setdefault(address, Secret())

    def rotate(self, token: str = "rotation-1", region: str = demands.PRIMARY) -> None:
        """Rotate the password of the user that writes sales, as Secrets Manager does."""
        address = places.at("analytics", "aws_secretsmanager_secret.sales_writer", region)
        function = self.function("sales_writer_rotation", region)
        self.secret(address).begin(token)
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            function({"SecretId": f"${{{address}.arn}}", "ClientRequestToken": token, "Step": step})

    @staticmethod
    def _takes(call: Call, needed: Set[str], also: Set[str] = frozenset()) -> None:
        """Refuse a call that lacks a parameter or has an unknown one, as botocore does."""
        given = call.parameters.keys()
        if not needed <= given <= needed | also:
            raise ParamValidationError(report=f"{call.operation} with {sorted(given)}")

    def _resource_at(self, address: str, attribute: str) -> Resource:
        """The resource whose address is the value of an environment variable."""
        assert address.startswith("${"), address
        return self.stack.resource(address[2:-1].removesuffix(f".{attribute}"))

    # --- tables --------------------------------------------------------------------------------------------

    def dynamodb(self, region: str) -> Region:
        """DynamoDB in a Region, with the tables that the stack has there."""
        if region not in self._regions:
            root = self.stack.root(places.root("data", region))
            here = [table.get("name") for table in root.resources("aws_dynamodb_table")]
            for replica in root.resources("aws_dynamodb_table_replica"):
                here.append(replica.get("global_table_arn").rpartition("/")[2])
            tables = {}
            for name in here:
                table = self._tables[name]
                keys = tuple(key for key in (table.get("hash_key"), table.get("range_key")) if key)
                types = {each.get("name"): each.get("type") for each in table.blocks("attribute")}
                tables[name] = Table(name, keys, types)
            self._regions[region] = Region(tables)
        return self._regions[region]

    @cached_property
    def _tables(self) -> dict[str, Resource]:
        """The tables by name; each Region's locks are like those of any other."""
        return {table.get("name"): table for table in self.stack.resources("aws_dynamodb_table")}

    def table(self, name: str) -> Resource:
        """A table of the stack by the middle of its name, in snake case."""
        return self._tables[f"{demands.PROJECT}-{name.replace('_', '-')}-{demands.ENVIRONMENT}"]

    def put(self, table: str, item: dict[str, Any], *regions: str) -> None:
        """Put an item, or the items of an event's flat description, into some Regions, by default into the primary."""
        if table == "events" and "home_region" in item and "item" not in item:
            for one in items_of(item):
                self.put(table, one, *regions)
            return
        packed = {name: _pack(value) for name, value in item.items()}
        for region in regions or (demands.PRIMARY,):
            self.dynamodb(region).call(
                "PutItem", {"TableName": self.table(table).get("name"), "Item": packed}
            )

    def items(self, table: str, region: str = demands.PRIMARY) -> list[dict[str, Any]]:
        """All items of a table, in the order of their keys."""
        resource = self.table(table)
        found = self.dynamodb(region).tables[resource.get("name")].sorted()
        return [{name: _unpack(value) for name, value in item.items()} for _, item in found]

    def delete(self, table: str, region: str = demands.PRIMARY, **key: str) -> None:
        """Delete an item."""
        packed = {name: _pack(value) for name, value in key.items()}
        self.dynamodb(region).call("DeleteItem", {"TableName": self.table(table).get("name"), "Key": packed})

    def event(self, event_id: str = "gala", *regions: str, **changes: Any) -> dict[str, Any]:
        """Put an event on sale in the primary Region: seats A-1 to A-50 at 100.00 and B-1 to B-20 at 40.00."""
        item = {
            "event_id": event_id,
            "home_region": demands.PRIMARY,
            "epoch": 1,
            "state": "on_sale",
            "shards": 2,
            "opens_at": int(time.time()) - 60,
            "closes_at": int(time.time()) + 3600,
            "currency": "USD",
            "sections": [
                {"name": "A", "first": 1, "last": 50, "price": 10000},
                {"name": "B", "first": 1, "last": 20, "price": 4000},
            ],
            **changes,
        }
        self.put("events", item, *regions)
        return item

    def replicate(self, table: str, source: str, *targets: str) -> None:
        """Copy a table to other Regions, as replication does eventually."""
        for item in self.items(table, source):
            self.put(table, item, *targets)


def _pack(value: Any) -> Any:
    return TypeSerializer().serialize(value)


def _unpack(value: Any) -> Any:
    found = TypeDeserializer().deserialize(value)
    return json.loads(json.dumps(found, default=int))  # whole numbers only, and plain
