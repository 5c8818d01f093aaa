"""The property's own system of record (PMS), asked over HTTP which seats it has as sold.

    GET <PMS_URL>/events/<event_id>/sold   ->  200 {"seats": ["A-1", ...]}

It is a foreign system: it may be slow, down or wrong, and then the rest is verified without it.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request

__all__ = ["PmsDown", "sold_seats"]

MOST_BYTES = 16 * 1024 * 1024  # a quarter of a million seats need 3 MB


class PmsDown(Exception):
    """No answer in time, or none that can be read."""


def sold_seats(url: str, event_id: str, seconds: float) -> frozenset[str]:
    """The seats that the PMS has as sold.

    Raises:
        PmsDown: no answer within `seconds`, or another than the documented one.
    """
    deadline = time.monotonic() + seconds
    try:
        # The time-out is for each read: a PMS that drips is given up by the clock.
        with urllib.request.urlopen(f"{url.rstrip('/')}/events/{event_id}/sold", timeout=seconds) as answer:
            text = bytearray()
            while part := answer.read1(1 << 16):
                text += part
                if len(text) > MOST_BYTES or time.monotonic() > deadline:
                    raise PmsDown("too long an answer")
        return frozenset(str(seat) for seat in json.loads(text)["seats"])
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise PmsDown(f"{type(error).__name__}: {error}") from error
