"""What the emulator's parts did with their time, for the report of a rehearsal at scale."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

__all__ = ["USAGE", "EmulatorUsage"]


class EmulatorUsage:
    """Sums since the emulator started."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self._tables = {"calls": 0, "waited": 0.0, "seconds": 0.0, "processor": 0.0}
        self._workers: dict[str, dict[str, float]] = defaultdict(
            lambda: {"slots": 0, "calls": 0, "busy": 0.0, "waited": 0.0, "throttled": 0}
        )

    def table_call(self, waited: float, seconds: float, processor: float) -> None:
        """Add a call to DynamoDB: seconds that it waited for others, seconds in all, and processor time."""
        with self._adding:
            self._tables["calls"] += 1
            self._tables["waited"] += waited
            self._tables["seconds"] += seconds
            self._tables["processor"] += processor

    def worker_call(self, function: str, slots: int, waited: float, busy: float) -> None:
        """Add an invocation: seconds that it waited for a worker, and seconds that it kept one."""
        with self._adding:
            found = self._workers[function]
            found["slots"] = slots
            found["calls"] += 1
            found["waited"] += waited
            found["busy"] += busy

    def throttled(self, function: str, slots: int, waited: float) -> None:
        """Add an invocation that got no worker."""
        with self._adding:
            found = self._workers[function]
            found["slots"] = slots
            found["waited"] += waited
            found["throttled"] += 1

    def data(self) -> dict[str, Any]:
        """All sums as plain data."""
        with self._adding:
            workers = {name: dict(sums) for name, sums in self._workers.items()}
            return {"dynamodb": dict(self._tables), "workers": workers}


USAGE = EmulatorUsage()
