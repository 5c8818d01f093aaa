"""DynamoDB Local, AWS's own DynamoDB for one machine, as a child process.

It separates data by access key and Region, so one instance serves all Regions of any number of accounts. It simulates
neither replication nor conflicts, throttling or lost answers; `fault_proxy` adds those.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["JARS", "REQUIRE", "new_account", "running"]

JARS = Path(__file__).resolve().parents[2] / ".build" / "dynamodb-local"
REQUIRE = "TICKETGEN_REQUIRE_DYNAMODB"
MAIN = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"

_accounts = itertools.count(1)


def new_account() -> str:
    """A new access key, which is an account without tables."""
    return f"T{os.getpid()}N{next(_accounts)}"


@contextmanager
def running() -> Iterator[int | str]:
    """Run a new instance until the block ends; yield its port, or the reason why it cannot run."""
    java = shutil.which("java")
    if java is None or not any(JARS.glob("DynamoDBLocal-*.jar")):
        yield f"DynamoDB Local is not there: `make dynamodb` fetches it into {JARS}, with Java and Maven"
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [java, "-Xmx2g", f"-Djava.library.path={JARS}", "-cp", f"{JARS}/*", MAIN]
    server = subprocess.Popen(
        [*command, "-inMemory", "-disableTelemetry", "-port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, port)
        yield port
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"DynamoDB Local ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("DynamoDB Local does not answer")
