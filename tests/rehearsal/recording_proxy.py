"""A proxy that the environment names and nothing may use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Recorder"]


class Recorder(threading.Thread):
    """A proxy that counts its connections and answers none of them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0

    def run(self) -> None:
        """Count until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Recorder]:
        """Count until the block ends."""
        recorder = cls()
        recorder.start()
        try:
            yield recorder
        finally:
            recorder._listener.shutdown(socket.SHUT_RDWR)
            recorder._listener.close()
            recorder.join()

    @property
    def variables(self) -> dict[str, str]:
        """The variables that name it as the proxy for everything."""
        names = [f"{each}_proxy" for each in ("http", "https", "all")]
        return dict.fromkeys([*names, *(name.upper() for name in names)], self.url)
