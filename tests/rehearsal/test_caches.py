"""A Redis starts even where its port was taken a moment before, and none outlives the emulator."""

from __future__ import annotations

import socket
import subprocess
import sys

CODE = """
import os, socket
from ticketgen.rehearsal.emulator import caches
taken = socket.socket(); taken.bind(("127.0.0.1", 0)); taken.listen()
first, free = [taken.getsockname()[1]], caches._free_port
caches._free_port = lambda: first.pop() if first else free()
server, port = caches._SERVERS["endpoint"] = caches._server()
print(port, server.ping() and not first and caches.address_of("endpoint") == ("127.0.0.1", port), flush=True)
caches.stop_all()
os._exit(0)
"""


def test_a_stopped_redis_listens_no_more() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True
    )
    port, known = done.stdout.split()
    assert known == "True"
    with socket.socket() as probe:
        probe.settimeout(2)
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
