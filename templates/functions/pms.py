"""HTTP client of the PMS, the property's own system of record of sold seats.

    GET <PMS_URL>/events/<event_id>/sold   ->  200 {"seats": ["A-1", ...]}

The PMS is an external system that may be slow, down or wrong; verification then continues without it.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import closing
from urllib.parse import urlsplit

__all__ = ["PmsDown", "sold_seats"]

MOST_BYTES = 16 * 1024 * 1024  # 250,000 seats need 3 MB


class PmsDown(Exception):
    """The PMS did not answer in time, or its answer cannot be read."""


def sold_seats(url: str, event_id: str, seconds: float) -> frozenset[str]:
    """The seats that are sold according to the PMS.

    Raises:
        PmsDown: no answer within `seconds`, or not the documented one.
    """
    where = urlsplit(f"{url.rstrip('/')}/events/{event_id}/sold")
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(where.hostname or "", where.port, timeout=seconds)) as connection:
            connection.connect()
            # A time-out applies to each read, so this ends a PMS that sends slowly, also one that sends headers slowly.
            end = threading.Timer(seconds, connection.sock.shutdown, [socket.SHUT_RDWR])
            end.daemon = True
            end.start()
            try:
                return _read(connection, f"{where.path}?{where.query}" if where.query else where.path)
            finally:
                end.cancel()
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise PmsDown(f"{type(error).__name__}: {error}") from error


def _read(connection: http.client.HTTPConnection, path: str) -> frozenset[str]:
    connection.request("GET", path, headers={"Accept": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise PmsDown(f"it answers {answer.status} {answer.reason}")
    text = answer.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise PmsDown(f"its answer is longer than {MOST_BYTES:,} bytes")
    seats = json.loads(text)["seats"]
    if not isinstance(seats, list) or not all(isinstance(seat, str) for seat in seats):
        raise PmsDown("its seats are not a list of texts")
    return frozenset(seats)
