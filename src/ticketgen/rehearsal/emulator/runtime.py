"""Lambda's runtime: `python -P -m ticketgen.rehearsal.emulator.runtime SOCKET`.

One process imports the modules that every function needs, and forks for each connection to its socket: a connection
is an instance of a function, in a process of its own, with its own environment and modules. Each line on a connection
is one JSON document: first the instance, which is answered when it has started, then one event after the other.

    {"folder", "handler", "environment", "redis": path or null}   ->  {"pid"} or {"error"}
    {"event", "seconds"}                                          ->  {"result" or "error", "log", "seconds"}
"""

from __future__ import annotations

import importlib
import io
import json
import os
import select
import signal
import socket
import ssl
import sys
import time
import traceback
import uuid
from contextlib import redirect_stdout
from typing import Any

import boto3
import botocore.session

from ticketgen.rehearsal.emulator.loopback import connect_to_loopback_only

__all__ = ["main"]


def main(path: str) -> None:
    """Fork an instance for each connection, until standard input ends."""
    loader = botocore.session.get_session().get_component("data_loader")
    for service in ("dynamodb", "sqs", "rds-data", "secretsmanager"):
        loader.load_service_model(service, "service-2")  # parsed once, for all forks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # after Ctrl-C, the emulator closes the standard input
    connect_to_loopback_only()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(256)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                try:
                    _serve(connection, loader)
                finally:
                    os._exit(0)
            connection.close()


def _serve(connection: socket.socket, loader: Any) -> None:
    with connection.makefile("rw", encoding="utf-8") as lines:
        try:
            handler = _start(json.loads(lines.readline()), loader)
        except BaseException as error:
            _send_answer(lines, {"error": _error_document(error)})
            return
        _send_answer(lines, {"pid": os.getpid()})
        for line in lines:
            request = json.loads(line)
            started, log = time.monotonic(), io.StringIO()
            try:
                with redirect_stdout(log):
                    answer = {"result": handler(request["event"], _Context(started + request["seconds"]))}
                text = json.dumps(answer)
            except Exception as error:
                text = json.dumps({"error": _error_document(error)})
            _send_answer(
                lines, json.loads(text) | {"log": log.getvalue(), "seconds": time.monotonic() - started}
            )


def _send_answer(lines: Any, answer: dict[str, Any]) -> None:
    lines.write(json.dumps(answer) + "\n")
    lines.flush()


def _error_document(error: BaseException) -> dict[str, Any]:
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_exception(error),
    }


def _start(instance: dict[str, Any], loader: Any) -> Any:
    os.environ.clear()
    os.environ.update(instance["environment"])
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    boto3.setup_default_session(botocore_session=session)
    if instance["redis"]:
        _redirect_redis(instance["environment"].get("REDIS_HOST", ""), instance["redis"])
    sys.path.insert(0, instance["folder"])
    module, name = instance["handler"].rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


class _Local(socket.socket):
    """A connection to a Unix socket that accepts the options of TCP."""

    def setsockopt(self, level: int, *arguments: Any) -> None:
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *arguments)


def _redirect_redis(endpoint: str, path: str) -> None:
    """Redirect connections to ElastiCache's name over TLS to a server on a Unix socket without TLS."""
    connect, wrap = socket.create_connection, ssl.SSLContext.wrap_socket

    def connected(address: Any, *arguments: Any, **options: Any) -> socket.socket:
        if address[0] != endpoint:
            return connect(address, *arguments, **options)
        local = _Local(socket.AF_UNIX)
        local.settimeout(options.get("timeout", arguments[0] if arguments else None))
        local.connect(path)
        return local

    def wrapped(context: ssl.SSLContext, plain: socket.socket, *arguments: Any, **options: Any) -> Any:
        return plain if isinstance(plain, _Local) else wrap(context, plain, *arguments, **options)

    socket.create_connection = connected
    vars(ssl)["SSLContext"].wrap_socket = wrapped


class _Context:
    """The context object that a handler receives."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


if __name__ == "__main__":
    main(sys.argv[1])
