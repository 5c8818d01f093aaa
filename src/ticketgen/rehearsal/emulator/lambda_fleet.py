"""Lambda functions, executed with the code and environment that Terraform deployed, in processes of `runtime`.

The access key of a function names its Region, so that the emulator knows where a call comes from.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import defaultdict, deque
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

from ticketgen.rehearsal.emulator import caches
from ticketgen.rehearsal.emulator.function_metrics import METRICS
from ticketgen.rehearsal.emulator.loopback import ISOLATION_VARIABLES
from ticketgen.rehearsal.emulator.patching import replace
from ticketgen.rehearsal.emulator.signatures import Keys
from ticketgen.rehearsal.emulator.usage import USAGE

__all__ = ["CALLER", "Fleet", "Outcome", "function_of"]

CALLER = "FUNCTION."
"""The prefix of a function's access key; its Region follows."""

_MAX_INSTANCES = 4
"""The maximum of concurrent instances per function and Region: a machine has fewer cores than AWS."""

_TIMEOUT_SECONDS = 5.0
"""Seconds that a call waits for an instance before it is throttled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an invocation: the result, or the error in Lambda's format."""

    result: Any
    error: dict[str, Any] | None = None


class _Instance:
    """One running instance, which serves one event at a time."""

    def __init__(self, path: str, start: dict[str, Any]) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._lines = self._socket.makefile("rw", encoding="utf-8")
        self._pid = 0
        answer = self._ask(start, 30)
        if "error" in answer:
            self.close()
            raise RuntimeError(answer["error"]["errorMessage"])
        self._pid = int(answer["pid"])

    def invoke(self, event: Any, seconds: float) -> dict[str, Any]:
        """Handle an event and return the answer.

        Raises:
            TimeoutError: it took longer than `seconds`.
            ConnectionError: the instance died.
        """
        return self._ask({"event": event, "seconds": seconds}, seconds)

    def close(self) -> None:
        """Kill the instance."""
        self._socket.close()
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, 9)

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._socket.settimeout(seconds)
        self._lines.write(json.dumps(request) + "\n")
        self._lines.flush()
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the instance died")
        answer: dict[str, Any] = json.loads(line)
        return answer


def function_of(arn: str) -> LambdaFunction:
    """The function of an ARN, in the version that its qualifier names: a number or an alias."""
    region, account = arn.split(":")[3:5]
    name, *qualifier = arn.split(":")[6:]
    return lambda_backends[account][region].get_function(name, qualifier[0] if qualifier else None)


def _instances(function: LambdaFunction) -> int:
    return min(_MAX_INSTANCES, int(function.reserved_concurrency or _MAX_INSTANCES))


class Fleet:
    """The instances of all functions."""

    def __init__(self, endpoint: str, folder: Path, keys: Keys) -> None:
        self._endpoint, self._folder, self._keys = endpoint, folder, keys
        self._code = folder / "functions"
        self._path = str(folder / "runtime")
        self._idle: dict[str, deque[_Instance]] = defaultdict(deque)
        self._slots: dict[str, threading.BoundedSemaphore] = {}
        self._unpacking = threading.Lock()
        self._runtime = subprocess.Popen(
            [sys.executable, "-P", "-m", "ticketgen.rehearsal.emulator.runtime", self._path],
            stdin=subprocess.PIPE,  # the runtime exits when this process does, even if it is killed
            stdout=subprocess.DEVNULL,
        )

    def invoke(self, function: LambdaFunction, event: Any) -> Outcome:
        """Invoke a function with an event, in an idle instance or a new one."""
        version = f"{function.function_arn}@{function.code_sha_256}"
        name, most = f"{function.function_name}@{function.region}", _instances(function)
        slots = self._slots.setdefault(version, threading.BoundedSemaphore(most))
        asked = time.monotonic()
        if not slots.acquire(timeout=_TIMEOUT_SECONDS):
            USAGE.throttled(name, most, time.monotonic() - asked)
            return Outcome(None, {"errorType": "TooManyRequestsException", "errorMessage": "Rate Exceeded."})
        began, instance = time.monotonic(), None
        try:
            instance = self._take(version) or self._start(function)
            answer = instance.invoke(event, float(function.timeout))
            METRICS.take(function.region, str(function.function_name), answer.get("log", ""))
            if "error" in answer:
                print(f"{function.function_name}: {answer['error']['errorMessage']}", file=sys.stderr)
                print("".join(answer["error"]["stackTrace"]), file=sys.stderr, flush=True)
            self._idle[version].append(instance)
            instance = None
            return Outcome(answer.get("result"), answer.get("error"))
        except (OSError, RuntimeError, ValueError) as error:
            print(f"{function.function_name}: {error!r}", file=sys.stderr, flush=True)
            return Outcome(None, {"errorType": "Runtime.Failed", "errorMessage": repr(error)})
        finally:
            if instance is not None:
                instance.close()
            slots.release()
            USAGE.worker_call(name, most, began - asked, time.monotonic() - began)

    def patch(self) -> None:
        """Make moto's Lambda invoke functions here."""

        def invoked(
            backend: LambdaBackend,
            function_name: str,
            qualifier: str | None,
            body: Any,
            headers: Any,
            response_headers: dict[str, str],
        ) -> bytes:
            function = backend.get_function(function_name, qualifier)
            event = json.loads(body or "null")
            if headers.get("X-Amz-Invocation-Type") == "Event":
                threading.Thread(target=self.invoke, args=(function, event), daemon=True).start()
                return b""
            outcome = self.invoke(function, event)
            if outcome.error:
                response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps(outcome.error or outcome.result).encode()

        def left_to_pollers(*_: Any, **__: Any) -> bool:
            return True

        replace(
            LambdaBackend,
            "no: moto runs functions in Docker",
            invoke=invoked,
            send_dynamodb_items=left_to_pollers,
            send_kinesis_message=left_to_pollers,
            send_sqs_batch=left_to_pollers,
        )

    def _take(self, version: str) -> _Instance | None:
        try:
            return self._idle[version].pop()
        except IndexError:
            return None

    def _start(self, function: LambdaFunction) -> _Instance:
        for _ in range(300):  # the runtime itself takes a second to import
            if Path(self._path).exists():
                break
            time.sleep(0.1)
        environment = dict(function.environment_vars or {})
        region = function.region
        host = environment.get("REDIS_HOST", "")
        return _Instance(
            self._path,
            {
                "folder": str(self._unpacked(function)),
                "handler": function.handler,
                "redis": caches.socket_of(host) if host else None,
                "environment": {
                    **environment,
                    "PATH": os.environ.get("PATH", ""),
                    "AWS_REGION": region,
                    "AWS_DEFAULT_REGION": region,
                    "AWS_ACCESS_KEY_ID": CALLER + region,
                    "AWS_SECRET_ACCESS_KEY": self._keys.of(CALLER + region),
                    "AWS_SESSION_TOKEN": "rehearsal",
                    "AWS_ENDPOINT_URL": self._endpoint,
                    "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
                    **ISOLATION_VARIABLES,
                    "HOME": str(self._folder),
                    "TMPDIR": os.environ.get("TMPDIR", str(self._folder)),
                },
            },
        )

    def _unpacked(self, function: LambdaFunction) -> Path:
        folder = self._code / str(function.code_digest or function.code_sha_256).replace("/", "_")
        with self._unpacking:
            if not folder.exists():
                with zipfile.ZipFile(BytesIO(function.code_bytes)) as code:
                    code.extractall(folder)
        return folder
