"""What a visitor's browser reaches: the page on one port, and an API on another."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["Answer", "Api", "Asked", "copied_page", "lost", "page_served"]

PAGE = Path(__file__).parents[2] / "examples/seat-page"

PLACEHOLDER = "https://api.example.com"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a browser; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def key(self) -> str:
        """The Idempotency-Key, or ""."""
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API; with status 0, the connection breaks."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Behind = Callable[[Asked], Answer]


def lost(behind: Behind, instead: Answer = Answer(0)) -> Behind:
    """The request is carried out, but its answer does not arrive, or another one does."""

    def answer(asked: Asked) -> Answer:
        behind(asked)
        return instead

    return answer


class Api(ThreadingHTTPServer):
    """An API on a port of its own.

    Attributes:
        behind: answers the requests.
        next: for a method and the beginning of a path, what answers the next ones instead.
        asked: all requests, with the status of the answer.
    """

    daemon_threads = True

    def __init__(self, behind: Behind) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.next: dict[tuple[str, str], deque[Behind]] = {}
        self.asked: list[tuple[Asked, int]] = []

    @property
    def origin(self) -> str:
        """Its origin, as a browser writes it."""
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextmanager
    def running(cls, behind: Behind) -> Iterator[Api]:
        """An API that answers for the duration of the block."""
        with cls(behind) as api:
            threading.Thread(target=api.serve_forever, daemon=True).start()
            yield api
            api.shutdown()

    def then(self, method: str, path: str, *behinds: Behind | Answer) -> None:
        """Answer the next requests of a kind so, one each."""
        calls = [_constantly(each) if isinstance(each, Answer) else each for each in behinds]
        self.next.setdefault((method, path), deque()).extend(calls)

    def sent(self, method: str, path: str = "") -> list[Asked]:
        """The requests of a kind."""
        return [each for each, _ in self.asked if each.method == method and each.path.startswith(path)]

    def answer(self, asked: Asked) -> Answer:
        """Answer a request, and remember it."""
        behind = self.behind
        for (method, path), queue in self.next.items():
            if queue and asked.method == method and asked.path.startswith(path):
                behind = queue.popleft()
                break
        answer = behind(asked)
        self.asked.append((asked, answer.status))
        return answer


def _constantly(answer: Answer) -> Behind:
    return lambda asked: answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        answer = self.server.answer(Asked(self.command, self.path, headers, body))
        if answer.status == 0:
            # It breaks off. If nothing arrived, Chromium might send the request again before the page hears of it.
            self.close_connection = True
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 100\r\n\r\n{"
            )
            return
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        data = text.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if answer.status not in (204, 304):
            self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do_OPTIONS = _serve


def _line(name: str, value: Any, _: re.Match[str]) -> str:
    return f"  {name}: {value},"


def copied_page(folder: Path, api: str, path: str = "", **settings: Any) -> Path:
    """A copy of the page that is set up as its README says, in a folder.

    Args:
        folder: the folder of the copy.
        api: the origin of the API.
        path: the rest of its address.
        settings: values in config.js.
    """
    shutil.copytree(PAGE, folder)
    index, config = folder / "index.html", folder / "config.js"
    text = index.read_text("utf-8")
    assert text.count(PLACEHOLDER) == 1
    index.write_text(text.replace(PLACEHOLDER, api), "utf-8")
    text = config.read_text("utf-8")
    for name, value in {"api": json.dumps(api + path), **settings}.items():
        text, count = re.subn(rf'(?m)^  {name}: ("[^"]*"|[^,]*),', partial(_line, name, value), text)
        assert count == 1, name
    config.write_text(text, "utf-8")
    return folder


@contextmanager
def page_served(folder: Path, port: int = 0) -> Iterator[int]:
    """Serve a folder with Python's own server; yields the port."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder))) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
