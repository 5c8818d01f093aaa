"""The time to judge a history grows with its lines, also where all lines meet in one key, seat or event."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable

import pytest
from simulated_sale import EVENT, Line

from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import judge


def purchase(number: int, key: str, status: int) -> Line:
    body = {"order_id": "order-1", "seats": [{"seat_id": "A-1", "price": 5}]} if status == 201 else {}
    return {
        "kind": "purchase", "buyer": "ann", "event": EVENT, "seats": ["A-1"], "key": key, "begin": number,
        "end": number + 0.5, "answer": {"status": status, "body": body},
    }  # fmt: skip


def one_key(number: int) -> list[Line]:
    return [purchase(number, "key-a", 201), purchase(number, "key-a", 409)]


def one_seat_held(number: int) -> list[Line]:
    body = {"hold_id": f"hold-{number}", "expires_at": number + 2}
    hold = {"kind": "hold", "buyer": f"buyer-{number}", "event": EVENT, "seats": ["A-1"], "begin": number}
    return [{**hold, "end": number + 0.5, "answer": {"status": 201, "body": body}}]


def one_seat_sold(number: int) -> list[Line]:
    entry = {"kind": "entry", "event": EVENT, "seat": "A-1", "order_id": f"order-{number}"}
    sold = purchase(number, f"key-{number}", 201)
    sold["answer"]["body"]["order_id"] = f"order-{number}"
    return [{**entry, "buyer": "ann", "key": f"key-{number % 10}"}, sold]


def one_order(number: int) -> list[Line]:
    entry = {"kind": "entry", "event": EVENT, "seat": f"A-{number}", "order_id": "order-1"}
    void = {"kind": "void", "event": EVENT, "order_id": "order-1", "seats": [f"A-{number}"], "begin": number}
    return [purchase(number, "key-a", 201), {**entry, "buyer": "ann", "key": "key-a"}, void]


def one_event(number: int) -> list[Line]:
    step = {"event": EVENT, "end": number + 0.5, "begin": number, "answer": {"status": 200}}
    return [
        purchase(number, f"key-{number}", 201),
        *({"kind": kind, **step} for kind in ("close", "open", "move")),
        *one_seat_held(number),
    ]


@pytest.mark.parametrize("lines", [one_key, one_seat_held, one_seat_sold, one_order, one_event])
def test_the_time_grows_with_the_lines(lines: Callable[[int], list[Line]]) -> None:
    seconds = []
    for count in (1_000, 8_000):
        history = [line for number in range(count) for line in lines(number)]
        entries = sum(line["kind"] == "entry" for line in history)
        history.append({"kind": "ledger", "begin": count, "end": count, "count": entries})
        text = "".join(f"{json.dumps(line)}\n" for line in history).encode()
        began = time.process_time()
        judge(io.BytesIO(text), "history.jsonl", Allowances())
        seconds.append(time.process_time() - began)
    assert seconds[1] < 8 * 3 * seconds[0]  # eight times the lines; a square would be 64 times the time
