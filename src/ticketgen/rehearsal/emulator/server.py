"""The emulator as a process: `python -m ticketgen.rehearsal.emulator.server PORT`, on loopback.

It prints one line of JSON, its address, when it is ready, and ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

HOST = "127.0.0.1"


def main(port: int) -> None:
    """Serve until standard input ends."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # RDS's monitoring role has one of them
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from ticketgen.rehearsal.emulator import change_streams, elasticache, global_tables, small_gaps

    server = make_server(
        HOST,
        port,
        _honest(DomainDispatcherApplication(create_backend_app)),
        threaded=True,
        request_handler=_quiet(MotoRequestHandler),
    )
    address = f"{HOST}:{server.server_port}"
    change_streams.mend()
    global_tables.mend()
    elasticache.mend()
    small_gaps.mend(address)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"address": address}), flush=True)
    sys.stdin.read()


def _quiet(handler: type[Any]) -> type[Any]:
    class Quiet(handler):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"  # connections stay open: a sale is a dozen calls

        def log_request(self, *_: object) -> None:
            """Say nothing of requests."""

    return Quiet


def _honest(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """What moto has not: an answer that no client tries again, instead of a 500 that all do."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start)
        except NotImplementedError as error:
            print(f"not emulated: {error}", file=sys.stderr, flush=True)
            start("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
            return [json.dumps({"__type": "NotEmulated", "message": str(error)}).encode()]

    return answer


if __name__ == "__main__":
    main(int(sys.argv[1]))
