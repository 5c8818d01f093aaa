"""Kinds of findings about the histories of sales."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Stage

TITLE: Final = "Histories of sales"

_judged = partial(FindingKind, stage=Stage.VERIFY)

# The file

HISTORY_UNREADABLE = _judged(
    "history-unreadable",
    "The history can be read",
    "Nothing was judged.",
    "name a regular file, or `-` for standard input",
    category=Category.USAGE,
)
MALFORMED_OPERATION = _judged(
    "malformed-operation",
    "Every line of a history is an operation",
    "A line that cannot be read may be the one that shows a seat sold twice. All other lines were judged.",
    "write the line as `ticketgen help history` describes it",
)
INCOMPLETE_HISTORY = _judged(
    "incomplete-history",
    "A history is complete, and has the ledger that was read after the last answer",
    "Whatever is missing was not judged: an empty history would have no faults.",
    "write the history again, with its final ledger, or judge the answers alone with --without-ledger",
)

# What must never happen

SEAT_SOLD_TWICE = _judged(
    "seat-sold-twice",
    "No seat belongs to two orders, or is charged twice, unless all but one were refunded",
    "Two buyers will come for one seat.",
    "find out which of the two sales was written without its condition; both lines have the seat",
)
REFUSAL_TAKEN_BACK = _judged(
    "refusal-taken-back",
    "A buyer who was refused does not get the seats afterwards, unless the buyer asks again",
    "The buyer was told that there was no sale, bought other seats, and is charged for both.",
    "make a refusal final before it is told, or answer 503 if the outcome is unknown",
)
SALE_TAKEN_BACK = _judged(
    "sale-taken-back",
    "A key that was told 201 is never refused later, unless its seats were refunded",
    "The buyer has a confirmation, and is then told that there was no sale.",
    "answer a repeated key with its first answer",
)
ANSWER_CHANGED = _judged(
    "answer-changed",
    "Every 201 of a key has the same seats and the same total, except for refunded seats",
    "The buyer does not know what was bought, and the charge fits only one of the answers.",
    "build the answer from the ledger's entries",
)
REFUND_NOT_TOLD = _judged(
    "refund-not-told",
    "An answer does not confirm seats that were refunded before the request",
    "The buyer goes to a seat that is no longer the buyer's.",
    "leave refunded seats out of the answer",
)
KEY_WITH_TWO_ORDERS = _judged(
    "key-with-two-orders",
    "A key is one order",
    "A repeated request bought, and was charged, twice.",
    "write the key's record in the same transaction as the sale",
)
SALE_MISSING = _judged(
    "sale-missing",
    "Every seat that was confirmed is in the final ledger, also if it was refunded",
    "The buyer has a confirmation for a seat that will be sold to somebody else.",
    "confirm a sale only after its transaction",
)
CHARGE_DIFFERS = _judged(
    "charge-differs",
    "The ledger charges the buyer, and the amount, that the answer named",
    "Somebody pays what nobody agreed to.",
    "build the answer from the ledger's entries",
)
CHARGE_WITHOUT_ANSWER = _judged(
    "charge-without-answer",
    "A charge belongs to a key that was told 201, or whose outcome its buyer does not know",
    "The buyer was told that nothing was sold, and is charged.",
    "make a refusal final before it is told",
)
ENTRY_WITHOUT_REQUEST = _judged(
    "entry-without-request",
    "Every entry of the ledger is for a seat that its buyer asked for with its key",
    "Somebody is charged who never asked.",
    "look for writers of the ledger other than the purchase; a test's own entries are `planted`",
)
HALF_ORDER = _judged(
    "half-order",
    "An order has all of its seats, or none",
    "A family gets two of its four seats.",
    "sell all seats of an order in one transaction",
)
CHARGE_WITHOUT_SEAT = _judged(
    "charge-without-seat",
    "The final inventory and the final ledger name the same order for each seat",
    "A seat that is charged but looks free is sold again, and one that looks sold but is not is never sold.",
    "verify inventory against the ledger, and correct it",
)
REFUND_MISSING = _judged(
    "refund-missing",
    "Every refund that was confirmed is in the final ledger",
    "The seat is free again, or another buyer's, and its first buyer is still charged.",
    "confirm a refund only after its transaction",
)
HOLD_BROKEN = _judged(
    "hold-broken",
    "Nobody else gets a seat before the end of its hold",
    "The holder was told how long to take, and lost the seat meanwhile.",
    "let a hold bind until every clock has passed its end",
)
BUYER_OVER_LIMIT = _judged(
    "buyer-over-limit",
    "No buyer holds and has bought more seats of an event than the event allows",
    "One buyer, or one robot, has the seats that many buyers wanted.",
    "count held and bought seats together, in the transaction that holds or sells them",
)
SALE_AFTER_CLOSE = _judged(
    "sale-after-close",
    "Nothing is sold or held after the sale was closed",
    "The operator has counted, settled or moved the event, and the count is wrong.",
    "start no transaction on older knowledge of the event than the quiet time allows",
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
