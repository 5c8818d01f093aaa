"""The total concurrency of a Region's functions, which the quota must allow."""

from __future__ import annotations

from ticketgen.aws import limits
from ticketgen.figures.model import Amount, DeploymentScope, OutputPlace, figure
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.wording import format_number

__all__ = ["hub_concurrency", "region_concurrency"]

_UNRESERVED = limits.LAMBDA_UNRESERVED
_UNIT = "concurrent executions"
_NAMES = {function.capacity.concurrency.name: function.name for function in FUNCTIONS.values()}
_IN_REGION, _IN_HUB = (
    tuple(
        function.capacity.concurrency.name
        for function in FUNCTIONS.values()
        if (function.module is FunctionModule.REGION) is in_region
    )
    for in_region in (True, False)
)


def _each(concurrencies: dict[str, int]) -> str:
    return " + ".join(
        f"{format_number(value)} {_NAMES[name]}" for name, value in concurrencies.items() if value
    )


@figure(unit=_UNIT, source=_UNRESERVED.source, inputs=_IN_REGION, place=OutputPlace())
def region_concurrency(**concurrencies: int) -> Amount[int]:
    """Concurrency of all functions in a Region without analytics and verification."""
    return Amount(
        sum(concurrencies.values()) + _UNRESERVED.value,
        f"{_each(concurrencies)} + {_UNRESERVED.value} that cannot be reserved",
    )


@figure(
    unit=_UNIT,
    source=_UNRESERVED.source,
    inputs=_IN_HUB,
    scope=DeploymentScope.HUB,
    place=OutputPlace(),
)
def hub_concurrency(region_concurrency: int, **concurrencies: int) -> Amount[int]:
    """Concurrency of all functions in a Region with analytics and verification."""
    return Amount(
        region_concurrency + sum(concurrencies.values()),
        f"{format_number(region_concurrency)} in every Region + {_each(concurrencies)}",
    )
