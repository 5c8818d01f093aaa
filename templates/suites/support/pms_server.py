"""A PMS on this machine: a server that answers every request with the bytes that a test chooses."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["Pms", "http_answer", "running"]


def http_answer(body: bytes, status: str = "200 OK") -> bytes:
    """A whole answer with a body."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Pms:
    """The server.

    Attributes:
        url: its address.
        answer: what it sends: seats, or the bytes of an answer.
        pause: seconds before each byte; 0 sends everything at once.
        paths: the paths of all requests so far.
    """

    url: str
    answer: Sequence[str] | bytes
    pause: float = 0
    paths: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Answer one request."""
        with connection, suppress(OSError):
            self.paths.append(connection.recv(65_536).split(b" ")[1].decode())
            told = self.answer
            data = (
                told if isinstance(told, bytes) else http_answer(json.dumps({"seats": list(told)}).encode())
            )
            if not self.pause:
                connection.sendall(data)
                return
            for byte in data:
                time.sleep(self.pause)
                connection.sendall(bytes([byte]))


@contextmanager
def running(answer: Sequence[str] | bytes, pause: float = 0) -> Iterator[Pms]:
    """Run the server until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        pms = Pms(f"http://127.0.0.1:{listening.getsockname()[1]}", answer, pause)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=pms.serve, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield pms
        finally:
            listening.shutdown(socket.SHUT_RDWR)  # ends the thread, which would accept one connection more
