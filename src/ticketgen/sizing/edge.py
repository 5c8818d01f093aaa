"""Limits of the API and its firewall."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, AttributePlace, figure
from ticketgen.wording import counted, format_number

__all__ = ["api_throttle_burst", "api_throttle_rate", "waf_post_limit", "waf_rate_limit"]

_WINDOW = 300  # seconds in which WAF counts
_API = "modules/region/api.tf"
_FIREWALL = "aws_wafv2_web_acl.tickets"
_METHODS = "aws_api_gateway_method_settings.all"


@figure(
    unit="requests/s",
    source=f"{limits.API_THROTTLE_RATE.source}; {assumed.SOURCE}",
    place=AttributePlace(_API, _METHODS, "settings.throttling_rate_limit"),
)
def api_throttle_rate(orders_per_second: int, queue_joins_per_second: float) -> Amount[int]:
    """Requests per second that the API accepts: sales, seat map reads, and people who queue."""
    sales = assumed.sales_requests_per_second(orders_per_second)
    reads = assumed.reads_per_second(orders_per_second)
    queued = f" + {format_number(queue_joins_per_second)} places/s" if queue_joins_per_second else ""
    needed = sales + reads + queue_joins_per_second
    return Amount(
        ceil(needed * assumed.HEADROOM),
        f"({format_number(sales)} holds, releases and purchases/s + {format_number(reads)} seat map reads/s{queued}) × "
        f"{format_number(assumed.HEADROOM)} headroom",
        needed=needed,
    )


@figure(
    unit="requests",
    source=limits.API_THROTTLE_BURST.source,
    place=AttributePlace(_API, _METHODS, "settings.throttling_burst_limit"),
)
def api_throttle_burst(api_throttle_rate: int) -> Amount[int]:
    """Burst of requests that the API accepts: half a second, the ratio of AWS's quotas."""
    rate, burst = limits.API_THROTTLE_RATE.value, limits.API_THROTTLE_BURST.value
    return Amount(
        ceil(api_throttle_rate * burst / rate),
        f"{counted(api_throttle_rate, 'requests/s')} × {format_number(burst)} / {format_number(rate)}",
    )


@figure(
    unit="requests per address in 5 min",
    source=f"{limits.WAF_MAX_RATE.source}; {assumed.SOURCE}",
    place=AttributePlace(_API, _FIREWALL, "rule[0].statement.rate_based_statement.limit"),
)
def waf_rate_limit(api_throttle_rate: int) -> Amount[int]:
    """Requests in 5 minutes from one address before the firewall blocks it."""
    share = ceil(api_throttle_rate * _WINDOW * assumed.ADDRESS_SHARE)
    return Amount(
        min(limits.WAF_MAX_RATE.value, max(assumed.MIN_ADDRESS_LIMIT, share)),
        f"{assumed.ADDRESS_SHARE:.0%} of {counted(api_throttle_rate, 'requests/s')} × {_WINDOW} s, at least "
        f"{format_number(assumed.MIN_ADDRESS_LIMIT)}",
    )


@figure(
    unit="holds and purchases per address in 5 min",
    source=f"{limits.WAF_MAX_RATE.source}; {assumed.SOURCE}",
    place=AttributePlace(_API, _FIREWALL, "rule[1].statement.rate_based_statement.limit"),
)
def waf_post_limit(orders_per_second: int, queue_joins_per_second: float) -> Amount[int]:
    """Holds and purchases in 5 minutes from one address before the firewall blocks more of them.

    It blocks neither reads nor the releases of holds.
    """
    posts = assumed.posts_per_second(orders_per_second) + queue_joins_per_second
    what = "holds, purchases and places" if queue_joins_per_second else "holds and purchases"
    share = ceil(posts * assumed.HEADROOM * _WINDOW * assumed.ADDRESS_SHARE)
    return Amount(
        min(limits.WAF_MAX_RATE.value, max(assumed.MIN_ADDRESS_POSTS, share)),
        f"{assumed.ADDRESS_SHARE:.0%} of {format_number(posts)} {what}/s × "
        f"{format_number(assumed.HEADROOM)} headroom × {_WINDOW} s, at least "
        f"{format_number(assumed.MIN_ADDRESS_POSTS)}",
    )
