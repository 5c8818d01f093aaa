"""The applied stack for the integration suite: outputs, clients in its Regions, and test events.

Everything is keyed by an event id that this run made up, so that parallel runs do not interfere and nothing else is
touched. `AWS_ENDPOINT_URL` redirects everything to an emulated AWS, including requests to the API.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import demands
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from support.events import epoch_key
from support.places import ROOTS, root
from support.sales import shard_of

__all__ = ["Answer", "Outputs", "Show", "client", "eventually", "read_outputs"]

STACK = Path(__file__).resolve().parents[2]
Outputs = Mapping[str, Mapping[str, Any]]
"""The outputs of each root module, by its path."""


def read_outputs() -> tuple[Outputs, Mapping[str, str]]:
    """The outputs of the root modules that have some, and the reasons why the others have none."""
    tool = shutil.which("terraform") or shutil.which("tofu")
    if tool is None:
        why = "neither terraform nor tofu is on the PATH, and one of them is needed to read the outputs"
        return {}, dict.fromkeys(ROOTS, why)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = dict(zip(ROOTS, pool.map(lambda path: _outputs(tool, path), ROOTS), strict=True))
    return (
        {path: found for path, found in read.items() if not isinstance(found, str)},
        {path: found for path, found in read.items() if isinstance(found, str)},
    )


def _outputs(tool: str, path: str) -> Mapping[str, Any] | str:
    """The outputs of a root module, or the reason why there are none."""
    command = [tool, f"-chdir={STACK / path}", "output", "-json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        return f"{tool} cannot read the outputs of {path}: {done.stderr.strip()[:300]}"
    found = {name: output["value"] for name, output in json.loads(done.stdout).items()}
    return found or f"{path} has no outputs: it was not applied"


def client(service: str, region: str) -> Any:
    """A client in a Region."""
    return boto3.client(service, region_name=region)


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)  # names in lower case


@dataclass
class Show:
    """An event of this run, on sale.

    Attributes:
        event_id: made up by this run.
        home: its home Region.
        outputs: of the root modules.
        keys: the idempotency keys that were used.
    """

    event_id: str
    home: str
    outputs: Outputs
    keys: list[str] = field(default_factory=list)

    def table(self, what: str) -> str:
        """The name of a table."""
        return f"{demands.PROJECT}-{what}-{self.outputs[root('global')]['environment_suffix']}"

    def shard(self, seat: str) -> str:
        """The partition key of a seat."""
        return shard_of(seat, self.event_id, 1)

    def read(self, what: str, region: str = "") -> list[dict[str, Any]]:
        """The items of this event in a Region's inventory or ledger."""
        found = client("dynamodb", region or self.home).query(
            TableName=self.table(what),
            KeyConditionExpression="event_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": self.shard("A-1")}},
            ConsistentRead=True,
        )["Items"]
        return [_unpacked(item) for item in found]

    def put(self, what: str, item: Mapping[str, Any]) -> None:
        """Put an item into the home Region."""
        packed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        client("dynamodb", self.home).put_item(TableName=self.table(what), Item=packed)

    def ask(self, method: str, path: str, body: Any = None, *, region: str = "", key: str = "") -> Answer:
        """Send a request to the API of a Region, signed where the API needs IAM."""
        region = region or self.home
        if demands.AUTH == "cognito":
            return self._invoke(method, path, body, region, key)
        url = f"{self.outputs[root('regions', region)]['api_gateway_url']}{path}"
        headers = {"Content-Type": "application/json"}
        if key:
            self.keys.append(key)
            headers["Idempotency-Key"] = key
        return self._send(
            AWSRequest(method, url, headers, json.dumps(body) if body is not None else b""), region
        )

    def ask_from_page(self, method: str, path: str, origin: str, **headers: str) -> Answer:
        """Send a request without a body to the home's API, as the browser does for a page of an origin."""
        url = f"{self.outputs[root('regions', self.home)]['api_gateway_url']}{path}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(AWSRequest(method, url, {"Origin": origin, **names}, b""), self.home)

    def _send(self, request: Any, region: str) -> Answer:
        if demands.AUTH == "iam":
            credentials = boto3.Session().get_credentials().get_frozen_credentials()
            SigV4Auth(credentials, "execute-api", region).add_auth(request)
        return _sent(request)

    def _invoke(self, method: str, path: str, body: Any, region: str, key: str) -> Answer:
        """Invoke the function with an identity; a user of the pool would have to be created and confirmed."""
        path, _, query = path.partition("?")
        seats = path.endswith("/seats")
        resource = "/events/{id}/seats" if seats else "/holds/{id}" if method == "DELETE" else path
        event = {
            "httpMethod": method,
            "resource": resource,
            "pathParameters": {"id": path.split("/")[2]} if "{id}" in resource else None,
            "queryStringParameters": dict(parse_qsl(query)) or None,
            "headers": {"Idempotency-Key": key} if key else {},
            "body": None if body is None else json.dumps(body),
            "requestContext": {"authorizer": {"claims": {"sub": "integration-suite"}}},
        }
        if key:
            self.keys.append(key)
        arn = self.outputs[root("regions", region)]["ticket_purchase_lambda_arn"]
        name = arn.replace("ticket-purchase", "seat-availability") if seats else arn
        answer = client("lambda", region).invoke(FunctionName=name, Payload=json.dumps(event))
        found = json.loads(answer["Payload"].read())
        return Answer(found["statusCode"], json.loads(found["body"]) if found["body"] else None)

    def clean_up(self) -> None:
        """Delete everything that this event left behind; replication deletes it in the other Regions."""
        buyers = {item["buyer"] for item in self.read("ticket-sales") if "buyer" in item}
        local = client("dynamodb", self.home)
        for what in ("ticket-inventory", "ticket-sales"):
            sort = "seat_id" if what == "ticket-inventory" else "sale_id"
            for item in self.read(what):
                local.delete_item(
                    TableName=self.table(what),
                    Key={name: {"S": item[name]} for name in ("event_shard", sort)},
                )
        audit = client("dynamodb", demands.PRIMARY)
        entries = audit.query(
            TableName=self.table("corrections"),
            KeyConditionExpression="event_id = :event",
            ExpressionAttributeValues={":event": {"S": self.event_id}},
        )["Items"]
        for entry in entries:
            key = {name: entry[name] for name in ("event_id", "entry_id")}
            audit.delete_item(TableName=self.table("corrections"), Key=key)
        locks = [f"seat#{self.event_id}#A-{number}" for number in range(1, 21)]
        locks += [f"idem#{self.event_id}#{buyer}#{key}" for buyer in buyers for key in self.keys]
        locks += [f"buyer#{self.event_id}#{buyer}" for buyer in buyers]
        for lock in locks:
            local.delete_item(TableName=self.table("distributed-locks"), Key={"lock_key": {"S": lock}})
        for item in ("layout", epoch_key(1, demands.PRIMARY)):
            local.delete_item(
                TableName=self.table("events"), Key={"event_id": {"S": self.event_id}, "item": {"S": item}}
            )


def _unpacked(item: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
    found: dict[str, Any] = json.loads(json.dumps(plain, default=int))
    return found


def _sent(request: Any) -> Answer:
    """Send a request; where `AWS_ENDPOINT_URL` is set, to that address with the API's host name."""
    prepared, url = request.prepare(), urlsplit(request.url)
    elsewhere = os.environ.get("AWS_ENDPOINT_URL")
    place = urlsplit(elsewhere) if elsewhere else url
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=30)
    try:
        headers = {**{str(name): str(value) for name, value in prepared.headers.items()}, "Host": url.netloc}
        connection.request(
            request.method, f"{url.path}?{url.query}".rstrip("?"), prepared.body or b"", headers
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        read = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, json.loads(text) if text.strip() else None, read)
    finally:
        connection.close()


def eventually(look: Callable[[], Any], seconds: float, pause: float = 0.2) -> Any:
    """The first true result of `look`, or its last result after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(pause)
    return found
