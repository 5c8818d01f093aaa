"""Judge the 201s of a key: each with its request, with the refunds before it, and with the first one of its order."""

from __future__ import annotations

from ticketgen.findings.histories import ANSWER_CHANGED, REFUND_NOT_TOLD
from ticketgen.history.facts import Facts, KeyFacts, Order, Request
from ticketgen.history.notes import Notes, name_key, name_seats
from ticketgen.wording import join_words

__all__ = ["judge_confirmations"]


def judge_confirmations(facts: Facts, notes: Notes, known: KeyFacts) -> None:
    """Find confirmations that changed, or that cannot be right."""
    key = known.key
    first: dict[str, Request] = {}
    for request in known.sold:
        base, order = first.setdefault(request.order, request), (key[0], request.order)
        late = _told_late(facts, order, request)
        if late:
            text = f"{name_key(key)} was told 201 for {name_seats(key[0], *late)} after the refund"
            notes.note(REFUND_NOT_TOLD, text, request.line)
        if not _answers_request(facts, order, request):
            text = f"asked for {name_seats(key[0], *request.seats)} and was told 201 for {join_words(request.told)}"
            notes.note(ANSWER_CHANGED, f"{name_key(key)} {text}", request.line)
        elif base is not request and not _repeats_seats(facts, order, request, base):
            text = f"was told 201 for {name_seats(key[0], *base.told)}"
            text += f", and then for {join_words(request.told)}"
            notes.note(ANSWER_CHANGED, f"{name_key(key)} {text}", request.line, base.line)
        elif base is not request and not _repeats_prices(request, base):
            text = f"was told a total of {base.total}, and then of {request.total}"
            notes.note(ANSWER_CHANGED, f"{name_key(key)} {text}", request.line, base.line)
        elif request.prices and request.total != sum(request.prices):
            text = f"was told a total of {request.total}, but the prices add up to {sum(request.prices)}"
            notes.note(ANSWER_CHANGED, f"{name_key(key)} {text}", request.line)


def _told_late(facts: Facts, order: Order, request: Request) -> list[str]:
    """The confirmed seats that surely had been refunded before the request."""
    if order not in facts.refunds:
        return []
    skew = facts.allowances.skew
    return [seat for seat in request.told if facts.refund(order, seat).surely + skew < request.begin]


def _answers_request(facts: Facts, order: Order, request: Request) -> bool:
    """Whether an answer has the seats that were asked for, each once, except for refunded ones."""
    told = set(request.told)
    if len(told) < len(request.told):
        return False
    asked = told if request.told is request.seats else set(request.seats)
    return told <= asked and facts.refunded(order, asked - told, request.end)


def _repeats_seats(facts: Facts, order: Order, request: Request, base: Request) -> bool:
    """Whether a later answer has the seats of the first one, except for refunded ones.

    If both requests ran at the same time, the first answer may be the newer one.
    """
    gone, new = set(base.told) - set(request.told), set(request.told) - set(base.told)
    if not facts.refunded(order, gone, request.end):
        return False
    return not new or (request.begin <= base.end and facts.refunded(order, new, base.end))


def _repeats_prices(request: Request, base: Request) -> bool:
    """Whether the seats in both answers have the same prices, and the same seats the same total."""
    both = set(request.told) & set(base.told)
    if request.prices and base.prices and any(request.price_of(seat) != base.price_of(seat) for seat in both):
        return False
    same = both == set(request.told) == set(base.told)
    return not same or None in (base.total, request.total) or request.total == base.total
