"""The emulator's server, on a port of loopback. It answers signed requests only (`signatures`).

Control requests go to paths below `/_rehearsal/`: `pause` stops background work (streams, schedules), and `run` resumes
it; `cut/REGION` disconnects a Region from the others, `kill/REGION` lets every call to it fail, and `heal/REGION` ends
both; `state?metrics=N&executions=M&table=T` returns the metrics and the executions after the first N and M, the number
of rows in a table of each database, how DynamoDB and the workers of the functions are used, and the ARNs of the
DynamoDB tables whose key could not be used while they existed.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ticketgen.rehearsal.emulator.loopback import connect_to_loopback_only
from ticketgen.rehearsal.emulator.signatures import OPERATOR, Caller, Keys, verify_signature

__all__ = ["Serving", "serve"]

_HOST = "127.0.0.1"

_ORIGIN = "ticketgen.origin"
"""The key of a request's verified origin in its WSGI environment."""

_CONTROLS = ("/_rehearsal/", "/moto-api")
"""Paths that steer the emulator and are not part of AWS; moto adds the second one."""

_MAX_BYTES = 100_000_000
"""The longest body that is read; Lambda accepts packages of 50 MB, which arrive in Base64."""

_HANG_SECONDS = 1.6
"""Seconds that a call to a disconnected Region hangs: longer than the functions' timeouts."""

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs in threads of this process.

    Attributes:
        address: host and port.
        redis: whether a real Valkey is behind each ElastiCache endpoint.
    """

    address: str
    redis: bool


def serve(keys: Keys, folder: Path, port: int = 0) -> Serving:
    """Start the emulator, which ends with this process.

    Args:
        keys: the credentials that it accepts.
        folder: a folder that only this user can enter.
        port: on which it listens; 0 for a free one.
    """
    connect_to_loopback_only()
    # No stack has an instance, and each Region would load these images.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # the monitoring role of RDS uses one of them
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from ticketgen.rehearsal.emulator import (
        caches,
        change_streams,
        data_api,
        elasticache,
        lambda_fleet,
        moto_gaps,
        pollers,
        secret_rotation,
        state_machines,
        tables,
    )

    moto = DomainDispatcherApplication(create_backend_app)
    holder: dict[str, _Application] = {}
    server = make_server(
        _HOST,
        port,
        lambda *call: holder["first"](*call),
        threaded=True,
        request_handler=_without_logging(MotoRequestHandler),
    )
    address = f"{_HOST}:{server.server_port}"
    change_streams.patch()
    tables.patch()
    if caches.available():
        elasticache.patch(caches.start(folder), caches.stop)
    else:
        elasticache.patch()
    moto_gaps.patch(address, keys)
    fleet = lambda_fleet.Fleet(f"http://{address}", folder, keys)
    fleet.patch()
    secret_rotation.patch(fleet)
    machines = state_machines.Machines(fleet)
    machines.patch()
    pollers_ = pollers.Pollers(fleet, machines.start)
    database = data_api.DataApi()
    control_api = _ControlApi(machines, pollers_, database)
    holder["first"] = _require_signature(
        keys, _router(control_api, fleet, database, _unimplemented_as_400(moto))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return Serving(address, caches.available())


class _ControlApi:
    """Control requests, with paths below `/_rehearsal/`.

    Attributes:
        dead: the Regions that answer nobody.
    """

    def __init__(self, machines: Any, pollers: Any, database: Any) -> None:
        self.dead: set[str] = set()
        self._machines, self._pollers, self._database = machines, pollers, database

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """Perform an action and return the current state."""
        from ticketgen.rehearsal.emulator.function_metrics import METRICS
        from ticketgen.rehearsal.emulator.key_schemas import inaccessible_tables
        from ticketgen.rehearsal.emulator.replication import LINKS, LOCK
        from ticketgen.rehearsal.emulator.usage import USAGE

        action, _, region = path.removeprefix("/_rehearsal/").partition("/")
        if action == "cut":
            LINKS.disconnect(region)
        elif action == "kill":
            LINKS.disconnect(region)
            self.dead.add(region)
        elif action == "heal":
            self.dead.discard(region)
            LINKS.reconnect(region)
        elif action == "run":
            self._pollers.running.set()
        elif action == "pause":
            self._pollers.running.clear()
        with LOCK:
            inaccessible = inaccessible_tables()
        return {
            "waiting": LINKS.waiting,
            "inaccessible": inaccessible,
            "metrics": METRICS.since(int(query.get("metrics", 1 << 60))),
            "executions": self._machines.finished[int(query.get("executions", 1 << 60)) :],
            "usage": USAGE.data(),
            "rows": self._database.rows(query.get("table", "")),
        }


def _require_signature(keys: Keys, application: _Application) -> _Application:
    """Refuse requests without a valid signature, and control requests of others."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            origin = verify_signature(environ, lambda: _read_body(environ), keys)
        except ValueError:
            origin = None
        control = environ["PATH_INFO"].startswith(_CONTROLS)
        if origin is None or (control and origin.caller != OPERATOR):
            refusal = json.dumps(
                {"__type": "AccessDenied", "message": "the signature is not of this rehearsal"}
            )
            return _json(start, 403, refusal, {"Connection": "close"})
        environ[_ORIGIN] = origin
        return application(environ, start)

    return answer


