"""The throttling of a stage: a bucket of tokens for each method, as large as the burst, that fills with the rate.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Mapping
from typing import Any

__all__ = ["admits"]

_turn = threading.Lock()
_buckets: dict[Hashable, tuple[float, float]] = {}
"""The tokens of each method, and when they were counted."""


def admits(method: Hashable, settings: Mapping[str, Any]) -> bool:
    """Take a token for a request, if there is one; settings without limits admit everything."""
    rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
    if not rate or not burst or rate < 0 or burst < 0:  # -1: only the account's limits
        return True
    with _turn:
        now = time.monotonic()
        tokens, counted = _buckets.get(method, (float(burst), now))
        tokens = min(float(burst), tokens + (now - counted) * rate)
        _buckets[method] = (tokens - 1 if tokens >= 1 else tokens), now
        return bool(tokens >= 1)
