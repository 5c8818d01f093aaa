"""A stub of a stack's API: it answers like the real one, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Asked", "SaleApi", "serving"]

CAPACITY = 100_000


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        at: on a monotonic clock.
        what: its method and its path, without ids.
        headers: by name, in lower case.
        body: None if there was none.
        status: of the answer.
    """

    at: float
    what: str
    headers: dict[str, str]
    body: Any
    status: int


@dataclass
class SaleApi:
    """The API, and what it was asked.

    Attributes:
        busy: how many holds are still answered with 503 and Retry-After.
        refuse_every: every hold with this number is answered with 409.
    """

    busy: int = 0
    refuse_every: int = 0
    asked: list[Asked] = field(default_factory=list)
    holds: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def counts(self) -> Counter[str]:
        """How often each request was made."""
        return Counter(each.what for each in self.asked)

    def answer(self, what: str) -> tuple[int, Any]:
        """The status and the body of an answer."""
        if what == "GET /events":
            part = {"name": "A", "capacity": CAPACITY, "price": 1, "taken": 0, "available": CAPACITY}
            return 200, {"sections": [part], "exact": True}
        if what == "POST /holds":
            self.holds += 1
            if self.busy > 0:
                self.busy -= 1
                return 503, {"reason": "unavailable"}
            if self.refuse_every and self.holds % self.refuse_every == 0:
                return 409, {"reason": "seat-taken"}
            return 201, {"hold_id": f"gala.{self.holds:032x}"}
        return (204, None) if what == "DELETE /holds" else (201, {"order_id": "1"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: SaleApi

    def _serve(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what = f"{self.command} /{self.path.removeprefix('/live/').partition('/')[0].partition('?')[0]}"
        with self.api.lock:
            status, body = self.api.answer(what)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body_in = json.loads(text) if text else None
            self.api.asked.append(Asked(time.monotonic(), what, headers, body_in, status))
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "1")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(api: SaleApi) -> Iterator[str]:
    """Serve the API until the block ends; its URL, with a stage."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live"
    finally:
        server.shutdown()
        server.server_close()
