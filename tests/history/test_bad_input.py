"""Input that is no history is a finding at its line, and never a history in which nothing is wrong."""

from __future__ import annotations

import io

import pytest

from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import Verdict, judge

ASKED = b'{"kind": "purchase", "buyer": "ann", "event": "gala", "seats": ["A"], "key": "k", "begin": 1}\n'
SOLD = (
    ASKED.rstrip(b"}\n") + b', "end": 2, "answer": {"status": 201, "body": '
    b'{"order_id": "o1", "seats": [{"seat_id": "A", "price": 5}], "total": 5}}}\n'
)
LEDGER = b'{"kind": "ledger", "begin": 90, "end": 91, "count": 0}\n'
MANY = b"9" * 4000


def judged(text: bytes, allowances: Allowances | None = None) -> Verdict:
    return judge(io.BytesIO(text), "history.jsonl", allowances or Allowances())


LINES = {
    "no JSON": b"nothing\n",
    "half an object": ASKED[:40] + b"\n",
    "an array": b"[1]\n",
    "a number": b"1\n",
    "null": b"null\n",
    "two objects": ASKED.strip() + ASKED,
    "an object without a kind": b"{}\n",
    "an unknown kind": ASKED.replace(b"purchase", b"purchases"),
    "a kind that is a number": ASKED.replace(b'"purchase"', b"5"),
    "a kind that is an array": ASKED.replace(b'"purchase"', b'["purchase"]'),
    "a time that is a string": ASKED.replace(b": 1}", b': "1"}'),
    "a time that is true": ASKED.replace(b": 1}", b": true}"),
    "a time that is null": ASKED.replace(b": 1}", b": null}"),
    "NaN": ASKED.replace(b": 1}", b": NaN}"),
    "infinity": ASKED.replace(b": 1}", b": Infinity}"),
    "a time before the epoch": ASKED.replace(b": 1}", b": -1}"),
    "milliseconds": ASKED.replace(b": 1}", b": 1764255600123}"),
    "a time of 4,000 digits": ASKED.replace(b": 1}", b": " + MANY + b"}"),
    "a time of 5,000 digits": ASKED.replace(b": 1}", b": 1" + MANY + MANY[:1000] + b"}"),
    "a time with a huge exponent": ASKED.replace(b": 1}", b": 1e400}"),
    "an end before the beginning": SOLD.replace(b'"end": 2', b'"end": 0.9'),
    "a status that is a string": SOLD.replace(b"201", b'"201"'),
    "a price of 4,000 digits": SOLD.replace(b'"price": 5', b'"price": ' + MANY),
    "a total of 4,000 digits": SOLD.replace(b'"total": 5', b'"total": ' + MANY),
    "a price that is a string": SOLD.replace(b'"price": 5', b'"price": "5"'),
    "a price that is no integer": SOLD.replace(b'"price": 5', b'"price": 5.5'),
    "a count of 4,000 digits": LEDGER.replace(b": 0}", b": " + MANY + b"}"),
    "a count below zero": LEDGER.replace(b": 0}", b": -1}"),
    "no seats": ASKED.replace(b'["A"]', b"[]"),
    "an empty name": ASKED.replace(b'"ann"', b'""'),
    "half a surrogate": ASKED.replace(b"ann", b"\\ud800"),
    "an answer of more seats than can be asked for": SOLD.replace(
        b'[{"seat_id": "A", "price": 5}]', b"[" + b",".join([b'"A"'] * 1001) + b"]"
    ),
    "deep nesting": b"[" * 100_000 + b"\n",
    "a byte order mark": b"\xef\xbb\xbf" + ASKED,
    "UTF-16": ASKED.decode().encode("utf-16-be"),
    "zero bytes": b"\0\0\0\n",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_that_is_no_operation_is_named(line: bytes) -> None:
    verdict = judged(ASKED + line + ASKED + LEDGER)
    assert ("malformed-operation", 2) in {
        (each.rule, each.location and each.location.line) for each in verdict.findings
    }
    assert verdict.operations == 2  # the others are judged
    assert all(len(each.message) < 500 for each in verdict.findings)


def test_half_a_line_at_the_end_makes_a_history_incomplete() -> None:
    for end in (1, 40, len(ASKED) - 2):
        (found,) = judged(ASKED + LEDGER + ASKED[:end]).findings
        assert (found.rule, found.location and found.location.line) == ("incomplete-history", 3)
        assert found.message == "the last line was cut off"
    assert not judged(ASKED + LEDGER.rstrip()).findings  # only the line's end is missing


@pytest.mark.parametrize("ledger", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n \n\t\n",
        LEDGER,
        b'{"kind": "open", "event": "gala", "begin": 1}\n' + LEDGER,
        b'{"kind": "planted", "event": "gala", "order_id": "o1", "begin": 1}\n' + LEDGER,
        b'{"kind": "release", "buyer": "ann", "event": "gala", "hold_id": "h1", "begin": 1}\n' + LEDGER,
    ],
)
def test_a_history_in_which_nobody_asked_for_a_seat_is_incomplete(text: bytes, ledger: bool) -> None:
    found = judged(text, Allowances(ledger=ledger)).findings
    assert [each.rule for each in found] == ["incomplete-history"]
    assert "no hold and no purchase" in found[0].message


def test_the_same_line_twice_is_two_operations_and_two_charges() -> None:
    entry = b'{"kind": "entry", "event": "gala", "seat": "A", "order_id": "o1", "buyer": "ann", "key": "k"}\n'
    assert not judged(SOLD * 2 + entry + LEDGER.replace(b": 0", b": 1")).findings
    (found,) = judged(SOLD * 2 + entry * 2 + LEDGER.replace(b": 0", b": 2")).findings
    assert found.rule == "seat-sold-twice"
