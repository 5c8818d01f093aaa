"""Visitors who look at seat maps, in every Region, at a given rate."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from ticketgen.rehearsal.emulator.signatures import Keys, signed_headers
from ticketgen.rehearsal.sale import RegionApi, SaleEvent

__all__ = ["MapReaders"]

_WORKERS = 8


class MapReaders:
    """Readers of the events' seat maps: half of the reads are of the overview, half of a section.

    Attributes:
        answers: how often each status was the answer; 0 for none.
        took: the start of each read, in `time.monotonic()` seconds, and its duration in seconds.
    """

    def __init__(
        self, apis: Sequence[RegionApi], shows: Sequence[SaleEvent], keys: Keys, seed: int = 7
    ) -> None:
        self._apis, self._shows, self._keys = apis, shows, keys
        self._random, self._turn = random.Random(seed), threading.Lock()
        self.answers: Counter[int] = Counter()
        self.took: list[tuple[float, float]] = []

    def read(self, rate: float, seconds: float) -> None:
        """Read for so long, at most at this rate."""
        opened, numbers = time.monotonic(), iter(range(1, 1 << 60))
        workers = [
            threading.Thread(target=self._run, args=(opened, rate, seconds, numbers), daemon=True)
            for _ in range(_WORKERS)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _run(self, opened: float, rate: float, seconds: float, numbers: Iterator[int]) -> None:
        connections: dict[str, http.client.HTTPConnection] = {}
        while True:
            with self._turn:
                due = opened + next(numbers) / rate
                api, show = self._random.choice(self._apis), self._random.choice(self._shows)
                section = self._random.choice(["", *show.sections])
            if max(due, time.monotonic()) > opened + seconds:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.monotonic()
            status = self._get(connections, api, show, section)
            with self._turn:
                self.answers[status] += 1
                self.took.append((began, time.monotonic() - began))
        for connection in connections.values():
            connection.close()

    def _get(
        self,
        connections: dict[str, http.client.HTTPConnection],
        api: RegionApi,
        show: SaleEvent,
        section: str,
    ) -> int:
        parts = urlsplit(
            f"{api.url}/events/{show.event_id}/seats" + (f"?section={section}" if section else "")
        )
        if api.region not in connections:
            connections[api.region] = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection = connections[api.region]
        try:
            headers = signed_headers(self._keys, "GET", parts.geturl(), region=api.region)
            connection.request(
                "GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status
