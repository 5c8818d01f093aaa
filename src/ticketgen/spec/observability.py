"""The parts of the spec about logs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ticketgen.aws.limits import LOG_RETENTION_DAYS
from ticketgen.findings.spec import OUT_OF_RANGE
from ticketgen.spec.spec_part import SpecPart, unit
from ticketgen.spec.string_types import refusal

__all__ = ["Logs"]


def _accepted_by_cloudwatch(days: int) -> int:
    if days in LOG_RETENTION_DAYS:
        return days
    close = min(LOG_RETENTION_DAYS, key=lambda accepted: abs(accepted - days))
    raise refusal(
        OUT_OF_RANGE,
        "is not a retention that CloudWatch accepts",
        f"write {close}, or another of {', '.join(map(str, LOG_RETENTION_DAYS))}",
    )


class Logs(SpecPart):
    """How long logs are kept."""

    ip_retention_days: Annotated[int, AfterValidator(_accepted_by_cloudwatch)] = Field(
        default=90,
        description="For logs with IP addresses of buyers, which are personal data: the API's access logs, and the "
        "requests and connections that the firewall and the network reject.",
        json_schema_extra={**unit("days"), "enum": list(LOG_RETENTION_DAYS)},
    )
