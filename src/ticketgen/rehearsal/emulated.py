"""The emulator from outside: starts its process, steers it, ends it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import IO, Any

__all__ = ["EmulatedAws"]


class EmulatedAws:
    """An AWS on loopback, for as long as the `with` block lasts.

    Attributes:
        address: host and port.
        redis: whether seat maps have a real Redis.
    """

    address: str
    redis: bool

    def __init__(self, log: Path, port: int = 0) -> None:
        self._log, self._port = log, port
        self._file: IO[bytes] | None = None

    def __enter__(self) -> EmulatedAws:
        self._file = self._log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ticketgen.rehearsal.emulator.server", str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._file,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the emulator did not start:\n{self._log.read_text(encoding='utf-8')[-2000:]}"
            )
        ready = json.loads(line)
        self.address, self.redis = ready["address"], ready["redis"]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if self._file:
            self._file.close()

    @property
    def endpoint(self) -> str:
        """What clients take for `AWS_ENDPOINT_URL`."""
        return f"http://{self.address}"

    def ask(self, action: str) -> dict[str, Any]:
        """Steer it, and hear how it is: see `emulator.server`."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/{action}", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
