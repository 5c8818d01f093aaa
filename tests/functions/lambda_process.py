"""A function in its own process, as Lambda runs it: one event per input line, one answer per output line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from functions_cloud import Sdk
from rendered_functions import cold_start

if TYPE_CHECKING:
    from support.redis_server import RedisServer

__all__ = ["LambdaProcess", "lambda_process"]

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "tests" / "functions", ROOT / "tests" / "stack", ROOT / "templates" / "functions"]


class LambdaProcess:
    """The process, as seen from the test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def invoke(self, event: Any) -> dict[str, Any]:
        """Call the function; return `answer`, elapsed `seconds`, `cpu_seconds` of the process, and `printed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def lambda_process(
    name: str, environment: dict[str, str], endpoint: str, *, redis: RedisServer | None = None, **plan: Any
) -> Iterator[LambdaProcess]:
    """A function's process.

    Args:
        name: the function's name.
        environment: its environment variables.
        endpoint: the endpoint of its DynamoDB.
        redis: its Redis, where it signs in as the user `tickets`.
        plan: `account`, if the endpoint is DynamoDB Local itself; `now`, the time at which its wall clock stands still;
            `read_timeout`, of its calls, in seconds.
    """
    settings = {"name": name, "environment": environment, "endpoint": endpoint, **plan}
    signed_in = {}
    if redis is not None:
        redis.grant("tickets", "on ~* &* +@all")
        signed_in = {"REDIS_PORT_HERE": str(redis.port), "REDIS_TOKEN": redis.token}
    process = subprocess.Popen(
        [sys.executable, __file__, json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Other users of the machine can see the arguments of a process, and not its environment.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, FOLDERS)), **signed_in},
    )
    try:
        yield LambdaProcess(process)
    finally:
        process.kill()
        process.communicate()


def _main(plan: dict[str, Any]) -> None:
    clock = SimpleNamespace(**{name: getattr(time, name) for name in ("monotonic", "sleep", "time")})
    if "now" in plan:
        clock.time = lambda: plan["now"]
    sdk = Sdk(plan.get("account", "testing"), plan["endpoint"], plan.get("read_timeout", 0.0))
    function = cold_start(plan["name"], plan["environment"], {"boto3": sdk.module, "time": clock})
    if "REDIS_TOKEN" in os.environ:
        identity = {"user": "tickets", "replication_group": "seats", "region": "here"}
        function.Redis.__init__.__globals__["iam_token"] = lambda *_: os.environ["REDIS_TOKEN"]
        function.REDIS = function.Redis(
            "127.0.0.1", int(os.environ["REDIS_PORT_HERE"]), tls=False, **identity
        )
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
    for line in sys.stdin:
        event, printed = json.loads(line), StringIO()
        started, cpu = time.monotonic(), time.process_time()
        with redirect_stdout(printed):
            answer = function.handler(event, context)
        done = {
            "answer": answer,
            "seconds": time.monotonic() - started,
            "cpu_seconds": time.process_time() - cpu,
            "printed": printed.getvalue(),
        }
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
