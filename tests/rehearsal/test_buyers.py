"""Buyers against a shop that answers like the API: sales, retries and refusals are counted correctly."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import Verdict, judge
from ticketgen.history.recorder import Recorder
from ticketgen.rehearsal.emulator.signatures import Keys
from ticketgen.rehearsal.map_reads import MapReaders
from ticketgen.rehearsal.sale import Buyers, RegionApi, SaleEvent


class Shop(ThreadingHTTPServer):
    """Sells each seat once; a repeated key gets its first answer. The first request to `silent` gets no answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.turn = threading.Lock()
        self.sold: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.hold_keys: list[str] = []
        self.read: list[str] = []
        self.silent = ""
        self.flaky = self.lost = False


class Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shop

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        with self.server.turn:
            self.server.read.append(self.path)
        self.reply(200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.turn:
            key, hold = self.headers["Idempotency-Key"], self.path.endswith("/holds")
            if hold:
                self.server.hold_keys.append(key)
            status, answer = self.answer(body, key, hold)
            if self.server.silent and self.path.endswith(self.server.silent):
                self.server.silent = ""
                status, answer = 503, {"reason": "unavailable"}
        self.reply(status, answer)

    def reply(self, status: int, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, body: dict[str, Any], key: str, hold: bool) -> tuple[int, dict[str, Any]]:
        shop = self.server
        if key in shop.answers and shop.lost:
            return 503, {"reason": "unavailable"}
        if key in shop.answers:
            other = {"order_id": "another", "hold_id": "another"} if shop.flaky else {}
            return 201, {**shop.answers[key], **other}
        taken = [seat for seat in body["seats"] if seat in shop.sold]
        if taken:
            return 409, {"reason": "sold", "seats": taken}
        if hold:
            shop.answers[key] = {"hold_id": f"hold-{key}", "expires_at": 0}
            return 201, shop.answers[key]
        shop.sold |= dict.fromkeys(body["seats"], key)
        seats = [{"seat_id": seat, "price": 10} for seat in body["seats"]]
        answer = {"order_id": f"order-{len(shop.answers)}-{key}", "seats": seats, "total": 10 * len(seats)}
        shop.answers[key] = answer
        return 201, shop.answers[key]


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.serve_forever, daemon=True)
    thread.start()
    yield shop
    shop.shutdown()
    shop.server_close()
    thread.join()


def buyers(shop: Shop, *, rate: float = 2000.0, seats: int = 60, history: Recorder | None = None) -> Buyers:
    front = RegionApi("us-east-1", f"http://127.0.0.1:{shop.server_port}/live")
    show = SaleEvent("gala", "us-east-1", {"A": 40, "B": seats - 40})
    return Buyers([front], [show], Keys.new(), rate=rate, most_seats=4, history=history)


def test_every_seat_is_sold_once_and_late_orders_are_refused(shop: Shop) -> None:
    crowd = buyers(shop)
    crowd.buy(60)
    sold = [seat for attempt in crowd.attempts if attempt.outcome == "sold" for seat in attempt.seats]
    assert sorted(sold) == sorted(shop.sold)
    assert len(sold) == len(set(sold)) == 60
    assert {attempt.outcome for attempt in crowd.attempts} <= {"sold", "sold-to-others"}
    assert crowd.contradicted == 0
    assert all(bool(attempt.order_id) == (attempt.outcome == "sold") for attempt in crowd.attempts)


def test_a_retry_with_a_different_answer_is_counted(shop: Shop) -> None:
    shop.flaky = True
    crowd = buyers(shop, seats=600)  # one order in twenty is asked for twice: of some 240, never none
    crowd.buy(60)
    assert crowd.repeated >= crowd.contradicted > 0


def test_the_order_rate_never_exceeds_the_target(shop: Shop) -> None:
    crowd = buyers(shop, rate=20)
    crowd.buy(1)
    assert 0 < len(crowd.attempts) <= 20


def test_the_rate_can_change_between_two_steps(shop: Shop) -> None:
    crowd = buyers(shop, rate=5, seats=600)
    crowd.buy(1)
    first = len(crowd.attempts)
    crowd.buy(1, rate=40)
    assert first <= 5 < len(crowd.attempts) - first <= 40
    assert all(attempt.at >= 1 for attempt in crowd.attempts[first:])


def test_visitors_read_all_seat_maps_at_their_rate(shop: Shop) -> None:
    front = RegionApi("us-east-1", f"http://127.0.0.1:{shop.server_port}/live")
    shows = [SaleEvent(name, "us-east-1", {"A": 40}) for name in ("gala", "derby")]
    readers = MapReaders([front], shows, Keys.new())
    readers.read(30, 1)
    assert 5 < len(readers.took) == readers.answers[200] <= 30
    paths = {f"/live/events/{show.event_id}/seats{more}" for show in shows for more in ("", "?section=A")}
    assert set(shop.read) == paths
    assert len(shop.read) == len(readers.took)


def test_a_read_without_an_answer_is_counted() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        front = RegionApi("us-east-1", f"http://127.0.0.1:{closed.getsockname()[1]}/live")
        readers = MapReaders([front], [SaleEvent("gala", "us-east-1", {"A": 40})], Keys.new())
        readers.read(20, 0.5)
    assert readers.answers[0] > 0
    assert set(readers.answers) == {0}


def test_every_hold_has_a_long_key_of_its_own(shop: Shop) -> None:
    buyers(shop).buy(60)
    assert shop.hold_keys
    assert min(map(len, shop.hold_keys)) >= 32  # it is the buyer's secret where nobody signs in
    assert max(map(shop.hold_keys.count, shop.hold_keys)) <= 2


@pytest.mark.parametrize("path", ["/holds", "/tickets"])
def test_a_request_whose_outcome_is_unknown_is_repeated_with_its_key(shop: Shop, path: str) -> None:
    shop.silent = path
    crowd = buyers(shop)
    crowd.buy(60)
    assert not shop.silent
    assert {attempt.outcome for attempt in crowd.attempts} <= {"sold", "sold-to-others"}
    assert crowd.repeated >= 1
    assert crowd.contradicted == 0


def test_a_retry_without_an_answer_does_not_contradict_the_first(shop: Shop) -> None:
    shop.lost = True
    crowd = buyers(shop, seats=600)
    crowd.buy(60)
    assert crowd.repeated > 0
    assert crowd.contradicted == 0
    assert {attempt.outcome for attempt in crowd.attempts} <= {"sold", "sold-to-others"}
    sold = [seat for attempt in crowd.attempts if attempt.outcome == "sold" for seat in attempt.seats]
    assert sorted(sold) == sorted(shop.sold)


def judged(shop: Shop, seats: int) -> tuple[Verdict, int]:
    """The verdict on the history of a sale, and the number of orders."""
    stream = io.StringIO()
    crowd = buyers(shop, seats=seats, history=Recorder(stream))
    crowd.buy(60)
    verdict = judge(io.BytesIO(stream.getvalue().encode()), "history.jsonl", Allowances(ledger=False))
    return verdict, len(crowd.attempts)


def test_the_history_has_every_request_and_is_accepted(shop: Shop) -> None:
    verdict, orders = judged(shop, 60)
    assert verdict.findings == ()
    assert verdict.operations > orders


def test_the_history_shows_what_a_shop_did_wrong(shop: Shop) -> None:
    shop.flaky = True
    verdict, _ = judged(shop, 600)
    assert {each.rule for each in verdict.findings} == {
        "answer-changed",
        "key-with-two-orders",
        "seat-sold-twice",
    }
