"""Client of the emulator: starts its process, controls it and stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import IO, Any

__all__ = ["EmulatedAws"]


class EmulatedAws:
    """An emulated AWS on loopback for the duration of a `with` block.

    Attributes:
        address: host and port.
        redis: whether seat maps use a real Redis.
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
                f"the emulated AWS did not start; its log ends with:\n{self._log.read_text(encoding='utf-8')[-2000:]}"
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
        """The value for `AWS_ENDPOINT_URL`."""
        return f"http://{self.address}"

    def ask(self, action: str) -> dict[str, Any]:
        """Send a control request and return its answer; `emulator.server` lists the actions."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/{action}", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
