"""Random histories of a right sale are accepted; with one fault of a kind that matters, they are not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_sale import EVENT, Line, simulate

from ticketgen.history.allowances import Allowances
from ticketgen.history.line_model import OPERATIONS
from ticketgen.history.reading import judge

RUNS = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100)
SEEDS = st.integers(0, 2**32)
STEPS = st.integers(1, 60)


def found(lines: list[Line]) -> dict[str, str]:
    """The message of a finding by its id."""
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    verdict = judge(io.BytesIO(text.encode()), "history.jsonl", Allowances())
    return {each.rule: each.message for each in verdict.findings}


@RUNS
@given(SEEDS, STEPS)
def test_a_right_history_is_accepted(seed: int, steps: int) -> None:
    assert found(simulate(Random(seed), steps)) == {}


# The faults: each changes the lines of a history, and returns whether there was something to change.


def of_kind(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line["kind"] == kind]


def confirmed(lines: list[Line]) -> Iterator[tuple[Line, Line]]:
    """The purchases that were told 201, each with a valid entry of its order for a seat that was told."""
    entries = {
        (entry["order_id"], entry["seat"]): entry
        for entry in of_kind(lines, "entry")
        if "voided_at" not in entry
    }
    for line in of_kind(lines, "purchase"):
        if line.get("answer", {}).get("status") == 201:
            body = line["answer"]["body"]
            for seat in body["seats"]:
                if (body["order_id"], seat["seat_id"]) in entries:
                    yield line, entries[body["order_id"], seat["seat_id"]]
                    break


def recount(lines: list[Line]) -> None:
    for kind, counted in (("ledger", "entry"), ("inventory", "item")):
        of_kind(lines, kind)[0]["count"] = len(of_kind(lines, counted))


def lose_a_sale(lines: list[Line]) -> bool:
    for _, entry in confirmed(lines):
        lines.remove(entry)
        lines[:] = [line for line in lines if line["kind"] != "item" or line["seat"] != entry["seat"]]
        return True
    return False


def sell_again(lines: list[Line]) -> bool:
    for _, entry in confirmed(lines):
        body = {"order_id": "again", "seats": [{"seat_id": entry["seat"]}], "total": 1}
        lines.append(
            {"kind": "purchase", "buyer": "eve", "event": EVENT, "seats": [entry["seat"]], "key": "key-e",
             "begin": 1, "end": 2, "answer": {"status": 201, "body": body}}
        )  # fmt: skip
        lines.append({**entry, "buyer": "eve", "key": "key-e", "order_id": "again", "price": 1})
        return True
    return False


def charge_twice(lines: list[Line]) -> bool:
    for _, entry in confirmed(lines):
        lines.append(dict(entry))
        return True
    return False


def forget_a_refund(lines: list[Line]) -> bool:
    for entry in of_kind(lines, "entry"):
        sold = any(item["seat"] == entry["seat"] for item in of_kind(lines, "item"))
        if sold and "voided_at" in entry:
            del entry["voided_at"]
            return True
    return False


def refuse_a_sale(lines: list[Line]) -> bool:
    for line, _ in confirmed(lines):
        same = [each for each in of_kind(lines, "purchase") if each["key"] == line["key"]]
        if len(same) == 1:
            line["answer"] = {"status": 409, "body": {"reason": "held"}}
            return True
    return False


def refuse_a_repetition(lines: list[Line]) -> bool:
    for line, _ in confirmed(lines):
        answer = {"status": 409, "body": {"reason": "sold"}}
        lines.append({**line, "begin": line["end"] + 1, "end": line["end"] + 2, "answer": answer})
        return True
    return False


def change_a_price(lines: list[Line]) -> bool:
    for _, entry in confirmed(lines):
        entry["price"] += 1
        return True
    return False


def change_a_total(lines: list[Line]) -> bool:
    for line, _ in confirmed(lines):
        line["answer"]["body"]["total"] += 1
        return True
    return False


def change_a_seat(lines: list[Line]) -> bool:
    for line, _ in confirmed(lines):
        line["answer"]["body"]["seats"][0]["seat_id"] = "B-1"
        return True
    return False


def change_an_order(lines: list[Line]) -> bool:
    for line, _ in confirmed(lines):
        again = json.loads(json.dumps(line))
        again["answer"]["body"]["order_id"] = "another"
        lines.append(again)
        return True
    return False


def forget_requests(lines: list[Line]) -> bool:
    for entry in of_kind(lines, "entry"):
        lines[:] = [
            line
            for line in lines
            if line["kind"] != "purchase" or (line["buyer"], line["key"]) != (entry["buyer"], entry["key"])
        ]
        return True
    return False


def free_a_seat(lines: list[Line]) -> bool:
    for item in of_kind(lines, "item"):
        lines.remove(item)
        return True
    return False


def break_a_hold(lines: list[Line]) -> bool:
    if of_kind(lines, "move"):
        return False
    ended = {line.get("hold_id") for line in lines}
    for hold in of_kind(lines, "hold"):
        if hold.get("answer", {}).get("status") == 201 and hold["answer"]["body"]["hold_id"] not in ended:
            body = {"hold_id": "stolen", "expires_at": hold["answer"]["body"]["expires_at"] + 9}
            moment = hold["end"] + 0.1
            lines.append(
                {"kind": "hold", "buyer": "eve", "event": EVENT, "seats": hold["seats"][:1], "begin": moment,
                 "end": moment, "answer": {"status": 201, "body": body}}
            )  # fmt: skip
            return True
    return False


def sell_after_the_close(lines: list[Line]) -> bool:
    lines[:] = [line for line in lines if line["kind"] != "open"]
    for close in of_kind(lines, "close"):
        if "end" in close and close["answer"]["status"] == 200:
            begin = close["end"] + 11
            lines.append(
                {
                    "kind": "purchase",
                    "buyer": "eve",
                    "event": EVENT,
                    "seats": ["B-1"],
                    "key": "key-e",
                    "begin": begin,
                }
            )
            sold = {"event": EVENT, "seat": "B-1", "order_id": "late"}
            lines.append({"kind": "entry", **sold, "buyer": "eve", "key": "key-e", "price": 1})
            lines.append({"kind": "item", **sold})
            return True
    return False


FAULTS: dict[Callable[[list[Line]], bool], str] = {
    lose_a_sale: "sale-missing",
    sell_again: "seat-sold-twice",
    charge_twice: "seat-sold-twice",
    forget_a_refund: "seat-sold-twice",
    refuse_a_sale: "refusal-taken-back",
    refuse_a_repetition: "sale-taken-back",
    change_a_price: "charge-differs",
    change_a_total: "answer-changed",
    change_a_seat: "answer-changed",
    change_an_order: "key-with-two-orders",
    forget_requests: "entry-without-request",
    free_a_seat: "charge-without-seat",
    break_a_hold: "hold-broken",
    sell_after_the_close: "sale-after-close",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found(fault: Callable[[list[Line]], bool]) -> None:
    planted = 0

    @RUNS
    @given(SEEDS)
    def plant(seed: int) -> None:
        nonlocal planted
        lines = simulate(Random(seed), 60)
        if fault(lines):
            planted += 1
            recount(lines)
            assert FAULTS[fault] in found(lines)

    plant()
    assert planted > 3


@RUNS
@given(st.binary(max_size=400))
def test_no_bytes_break_the_judge(data: bytes) -> None:
    judge(io.BytesIO(data), "history.jsonl", Allowances())


@RUNS
@given(SEEDS)
def test_a_history_that_was_cut_anywhere_is_rejected(seed: int) -> None:
    lines = simulate(Random(seed), 20)
    lines = [line for line in lines if line["kind"] not in {"item", "inventory"}]  # they are optional
    text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    cut = text[: Random(seed).randrange(len(text) - 1)]
    assert judge(io.BytesIO(cut), "history.jsonl", Allowances()).findings


def test_every_line_of_the_simulation_is_an_operation() -> None:
    for line in simulate(Random(1), 200):
        OPERATIONS.validate_json(json.dumps(line))
