"""Buyers against a shop that answers like the API: sales, retries and refusals are counted correctly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ticketgen.rehearsal.emulator.signatures import Keys
from ticketgen.rehearsal.sale import Buyers, RegionApi, SaleEvent


class Shop(ThreadingHTTPServer):
    """Sells each seat once; a second order under a key gets its first answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.turn = threading.Lock()
        self.sold: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.flaky = False


class Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shop

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.turn:
            status, answer = self.answer(body, self.headers.get("Idempotency-Key", ""))
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        shop = self.server
        if key in shop.answers:
            return 201, {"order_id": "another"} if shop.flaky else shop.answers[key]
        taken = [seat for seat in body["seats"] if seat in shop.sold]
        if taken:
            return 409, {"reason": "sold", "seats": taken}
        if not key:
            return 201, {"hold_id": "h"}
        shop.sold |= dict.fromkeys(body["seats"], key)
        shop.answers[key] = {"order_id": f"order-{len(shop.answers)}-{key}"}
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


def buyers(shop: Shop, *, rate: float = 2000.0, seats: int = 60) -> Buyers:
    front = RegionApi("us-east-1", f"http://127.0.0.1:{shop.server_port}/live")
    show = SaleEvent("gala", "us-east-1", {"A": 40, "B": seats - 40})
    return Buyers([front], [show], Keys.new(), rate=rate, most_seats=4)


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
