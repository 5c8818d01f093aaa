"""A second process that does a part of the checks, while the first one does the others.

It is spawned, because pygohcl hangs in a forked process. The request is JSON; so is each line of the output, which is
one answer. The caller does everything itself that is not answered, so a crash of the second process costs only time.

The second process ends with the first one, even if that one is killed, and when it exceeds its own budget.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog

__all__ = ["ONE_PROCESS", "SecondProcess", "serve", "should_spawn"]

ONE_PROCESS: Final = "TICKETGEN_ONE_PROCESS"
"""Environment variable that disables the second process if it is not empty."""

_TIMEOUT_FACTOR: Final = 30
"""Timeout of the second process, as a multiple of its processor time, in case it is suspended."""
_EXIT_CODE_OVERRUN: Final = 75
"""Exit code of the second process if it exceeded its budget."""


def should_spawn(texts: Iterable[str], least: int) -> bool:
    """Whether a second process saves time: there is enough work and an idle core.

    Args:
        texts: the texts to check.
        least: the number of characters that the first process checks in the time in which the second one starts.
    """
    if os.environ.get(ONE_PROCESS) or not sys.executable or sum(map(len, texts)) < least:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return cores > 1 and busy < cores - 0.5


class SecondProcess:
    """A module that runs as a second process, which starts immediately.

    Args:
        module: the name of the module, which calls `serve`.
        request: what it gets, as JSON represents it.
        budget: the budget of the directory.
        share: the second process's share of the processor time.

    Attributes:
        seconds: the processor time that the second process may take.
        overrun: whether the second process ended because it exceeded its budget.
    """

    def __init__(self, module: str, request: object, budget: Budget, share: float) -> None:
        self.overrun = False
        self._answers: list[Any] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.seconds = budget.seconds * share
        # -P: never import from the current folder, which may be untrusted.
        command = [sys.executable, "-P", "-m", module, str(os.getpid()), str(self.seconds), str(budget.bytes)]
        self._thread = threading.Thread(
            target=self._run, args=(command, json.dumps(request).encode()), daemon=True
        )
        self._thread.start()

    def answers(self) -> list[Any]:
        """Wait for the answers, in order."""
        self._thread.join(self.seconds * _TIMEOUT_FACTOR)
        if self._thread.is_alive():
            self.stop()
        return self._answers

    def processes(self) -> Iterator[int]:
        """The id of the second process while it runs."""
        process = self._process
        if process is not None and process.returncode is None:
            yield process.pid

    def stop(self) -> None:
        """End the process if it still runs."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()
        self._thread.join()

    def _run(self, command: list[str], request: bytes) -> None:
        pipe = subprocess.PIPE
        try:
            with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
                self._process = process
                if self._stopped:
                    process.kill()
                output, _ = process.communicate(request)
            self.overrun = process.returncode == _EXIT_CODE_OVERRUN
        except OSError:
            return
        for line in output.splitlines():
            try:
                self._answers.append(json.loads(line))
            except ValueError:
                continue


def serve(answer: Callable[[Any], Iterator[object]]) -> None:
    """In the second process: read the request from standard input, and write the answers to standard output.

    Args:
        answer: from the request to the answers, as JSON represents them.
    """
    parent, seconds, bytes = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])

    def orphaned() -> Iterator[int]:
        if os.getppid() != parent:
            os._exit(_EXIT_CODE_OVERRUN)
        yield from ()

    gc.disable()
    try:
        with Watchdog(seconds, bytes, orphaned):
            for each in answer(json.load(sys.stdin)):
                print(json.dumps(each), flush=True)
    except (LimitExceeded, MemoryError):
        os._exit(_EXIT_CODE_OVERRUN)
    os._exit(0)  # without freeing every tree
