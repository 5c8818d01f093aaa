"""Formulas and kinds of figures that several functions share."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, Definition, OutputPlace, figure
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.wording import counted, format_number

__all__ = [
    "BASE_MIB", "MIB", "VCPU_MIB", "Define", "concurrency", "littles_law", "memory", "memory_for", "overlapping",
    "provisioned", "stream_concurrency", "timeout", "with_cold_starts",
]  # fmt: skip

MIB = 1024 * 1024
VCPU_MIB = limits.LAMBDA_MEMORY_PER_VCPU.value
BASE_MIB = 256
"""Memory of the runtime, boto3 and its clients."""

_STEP_MIB = 64
_UNIT = "concurrent executions"

Define = Callable[[Callable[..., Amount[int] | None]], Definition[int]]


def memory(function: str, module: FunctionModule) -> Define:
    """Define the memory of a function, which also sets its share of a CPU."""
    return figure(
        unit="MiB",
        source=f"{limits.LAMBDA_MEMORY_PER_VCPU.source}; {assumed.SOURCE}",
        scope=module.scope,
        place=module.attribute(function, "memory_size"),
    )


def timeout(function: str, module: FunctionModule, source: str) -> Define:
    """Define the timeout of a function."""
    return figure(
        unit="seconds", source=source, scope=module.scope, place=module.attribute(function, "timeout")
    )


def concurrency(function: str, module: FunctionModule, source: str) -> Define:
    """Define the concurrency of a function, which is reserved for it."""
    place = module.attribute(function, "reserved_concurrent_executions")
    return figure(unit=_UNIT, source=source, scope=module.scope, place=place)


def stream_concurrency(module: FunctionModule) -> Define:
    """Define the concurrency of a stream's consumer, which its stream limits."""
    return figure(unit=_UNIT, source=assumed.SOURCE, scope=module.scope, place=OutputPlace())


def memory_for(needed: float, formula: str) -> Amount[int]:
    """The memory that a function needs, in steps; the minimum imports boto3 fast."""
    return Amount(
        max(assumed.MIN_MEMORY, ceil(needed / _STEP_MIB) * _STEP_MIB),
        f"{formula}, at least {assumed.MIN_MEMORY} MiB",
        needed=needed,
    )


def provisioned(module: FunctionModule, source: str) -> Define:
    """Define the concurrency that is provisioned for the time of a sale, by an operator and not by Terraform."""
    return figure(unit=_UNIT, source=source, scope=module.scope, place=OutputPlace())


def with_cold_starts(provisioned: int, rate: float, seconds: float) -> Amount[int]:
    """The concurrency of a function whose warm part is provisioned: some requests start an environment first."""
    cold = rate * assumed.COLD_SHARE * (assumed.COLD_START_SECONDS + seconds)
    return Amount(
        provisioned + ceil(cold),
        f"{format_number(provisioned)} provisioned + {assumed.COLD_SHARE:.0%} of {counted(rate, 'requests/s')} × "
        f"({format_number(assumed.COLD_START_SECONDS)} s for a cold start + {format_number(seconds)} s)",
        needed=rate * seconds + cold,
    )


def littles_law(rate: float, seconds: float) -> Amount[int]:
    """The concurrency by Little's law, with at most ten requests per second each."""
    each = limits.LAMBDA_REQUESTS_PER_EXECUTION
    needed = max(rate * seconds, rate / each.value)
    return Amount(
        max(assumed.MIN_CONCURRENCY, ceil(needed * assumed.HEADROOM)),
        f"the larger of {counted(rate, 'requests/s')} × {format_number(seconds)} s (Little's law) and "
        f"{counted(rate, 'requests/s')} / {each.value}, × {format_number(assumed.HEADROOM)} headroom, "
        f"at least {assumed.MIN_CONCURRENCY}",
        needed=needed,
    )


def overlapping(seconds: int, interval: int) -> Amount[int]:
    """The concurrency of runs at an interval: one may still run when the next starts."""
    return Amount(
        ceil(seconds / interval) + 1,
        f"{seconds} s / one every {interval} s, rounded up, + 1",
        needed=seconds / interval,
    )
