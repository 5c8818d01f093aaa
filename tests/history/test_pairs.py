"""For each finding: the smallest histories that have only it, each with its nearest good neighbour.

The neighbour differs in one line, and every other line is needed: without it, the history has not this finding alone.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import judge

PAGE = Path(__file__).parents[2] / "docs" / "history.md"
Line = dict[str, Any]


def operation(kind: str, begin: float, end: float | None, status: int, body: Line, **asked: Any) -> Line:
    told = {} if end is None else {"end": end, "answer": {"status": status, "body": body}}
    return {"kind": kind, "event": "gala", **asked, "begin": begin, **told}


def purchase(
    buyer: str, wanted: str, begin: float = 1, end: float | None = None, status: int = 409, **body: Any
) -> Line:
    asked = {"buyer": buyer, "seats": wanted.split(), "key": f"key-{buyer}"}
    return operation("purchase", begin, end, status, body, **asked)


def sale(buyer: str, seats: str, order: str, begin: float = 1, end: float = 2, total: int = 5) -> Line:
    told = [{"seat_id": seat, "price": 5} for seat in seats.split()]
    return purchase(buyer, seats, begin, end, 201, order_id=order, seats=told, total=total)


def named(buyer: str, seats: str, order: str, begin: float = 1, end: float = 2, total: int = 5) -> Line:
    return purchase(buyer, seats, begin, end, 201, order_id=order, seats=seats.split(), total=total)


def hold(
    buyer: str, hold_id: str, begin: float, end: float, expires: float, seat: str = "A", **asked: Any
) -> Line:
    body = {"hold_id": hold_id, "expires_at": expires}
    return operation("hold", begin, end, 201, body, buyer=buyer, seats=[seat], **asked)


def entry(buyer: str, seat: str, order: str, **more: Any) -> Line:
    where = {"event": "gala", "seat": seat, "order_id": order}
    return {"kind": "entry", **where, "buyer": buyer, "key": f"key-{buyer}", **more}


def item(seat: str, order: str) -> Line:
    return {"kind": "item", "event": "gala", "seat": seat, "order_id": order}


def change(kind: str, begin: float, end: float, status: int = 200) -> Line:
    return operation(kind, begin, end, status, {})


def void(begin: float, end: float, status: int = 200, **answer: Any) -> Line:
    line = operation("void", begin, end, status, {}, order_id="o1", seats=["A"])
    return {**line, "answer": {"status": status, **answer}}


def ledger(count: int) -> Line:
    return {"kind": "ledger", "begin": 90, "end": 91, "count": count}


@dataclass(frozen=True)
class Pair:
    """A bad history, and the line that makes it good in place of the line with its number, from 0."""

    bad: tuple[Line, ...]
    place: int
    line: Line

    def good(self) -> tuple[Line, ...]:
        return (*self.bad[: self.place], self.line, *self.bad[self.place + 1 :])


def pair(*bad: Line, place: int, line: Line) -> Pair:
    return Pair(bad, place, line)


def limit(seats: int) -> Line:
    return {"kind": "limit", "event": "gala", "seats": seats}


PAIRS: dict[str, list[Pair]] = {
    "buyer-over-limit": [
        pair(limit(1), hold("ann", "h1", 1, 2, 50), hold("ann", "h2", 3, 4, 90, "B"),
             place=2, line=hold("ann", "h2", 47, 48, 90, "B")),
        pair(limit(1), hold("ann", "h1", 1, 2, 50), hold("ann", "h2", 3, 4, 90, "B"), place=0, line=limit(2)),
        pair(limit(1), sale("ann", "A B", "o1", total=10), entry("ann", "A", "o1"), entry("ann", "B", "o1"),
             place=0, line=limit(2)),
    ],
    "seat-sold-twice": [
        pair(sale("ann", "A", "o1"), sale("bob", "A", "o2"), entry("ann", "A", "o1"), entry("bob", "A", "o2"),
             place=2, line=entry("ann", "A", "o1", voided_at=50)),
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), entry("ann", "A", "o1"),
             place=2, line=entry("ann", "A", "o1", voided_at=50)),
    ],
    "refusal-taken-back": [
        pair(purchase("ann", "A", 1, 2), entry("ann", "A", "o1"), place=0, line=purchase("ann", "A", 1, 2, 503)),
        pair(purchase("ann", "A", 1), purchase("ann", "A", 2, 3), entry("ann", "A", "o1"),
             place=0, line=purchase("ann", "A", 3)),
        pair(purchase("ann", "A", 1, 2), entry("ann", "A", "o1", voided_at=4.1),
             place=1, line=entry("ann", "A", "o1", voided_at=4)),
    ],
    "sale-taken-back": [
        pair(sale("ann", "A", "o1"), purchase("ann", "A", 3, 4), entry("ann", "A", "o1"),
             place=2, line=entry("ann", "A", "o1", voided_at=2.5)),
        pair(sale("ann", "A", "o1"), purchase("ann", "A", 3, 4), entry("ann", "A", "o1", voided_at=6.1),
             place=2, line=entry("ann", "A", "o1", voided_at=6)),
    ],
    "answer-changed": [
        pair(named("ann", "A", "o1"), named("ann", "A", "o1", 3, 4, total=6), entry("ann", "A", "o1"),
             place=1, line=named("ann", "A", "o1", 3, 4)),
        pair(sale("ann", "A", "o1", total=6), entry("ann", "A", "o1"), place=0, line=sale("ann", "A", "o1")),
        pair({**sale("ann", "A", "o1"), "seats": ["A", "B"]}, entry("ann", "A", "o1"),
             place=0, line=sale("ann", "A", "o1")),
        pair(hold("ann", "h1", 1, 2, 50, key="k"), hold("ann", "h2", 3, 4, 50, key="k"),
             place=1, line=hold("ann", "h1", 3, 4, 50, key="k")),
        pair(hold("ann", "h1", 1, 2, 50), hold("ann", "h1", 1, 2, 50, "B"),
             place=1, line=hold("ann", "h2", 1, 2, 50, "B")),
    ],
    "refund-not-told": [
        pair(sale("ann", "A", "o1", 30, 31), entry("ann", "A", "o1", voided_at=17.9),
             place=1, line=entry("ann", "A", "o1", voided_at=18)),
        pair(sale("ann", "A", "o1", 7, 8), entry("ann", "A", "o1", voided_at=4), void(3, 4.9),
             place=2, line=void(3, 5)),
        pair(sale("ann", "A", "o1", 7, 8), entry("ann", "A", "o1", voided_at=4), void(3, 4.9),
             place=2, line=void(3, 4.9, unknown=True)),
    ],
    "key-with-two-orders": [
        pair(sale("ann", "A", "o1"), sale("ann", "B", "o2", 3, 4), entry("ann", "A", "o1"), entry("ann", "B", "o2"),
             place=2, line=entry("ann", "A", "o1", voided_at=50)),
    ],
    "sale-missing": [
        pair(sale("ann", "A", "o1"), place=0, line=purchase("ann", "A")),
        pair(sale("ann", "A", "o1", 89, 90), place=0, line=sale("ann", "A", "o1", 89, 90.1)),
    ],
    "charge-differs": [
        pair(sale("ann", "A", "o1"), entry("ann", "A", "o1", price=6),
             place=1, line=entry("ann", "A", "o1", price=5)),
        pair(named("ann", "A", "o1"), entry("ann", "A", "o1", price=6), place=1, line=entry("ann", "A", "o1")),
        pair(sale("ann", "A", "o1"), purchase("bob", "A"), entry("bob", "A", "o1"),
             place=2, line=entry("ann", "A", "o1")),
    ],
    "charge-without-answer": [
        pair(purchase("ann", "A", 1, 2, 422), entry("ann", "A", "o1"),
             place=0, line=purchase("ann", "A", 1, 2, 408)),
        pair(purchase("ann", "A", 1, 2, 422), entry("ann", "A", "o1"),
             place=1, line=entry("ann", "A", "o1", voided_at=50)),
    ],
    "entry-without-request": [
        pair(purchase("ann", "A"), entry("bob", "A", "o1"), place=1, line=entry("ann", "A", "o1")),
    ],
    "half-order": [
        pair(purchase("ann", "A B"), entry("ann", "A", "o1"), place=0, line=purchase("ann", "A")),
        pair(purchase("ann", "A B"), entry("ann", "A", "o1"), place=0, line=purchase("ann", "A A")),
    ],
    "charge-without-seat": [
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), item("A", "o2"),
             place=1, line=entry("ann", "A", "o2")),
        pair(purchase("ann", "A"), entry("ann", "A", "o1", voided_at=50), item("A", "o1"),
             place=1, line=entry("ann", "A", "o1")),
    ],
    "refund-missing": [
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), void(3, 4),
             place=1, line=entry("ann", "A", "o1", voided_at=50)),
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), void(3, 4), place=2, line=void(3, 4, 404)),
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), void(3, 4), place=2, line=void(3, 4, unknown=True)),
    ],
    "hold-broken": [
        pair(hold("ann", "h1", 1, 2, 50), hold("bob", "h2", 49, 49.9, 60),
             place=0, line=hold("ann", "h1", 1, 2, 49.9)),
        pair(hold("ann", "h1", 1, 2, 50), sale("bob", "A", "o1", 3, 4), entry("bob", "A", "o1"),
             place=0, line=hold("bob", "h1", 1, 2, 50)),
    ],
    "sale-after-close": [
        pair(change("close", 1, 2), hold("ann", "h1", 12.1, 13, 50), place=1, line=hold("ann", "h1", 12, 13, 50)),
        pair(change("close", 1, 2), hold("ann", "h1", 12.1, 13, 50), place=0, line=change("close", 1, 2, 409)),
        pair(change("close", 1, 2), hold("ann", "h1", 12.1, 13, 50),
             place=0, line=change("close", 1, 2) | {"answer": {"status": 200, "unknown": True}}),
        pair(change("close", 1, 2), purchase("ann", "A", 12.1), entry("ann", "A", "o1"),
             place=1, line=purchase("ann", "A", 12)),
    ],
    "malformed-operation": [
        pair(purchase("ann", "A"), purchase("bob", "B") | {"hold": "h1"},
             place=1, line=purchase("bob", "B") | {"hold_id": "h1"}),
        pair(purchase("ann", "A"), purchase("bob", "B", 2, 1.9), place=1, line=purchase("bob", "B", 2, 2)),
        pair(purchase("ann", "A"), purchase("bob", "B", 1e12), place=1, line=purchase("bob", "B", 1e11)),
    ],
    "incomplete-history": [
        pair(purchase("ann", "A"), entry("ann", "A", "o1"), ledger(0), place=2, line=ledger(1)),
        pair(change("open", 1, 2), place=0, line=purchase("ann", "A")),
    ],
}  # fmt: skip
ALL = [(rule, each) for rule, pairs in PAIRS.items() for each in pairs]


def found(lines: tuple[Line, ...]) -> set[str]:
    """The ids of the findings in lines, after which ledger and inventory are counted unless the lines say so."""
    kinds = [line["kind"] for line in lines]
    whole = [*lines, *([] if "ledger" in kinds else [ledger(kinds.count("entry"))])]
    whole += [ledger(kinds.count("item")) | {"kind": "inventory"}] if "item" in kinds else []
    text = "".join(f"{json.dumps(line)}\n" for line in whole)
    return {each.rule for each in judge(io.BytesIO(text.encode()), "history.jsonl", Allowances()).findings}


def test_every_finding_of_the_page_has_a_pair() -> None:
    table = re.search(r"\| finding \|.*?\n\n", PAGE.read_text("utf-8"), re.DOTALL)
    assert table
    rules = {
        rule
        for row in table[0].splitlines()[2:]
        if row
        for rule in re.findall(r"`([a-z-]+)`", row.split("|")[1])
    }
    assert rules == PAIRS.keys()


@pytest.mark.parametrize(("rule", "case"), ALL)
def test_a_bad_history_has_one_finding_and_its_neighbour_none(rule: str, case: Pair) -> None:
    assert found(case.bad) == {rule}
    assert found(case.good()) == set()


@pytest.mark.parametrize(("rule", "case"), ALL)
def test_every_other_line_of_a_bad_history_is_needed(rule: str, case: Pair) -> None:
    for place in {*range(len(case.bad))} - {case.place}:
        assert found(case.bad[:place] + case.bad[place + 1 :]) != {rule}, place
