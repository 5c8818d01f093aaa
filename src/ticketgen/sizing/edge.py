"""Limits of the API and its firewall."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, counted, figure, said
from ticketgen.sizing.functions import reads_per_second, sales_requests_per_second

__all__ = ["api_throttle_burst", "api_throttle_rate", "waf_rate_limit"]

_WINDOW = 300  # seconds in which WAF counts


def api_throttle_rate(orders: int) -> Figure[int]:
    """Requests per second that the API accepts: sales and seat map reads."""
    sales, reads = sales_requests_per_second(orders), reads_per_second(orders)
    return figure(
        "api_throttle_rate",
        ceil((sales + reads) * assumed.HEADROOM),
        "requests/s",
        f"({said(sales)} holds, releases and purchases/s + {said(reads)} seat map reads/s) × "
        f"{said(assumed.HEADROOM)} headroom",
        f"{limits.API_THROTTLE_RATE.source}; {assumed.SOURCE}",
        needed=sales + reads,
        orders_per_second=orders,
    )


def api_throttle_burst(rate: int) -> Figure[int]:
    """Burst of requests that the API accepts: those of half a second, in the ratio of AWS's own quotas."""
    return figure(
        "api_throttle_burst",
        ceil(rate * limits.API_THROTTLE_BURST.value / limits.API_THROTTLE_RATE.value),
        "requests",
        f"{counted(rate, 'requests/s')} × {said(limits.API_THROTTLE_BURST.value)} / "
        f"{said(limits.API_THROTTLE_RATE.value)}",
        limits.API_THROTTLE_BURST.source,
        api_throttle_rate=rate,
    )


def waf_rate_limit(rate: int) -> Figure[int]:
    """Requests in 5 minutes from one address before the firewall blocks it."""
    share = ceil(rate * _WINDOW * assumed.ADDRESS_SHARE)
    return figure(
        "waf_rate_limit",
        min(limits.WAF_MAX_RATE.value, max(assumed.LEAST_ADDRESS_LIMIT, share)),
        "requests per address in 5 min",
        f"{assumed.ADDRESS_SHARE:.0%} of {counted(rate, 'requests/s')} × {_WINDOW} s, at least "
        f"{said(assumed.LEAST_ADDRESS_LIMIT)}",
        f"{limits.WAF_MAX_RATE.source}; {assumed.SOURCE}",
        api_throttle_rate=rate,
    )