def _read_body(environ: dict[str, Any]) -> bytes:
    """The body of a request, which can be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 <= length <= _MAX_BYTES or environ.get("wsgi.input_terminated"):
        raise ValueError("the body has no length, or is too long")
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(body)
    return body


def _router(control_api: _ControlApi, fleet: Any, database: Any, moto: _Application) -> _Application:
    """Route the requests that moto does not serve; `moto` gets all others."""
    from ticketgen.rehearsal.emulator import api_gateway, data_api, fast_dynamodb
    from ticketgen.rehearsal.emulator.lambda_fleet import CALLER
    from ticketgen.rehearsal.emulator.replication import LINKS

    own_address = re.compile(r"^(\w+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        origin: Caller = environ[_ORIGIN]
        if path.startswith("/_rehearsal/"):
            return _json(start, 200, json.dumps(control_api.answer(path, query)))
        host_match = own_address.match(environ.get("HTTP_HOST", ""))
        if host_match:
            path = f"{api_gateway.PREFIX}{host_match[1]}{path}"
        if path.startswith(api_gateway.PREFIX):
            headers = {
                name[5:].replace("_", "-").lower(): environ[name] for name in environ if name[:5] == "HTTP_"
            }
            body = _body(environ).decode()
            request = api_gateway.HttpRequest(
                environ["REQUEST_METHOD"], path, query, headers, body, origin.caller
            )
            response = api_gateway.serve(request, fleet)
            return _json(start, response.status, response.body, dict(response.headers))
        if origin.region in control_api.dead:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return _json(start, 503, "{}")
        function = origin.caller.startswith(CALLER)
        if function and not LINKS.connected(origin.caller.removeprefix(CALLER), origin.region):
            time.sleep(_HANG_SECONDS)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return _json(start, 503, "{}")
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target in fast_dynamodb.OPERATIONS:
            return _json(start, *fast_dynamodb.answer(target, origin.region, _body(environ)))
        if path in data_api.PATHS:
            return _json(start, *database.answer(path, _body(environ)))
        return moto(environ, start)

    return answer


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _json(
    start: Callable[..., Any], status: int, text: str, headers: dict[str, str] | None = None
) -> Iterable[bytes]:
    data = text.encode()
    all_headers = {"Content-Type": "application/json", **(headers or {}), "Content-Length": str(len(data))}
    start(f"{status} {'OK' if status < 300 else 'Error'}", list(all_headers.items()))
    return [data]


def _without_logging(handler: type[Any]) -> type[Any]:
    class Quiet(handler):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"  # keeps connections open, because a sale takes a dozen calls

        def log_request(self, *_: object) -> None:
            """Do not log requests."""

        def log_error(self, *_: object) -> None:
            """Do not log connections that were dropped on purpose."""

    return Quiet


def _unimplemented_as_400(application: _Application) -> _Application:
    """Answer a request that moto does not implement with 400, because clients retry a 500."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start)
        except NotImplementedError as error:
            print(f"not emulated: {error}", file=sys.stderr, flush=True)
            text = json.dumps({"__type": "NotEmulated", "message": str(error)})
            return _json(start, 400, text)

    return answer
