"""The format of a history: JSON lines, one operation a line, in any order.

All times, also `expires_at` and `voided_at`, are in seconds on one clock, usually since the epoch. An operation without
an answer has no `end`. The kinds of lines:

hold       a buyer asks to hold seats
release    a buyer ends a hold
purchase   a buyer orders seats, under an Idempotency-Key
void       an operator or a program refunds seats of an order
close      an operator ends the sale of an event
open       an operator begins or resumes the sale of an event
move       an operator moves an event to another home; `lost`: without waiting for the old one
limit      an event allows a buyer so many seats, held and bought; of several limits, the highest one
planted    a test writes a sale that nobody asked for into the ledger
entry      one seat of one order in the final ledger
ledger     the final ledger was read between `begin` and `end`, in all Regions; `count` is the number of its entries
item       one sold seat in the final inventory
inventory  the final inventory was read between `begin` and `end`; `count` is the number of its items

An answer is final with a status from 200 to 499, except 408 and 429, which say nothing about earlier requests with the
key. After these, from 500 on, with `unknown`, and without an answer, the outcome is unknown.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

__all__ = [
    "OPERATIONS",
    "Answer",
    "AnswerBody",
    "BuyerLimit",
    "Entry",
    "EventChange",
    "HistoryLine",
    "Hold",
    "InventoryItem",
    "Planted",
    "Purchase",
    "Read",
    "Release",
    "SoldSeat",
    "Void",
    "json_schema",
]

_Name = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
_Time = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]  # since the epoch, milliseconds are more
_Amount = Annotated[int, Field(ge=-(10**15), le=10**15)]
_Seats = Annotated[tuple[_Name, ...], Field(min_length=1, max_length=1000)]


class _Line(BaseModel):
    # Frozen models would be copied by validators; a misspelled field would silently switch a check off.
    model_config = ConfigDict(extra="forbid", strict=True)


class SoldSeat(BaseModel):
    """A seat in the answer to a purchase; other fields are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    seat_id: _Name
    price: _Amount | None = None


class AnswerBody(BaseModel):
    """What a history needs of an answer's body; other fields are ignored.

    Attributes:
        reason: of a refusal.
        hold_id, expires_at: of a hold: its id, and when it ends.
        order_id, seats, total: of a purchase: its id, the seats that are the buyer's, and the sum of their prices.
    """

    model_config = ConfigDict(extra="ignore", strict=True)

    reason: str = ""
    hold_id: _Name | None = None
    expires_at: _Time | None = None
    order_id: _Name | None = None
    seats: Annotated[tuple[_Name | SoldSeat, ...], Field(max_length=1000)] = ()
    total: _Amount | None = None


_NO_BODY: Final = AnswerBody()


class Answer(_Line):
    """What a buyer or an operator was told: the HTTP status, and the body; `unknown` if the outcome is not known."""

    status: Annotated[int, Field(ge=100, le=599)]
    unknown: bool = False
    body: AnswerBody = _NO_BODY

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def final(self) -> bool:
        """Whether the outcome is known."""
        return 200 <= self.status < 500 and self.status not in (408, 429) and not self.unknown


class _Operation(_Line):
    begin: _Time
    end: _Time | None = None
    answer: Answer | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if (self.end is None) != (self.answer is None):
            raise ValueError("an operation has both an end and an answer, or neither")
        if self.end is not None and self.end < self.begin:
            raise ValueError("the end is before the beginning")
        return self

    @property
    def confirmed(self) -> bool:
        """Whether it surely was done."""
        return self.answer is not None and self.answer.final and self.answer.done

    @property
    def refused(self) -> bool:
        """Whether it surely was not done."""
        return self.answer is not None and self.answer.final and not self.answer.done


class Hold(_Operation):
    """A request to hold seats. Without a key, it cannot be repeated."""

    kind: Literal["hold"]
    buyer: _Name
    event: _Name
    seats: _Seats
    key: _Name | None = None

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        told = self.answer
        if told and told.done and (told.body.hold_id is None or told.body.expires_at is None):
            raise ValueError("the answer to a hold lacks hold_id or expires_at")
        return self


class Release(_Operation):
    """A request to end a hold."""

    kind: Literal["release"]
    buyer: _Name
    event: _Name
    hold_id: _Name


class Purchase(_Operation):
    """An order, or its repetition: a key is one order of a buyer and an event."""

    kind: Literal["purchase"]
    buyer: _Name
    event: _Name
    seats: _Seats
    key: _Name
    hold_id: _Name | None = None

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        told = self.answer
        if told and told.done:
            if told.body.order_id is None or not told.body.seats:
                raise ValueError("the answer to a purchase lacks order_id or seats")
            if any(isinstance(seat, str) for seat in told.body.seats) and told.body.total is None:
                raise ValueError("the answer to a purchase has neither prices nor a total")
        return self


class Void(_Operation):
    """A refund of seats of an order."""

    kind: Literal["void"]
    event: _Name
    order_id: _Name
    seats: _Seats


class EventChange(_Operation):
    """A step of an event's life: the beginning or the end of its sale, or a move of its home."""

    kind: Literal["open", "close", "move"]
    event: _Name
    lost: bool = False


class BuyerLimit(_Line):
    """The most seats that a buyer of an event may hold and buy, together."""

    kind: Literal["limit"]
    event: _Name
    seats: Annotated[int, Field(ge=1, le=1000)]


class Planted(_Line):
    """A fault: a sale that a test wrote into the ledger."""

    kind: Literal["planted"]
    event: _Name
    order_id: _Name
    begin: _Time


class Entry(_Line):
    """A seat of an order in the final ledger; `voided_at` if it was refunded."""

    kind: Literal["entry"]
    event: _Name
    seat: _Name
    order_id: _Name
    buyer: _Name
    key: _Name
    price: _Amount | None = None
    voided_at: _Time | None = None


class InventoryItem(_Line):
    """A sold seat in the final inventory."""

    kind: Literal["item"]
    event: _Name
    seat: _Name
    order_id: _Name


class Read(_Line):
    """The ledger or the inventory was read, and is in the history as a whole; `count` is the number of its lines."""

    kind: Literal["ledger", "inventory"]
    begin: _Time
    end: _Time
    count: Annotated[int, Field(ge=0, le=10**15)]


HistoryLine = (
    Hold | Release | Purchase | Void | EventChange | BuyerLimit | Planted | Entry | InventoryItem | Read
)

OPERATIONS: Final[TypeAdapter[HistoryLine]] = TypeAdapter(Annotated[HistoryLine, Field(discriminator="kind")])
"""Validates a line: ``OPERATIONS.validate_json(line)``."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    return OPERATIONS.json_schema()
