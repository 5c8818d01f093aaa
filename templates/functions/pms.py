"""HTTP client of the PMS, the property's own system of record of sold seats.

    GET <PMS_URL>/events/<event_id>/sold   ->  200 {"seats": ["A-1", ...]}

The PMS is an external system that may be slow, down or wrong; verification then continues without it.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request

__all__ = ["PmsDown", "sold_seats"]

MOST_BYTES = 16 * 1024 * 1024  # 250,000 seats need 3 MB


class PmsDown(Exception):
    """The PMS did not answer in time, or its answer cannot be read."""


def sold_seats(url: str, event_id: str, seconds: float) -> frozenset[str]:
    """The seats that are sold according to the PMS.

    Raises:
        PmsDown: no answer within `seconds`, or not the documented one.
    """
    deadline = time.monotonic() + seconds
    try:
        # The time-out applies to each read, so the deadline stops a PMS that sends slowly.
        with urllib.request.urlopen(f"{url.rstrip('/')}/events/{event_id}/sold", timeout=seconds) as answer:
            text = bytearray()
            while part := answer.read1(1 << 16):
                text += part
                if len(text) > MOST_BYTES or time.monotonic() > deadline:
                    raise PmsDown("the answer is too long or took too long")
        return frozenset(str(seat) for seat in json.loads(text)["seats"])
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, RecursionError) as error:
        raise PmsDown(f"{type(error).__name__}: {error}") from error
