"""Losses that the spec accepts: resources that hold data and may be replaced or destroyed."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from ticketgen.findings.spec import INVALID_TEXT, OUT_OF_RANGE
from ticketgen.spec.spec_part import SpecPart
from ticketgen.spec.string_types import refusal

__all__ = ["MAX_ACCEPTED", "AcceptedLoss", "AcceptedLossList"]

MAX_ACCEPTED: Final = 200
"""The number of losses that an environment may accept: more are not decisions any more."""

_MAX_ADDRESS: Final = 400
_MAX_REASON: Final = 300

_ADDRESS_PATTERN: Final = "^[!-~]+$"
_DATE_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def _check_address(text: str) -> str:
    if 0 < len(text) <= _MAX_ADDRESS and all("!" <= each <= "~" for each in text):
        return text
    help = "copy the address from the plan of `ticketgen render --diff`"
    raise refusal(INVALID_TEXT, "is not the address of a resource", help)


def _check_reason(text: str) -> str:
    if text.strip() and len(text) <= _MAX_REASON:
        return text
    raise refusal(INVALID_TEXT, "is not a reason", f"say in 1 to {_MAX_REASON} characters why it may be lost")


def _check_date(text: str) -> str:
    try:
        # Python also takes other forms, such as weeks.
        if re.fullmatch(_DATE_PATTERN, text) and date.fromisoformat(text):
            return text
    except ValueError:
        pass
    raise refusal(INVALID_TEXT, "is not a date", "write the last day on which it holds, such as 2026-12-31")


class AcceptedLoss(SpecPart):
    """A loss that is accepted until a date."""

    address: Annotated[
        str,
        AfterValidator(_check_address),
        WithJsonSchema(
            {"type": "string", "pattern": _ADDRESS_PATTERN, "minLength": 1, "maxLength": _MAX_ADDRESS}
        ),
    ] = Field(
        description="An address as in the plan of `ticketgen render --diff`, such as "
        "`data/us-east-1:module.data.aws_kms_key.stack`; without `data/us-east-1:`, it is accepted in every root "
        "module. A module or a resource stands for everything in it.",
    )
    reason: Annotated[
        str,
        AfterValidator(_check_reason),
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _MAX_REASON}),
    ] = Field(description="Why it may be lost.")
    until: Annotated[
        str,
        AfterValidator(_check_date),
        WithJsonSchema({"type": "string", "pattern": _DATE_PATTERN, "minLength": 10, "maxLength": 10}),
    ] = Field(description="The last day on which it is accepted, such as `2026-12-31`.")

    @property
    def last_day(self) -> date:
        """The last day as a date."""
        return date.fromisoformat(self.until)


def _few(accepted: tuple[AcceptedLoss, ...]) -> tuple[AcceptedLoss, ...]:
    if len(accepted) > MAX_ACCEPTED:
        raise refusal(OUT_OF_RANGE, f"has {len(accepted)} accepted losses", f"keep at most {MAX_ACCEPTED}")
    return accepted


AcceptedLossList = Annotated[tuple[AcceptedLoss, ...], AfterValidator(_few)]
