"""A proxy for DynamoDB Local that simulates many distant Regions with latency and faults.

Callers name their own Region in the path of their endpoint (`http://127.0.0.1:<port>/eu-west-1`); the Region that they
call is in the signature, as usual. As the test demands, calls between Regions are cut off, lost, throttled or rejected
for a conflict. The answers on the wire are DynamoDB's own, so that botocore's handling of them is tested too.

Source of the answers: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeAlias

from replication import Body, Replication

__all__ = ["Fault", "FaultProxy", "WireCall", "random_faults"]

READS = {"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"}
WRITES = {"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"}

IDLE_SECONDS = 5.0

Fault: TypeAlias = Literal["conflict", "throttled", "unavailable", "dropped", "lost"]
"""`dropped` never reaches DynamoDB; `lost` is done there, and its answer does not come."""


@dataclass(frozen=True, slots=True)
class WireCall:
    """A call from its caller's Region to another."""

    caller: str
    region: str
    operation: str
    body: Body


def random_faults(seed: int, **shares: float) -> Callable[[WireCall], Fault | None]:
    """Random faults, each with its share of the calls: `conflict=0.1, lost=0.02`.

    Conflicts affect only transactions.
    """
    chance, turn = random.Random(seed), threading.Lock()

    def fault(call: WireCall) -> Fault | None:
        with turn:
            drawn = chance.random()
        for name, share in shares.items():
            if drawn < share:
                return None if name == "conflict" and "Transact" not in call.operation else name  # type: ignore[return-value]
            drawn -= share
        return None

    return fault


@dataclass
class FaultProxy:
    """The running proxy.

    Attributes:
        backend: the port of DynamoDB Local.
        account: the access key of all data.
        fault: returns the fault of each call, if any.
        watch: called with each call before it reaches DynamoDB.
        replication: replicates writes to global tables; without it, writes are not replicated.
        latency: the latency of a call from the caller's Region to another, in seconds.
        replica_of: the Region whose data serves a Region's reads: a replica without lag has the same data.
        recorded: if a dict, recorded answers to reads. DynamoDB Local takes 0.1 s per page, so a test that measures a
            reader records all answers first and then replays them.
        unrecorded: the tables whose reads are answered anew each time.
        seen: the number of calls by operation, and of faults by kind.
    """

    backend: int
    account: str
    fault: Callable[[WireCall], Fault | None] = lambda call: None
    watch: Callable[[WireCall], None] = lambda call: None
    replication: Replication | None = None
    latency: Callable[[str, str], float] = lambda caller, region: 0.0
    replica_of: Callable[[str], str] = lambda region: region
    recorded: dict[tuple[str, str, bytes], bytes] | None = None
    unrecorded: tuple[str, ...] = ()
    seen: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _local: threading.local = field(default_factory=threading.local)
    _connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def endpoint(self, caller: str) -> str:
        """DynamoDB's endpoint for a caller in that Region, whichever Region it calls."""
        return f"http://127.0.0.1:{self.port}/{caller}"

    @contextmanager
    def running(self) -> Iterator[FaultProxy]:
        """Serve until the block ends."""
        proxy = self

        class Handler(_Handler):
            def respond(
                self, caller: str, region: str, operation: str, body: bytes
            ) -> tuple[int, bytes] | None:
                return proxy.respond(caller, region, operation, body)

        server = _Server(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
            for connection in self._connections:
                connection.close()

    def respond(self, caller: str, region: str, operation: str, body: bytes) -> tuple[int, bytes] | None:
        """The status and body, or None to break the connection."""
        time.sleep(self.latency(caller, region))
        place = self.replica_of(region) if operation in READS else region
        recorded = None if any(table.encode() in body for table in self.unrecorded) else self.recorded
        if recorded is not None and (known := recorded.get((place, operation, body))):
            return 200, known
        answer = self._respond(WireCall(caller, place, operation, json.loads(body)))
        if answer is None:
            return None
        status, content = answer[0], json.dumps(answer[1]).encode()
        if recorded is not None and status == 200 and operation in READS:
            recorded[place, operation, body] = content
        return status, content

    def _respond(self, call: WireCall) -> tuple[int, Body] | None:
        self.seen[call.operation] += 1
        if self.replication is not None and self.replication.is_cut(call.caller, call.region):
            self.seen["cut"] += 1
            return None
        fault = self.fault(call)
        if fault is not None:
            self.seen[fault] += 1
        if fault == "dropped":
            return None
        if fault in ("conflict", "throttled", "unavailable"):
            return _refusal(fault, call)
        self.watch(call)
        answer = self.forward(call)
        return None if fault == "lost" else answer

    def forward(self, call: WireCall) -> tuple[int, Body]:
        """Forward a call to DynamoDB Local, and replicate a write."""
        if self.replication is not None and call.operation in WRITES:
            return self.replication.write(call.region, call.operation, call.body)
        return self.send(call.region, call.operation, call.body)

    def send(self, region: str, operation: str, body: Body) -> tuple[int, Body]:
        """Make a call in a Region, bypassing everything that the proxy does."""
        connection = self._connection()
        scope = f"{self.account}/20260101/{region}/dynamodb/aws4_request"
        connection.request(
            "POST",
            "/",
            json.dumps(body),
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                # DynamoDB Local reads the access key from the signature, but does not check the signature.
                "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
                "X-Amz-Date": "20260101T000000Z",
            },
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's connection; a new one after idling, because DynamoDB Local closes idle connections."""
        now = time.monotonic()
        if now - getattr(self._local, "used", -IDLE_SECONDS) >= IDLE_SECONDS:
            connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=60)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            self._local.connection = connection
        self._local.used = now
        held: http.client.HTTPConnection = self._local.connection
        return held


def _refusal(fault: str, call: WireCall) -> tuple[int, Body]:
    if fault == "unavailable":
        return 500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "injected"}
    if "Transact" not in call.operation:
        error = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        return 400, {"__type": error, "message": "injected"}
    code = "TransactionConflict" if fault == "conflict" else "ThrottlingError"
    reasons = [{"Code": code, "Message": "injected"}]
    reasons += [{"Code": "None"}] * (len(call.body["TransactItems"]) - 1)
    names = ", ".join(reason["Code"] for reason in reasons)
    return 400, {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{names}]",
        "CancellationReasons": reasons,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore callers that were killed or timed out."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self, caller: str, region: str, operation: str, body: bytes) -> tuple[int, bytes] | None:
        raise NotImplementedError

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        scope = re.search(r"Credential=[^/]+/\d+/([a-z0-9-]+)/", self.headers["Authorization"])
        assert scope is not None
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        answer = self.respond(self.path.strip("/"), scope[1], operation, body)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, data = answer
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amzn-RequestId", f"{time.monotonic_ns():x}")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
