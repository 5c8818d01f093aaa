"""The parts of the spec about logs and alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ticketgen.aws.limits import LOG_RETENTION_DAYS
from ticketgen.findings.spec import INVALID_VALUE, OUT_OF_RANGE
from ticketgen.spec.spec_part import SpecPart, unit
from ticketgen.spec.string_types import EmailAddress, TopicArn, refusal

__all__ = ["Alarms", "Logs"]


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


class Alarms(SpecPart):
    """Who is notified when an alarm fires."""

    email: tuple[EmailAddress, ...] = Field(
        default=(),
        description="Addresses that subscribe to each Region's topic. AWS sends each of them one request to confirm "
        "for each Region.",
    )
    topic_arn: TopicArn | None = Field(
        default=None,
        description="An existing SNS topic that alarms notify; null: the stack creates a topic in each Region. "
        "`{region}` stands for the alarm's Region, because an alarm reaches only topics in its own Region.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Alarms:
        if self.email and self.topic_arn:
            raise refusal(
                INVALID_VALUE,
                "has addresses for the topic of the stack, and another topic that replaces it",
                "write email or topic_arn: subscribe the addresses to the existing topic",
            )
        return self
