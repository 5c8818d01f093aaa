"""The part of the spec about queues, in which the buyers of an event wait for their turn."""

from __future__ import annotations

from pydantic import Field

from ticketgen.spec.spec_part import SpecPart, unit

__all__ = ["Admission"]


class Admission(SpecPart):
    """Queues for events: `POST /queue` gives places and signed tickets. `ops/event.py` sets the rate of each event."""

    buyers_per_minute: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="Buyers that queues admit, over all events and Regions. The default and the maximum are what "
        "`event_scale` allows, less a margin.",
        json_schema_extra=unit("buyers/min"),
    )
    ticket_seconds: int = Field(
        default=600,
        ge=60,
        le=86_400,
        description="How long a ticket is valid, from the buyer's turn on.",
        json_schema_extra=unit("s"),
    )
