"""The emulator as a process: `python -m ticketgen.rehearsal.emulator.server PORT`, on loopback.

It prints its address as one line of JSON when it is ready, and exits when its standard input ends.

Control requests go to paths below `/_rehearsal/`: `pause` stops background work (streams, schedules), and `run` resumes
it; `cut/REGION` disconnects a Region, and `heal/REGION` reconnects it; `state?metrics=N&executions=M` returns the
metrics and the executions after the first N and M.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["main"]

HOST = "127.0.0.1"

HANG_SECONDS = 1.6
"""Seconds that a call to a disconnected Region hangs: longer than the functions' time-outs."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def main(port: int) -> None:
    """Serve until standard input ends."""
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
        elasticache,
        functions,
        global_tables,
        pollers,
        small_gaps,
        state_machines,
        warehouse,
    )

    moto = DomainDispatcherApplication(create_backend_app)
    holder: dict[str, Application] = {}
    server = make_server(
        HOST,
        port,
        lambda *call: holder["first"](*call),
        threaded=True,
        request_handler=_quiet(MotoRequestHandler),
    )
    address = f"{HOST}:{server.server_port}"
    change_streams.patch()
    global_tables.patch()
    elasticache.patch()
    if caches.available():
        caches.patch()
    small_gaps.patch(address)
    fleet = functions.Fleet(f"http://{address}")
    fleet.patch()
    machines = state_machines.Machines(fleet)
    machines.patch()
    pollers_ = pollers.Pollers(fleet, machines.start)
    database = warehouse.Warehouse()
    desk = Desk(machines, pollers_, database)
    holder["first"] = _front(desk, fleet, database, _honest(moto))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent process, which ends this one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print(json.dumps({"address": address, "redis": caches.available()}), flush=True)
    try:
        sys.stdin.read()
    finally:
        fleet.close()
        caches.stop_all()
        os._exit(0)


class Desk:
    """Control requests, with paths below `/_rehearsal/`."""

    def __init__(self, machines: Any, pollers: Any, database: Any) -> None:
        self._machines, self._pollers, self._database = machines, pollers, database

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """Perform an action and return the current state."""
        from ticketgen.rehearsal.emulator.global_tables import LINKS
        from ticketgen.rehearsal.emulator.metrics import METRICS

        action, _, region = path.removeprefix("/_rehearsal/").partition("/")
        if action == "cut":
            LINKS.cut(region)
        elif action == "heal":
            LINKS.heal(region)
        elif action == "run":
            self._pollers.running.set()
        elif action == "pause":
            self._pollers.running.clear()
        return {
            "waiting": LINKS.waiting,
            "metrics": METRICS.since(int(query.get("metrics", 1 << 60))),
            "executions": self._machines.finished[int(query.get("executions", 1 << 60)) :],
            "sales": self._database.sales(),
        }


def _front(desk: Desk, fleet: Any, database: Any, moto: Application) -> Application:
    """Route requests that moto does not serve: control, the stack's APIs, the Data API, disconnected Regions."""
    from ticketgen.rehearsal.emulator import api_gateway, fast_lane, warehouse
    from ticketgen.rehearsal.emulator.functions import CALLER
    from ticketgen.rehearsal.emulator.global_tables import LINKS

    credential = re.compile(rf"Credential={re.escape(CALLER)}([a-z0-9-]+)/\d+/([a-z0-9-]+)/")
    scope = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/")
    own_address = re.compile(r"^(\w+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        if path.startswith("/_rehearsal/"):
            return _json(start, 200, json.dumps(desk.answer(path, query)))
        named = own_address.match(environ.get("HTTP_HOST", ""))
        if named:
            path = f"{api_gateway.PREFIX}{named[1]}{path}"
        if path.startswith(api_gateway.PREFIX):
            headers = {
                name[5:].replace("_", "-").lower(): environ[name] for name in environ if name[:5] == "HTTP_"
            }
            body = _body(environ).decode()
            request = api_gateway.HttpRequest(environ["REQUEST_METHOD"], path, query, headers, body)
            answered = api_gateway.serve(request, fleet)
            return _json(start, answered.status, answered.body, dict(answered.headers))
        called = credential.search(environ.get("HTTP_AUTHORIZATION", ""))
        if called and not LINKS.connected(called[1], called[2]):
            time.sleep(HANG_SECONDS)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return _json(start, 503, "{}")
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target in fast_lane.OPERATIONS and (signed := scope.search(environ.get("HTTP_AUTHORIZATION", ""))):
            return _json(start, *fast_lane.answer(target, signed[1], _body(environ)))
        if path in warehouse.PATHS:
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
    named = {"Content-Type": "application/json", **(headers or {}), "Content-Length": str(len(data))}
    start(f"{status} {'OK' if status < 300 else 'Error'}", list(named.items()))
    return [data]


def _quiet(handler: type[Any]) -> type[Any]:
    class Quiet(handler):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"  # keeps connections open, because a sale takes a dozen calls

        def log_request(self, *_: object) -> None:
            """Do not log requests."""

        def log_error(self, *_: object) -> None:
            """Do not log connections that were dropped on purpose."""

    return Quiet


def _honest(application: Application) -> Application:
    """Answer a request that moto does not implement with 400, because clients retry a 500."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start)
        except NotImplementedError as error:
            print(f"not emulated: {error}", file=sys.stderr, flush=True)
            text = json.dumps({"__type": "NotEmulated", "message": str(error)})
            return _json(start, 400, text)

    return answer


if __name__ == "__main__":
    main(int(sys.argv[1]))
