"""A Redis starts even where its port was taken a moment before, and none outlives the emulator."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

CODE = """
import os, socket
from ticketgen.rehearsal.emulator import caches
taken = socket.socket(); taken.bind(("127.0.0.1", 0)); taken.listen()
first, free = [taken.getsockname()[1]], caches._free_port
caches._free_port = lambda: first.pop() if first else free()
server, port = caches._SERVERS["endpoint"] = caches._server()
works = server.ping() and not first and caches.address_of("endpoint") == ("127.0.0.1", port)
print(port, works, server.redis_dir, flush=True)
caches.stop_all()
os._exit(0)
"""


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_stopped_redis_listens_no_more_and_leaves_no_folder() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True
    )
    port, works, folder = done.stdout.split()
    assert works == "True"
    deadline = time.monotonic() + 10  # a killed process takes a moment to go
    while listens(int(port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(int(port))
    assert not Path(folder).exists()
