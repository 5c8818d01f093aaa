"""Metrics of the functions, read from their log lines in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

__all__ = ["METRICS", "Metrics"]


class Metrics:
    """All metric values, in order of arrival."""

    def __init__(self) -> None:
        self._values: list[dict[str, Any]] = []
        self._adding = threading.Lock()

    def take(self, region: str, function: str, log: str) -> None:
        """Record the metrics in a function's log."""
        for line in log.splitlines():
            if '"CloudWatchMetrics"' not in line:
                continue
            entry = json.loads(line)
            with self._adding:
                for directive in entry["_aws"]["CloudWatchMetrics"]:
                    for metric in directive["Metrics"]:
                        self._values.append(
                            {
                                "at": time.time(),
                                "region": region,
                                "function": function,
                                "name": metric["Name"],
                                "value": entry[metric["Name"]],
                            }
                        )

    def since(self, position: int) -> list[dict[str, Any]]:
        """The values after the first `position` ones."""
        return self._values[position:]


METRICS = Metrics()
