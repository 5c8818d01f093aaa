"""The analytics database: its instances and their capacity."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, AttributePlace, DeploymentScope, figure
from ticketgen.wording import counted, format_number

__all__ = ["aurora_instances", "aurora_max_acu", "aurora_min_acu"]

_AURORA, _DATABASE = "modules/analytics/aurora.tf", "aws_rds_cluster.sales"


@figure(
    unit="instances",
    source="environments.*.protect",
    scope=DeploymentScope.HUB,
    place=AttributePlace(_AURORA, "aws_rds_cluster_instance.sales", "count"),
)
def aurora_instances(protect: bool) -> Amount[int]:
    """Instances of the database: a second one for failover if `protect` is set."""
    return Amount(
        2 if protect else 1,
        "one, and a second for failover with protect; without it, records wait in Kinesis",
    )


@figure(
    unit="ACU",
    source=limits.AURORA_MIN_ACU.source,
    scope=DeploymentScope.HUB,
    place=AttributePlace(_AURORA, _DATABASE, "serverlessv2_scaling_configuration.min_capacity"),
)
def aurora_min_acu(protect: bool, aurora_max_acu: float) -> Amount[float]:
    """The minimum capacity: the more it keeps, the faster it scales up."""
    return Amount(
        max(1, _halves(aurora_max_acu / 8)) if protect else 0.5,
        f"an eighth of {format_number(aurora_max_acu)} ACU, in steps of a half, at least 1"
        if protect
        else "0.5 without protect",
    )


@figure(
    unit="ACU",
    source=f"{limits.AURORA_MAX_ACU.source}; {assumed.SOURCE}",
    scope=DeploymentScope.HUB,
    place=AttributePlace(_AURORA, _DATABASE, "serverlessv2_scaling_configuration.max_capacity"),
)
def aurora_max_acu(seats_per_second: int) -> Amount[float]:
    """The maximum capacity of Aurora Serverless v2: one row per seat."""
    needed = seats_per_second / assumed.ROWS_PER_ACU
    return Amount(
        max(1, _halves(needed * assumed.HEADROOM)),
        f"{counted(seats_per_second, 'rows/s')} × {format_number(assumed.HEADROOM)} headroom / "
        f"{format_number(assumed.ROWS_PER_ACU)} "
        "rows/s per ACU, in steps of a half, at least 1",
        needed=needed,
    )


def _halves(acu: float) -> float:
    """Round up to a half; whole numbers become integers, for HCL without a point."""
    halves = ceil(acu * 2)
    return halves / 2 if halves % 2 else halves // 2
