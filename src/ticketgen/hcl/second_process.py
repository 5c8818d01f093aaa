"""Round trips in a second process, while the first process checks the same files.

A round trip is half of the work on a file, and depends only on the text. The process is spawned, because pygohcl hangs
in a forked process. The request is JSON; so is each line of the output, which is one answer. The caller makes every
round trip that is not answered, so a crash of the second process costs only time.

The second process ends with the first one, even if that one is killed, and when it exceeds its own budget.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog

__all__ = ["ONE_PROCESS", "RoundTrips", "main", "should_spawn"]

ONE_PROCESS = "TICKETGEN_ONE_PROCESS"
"""Environment variable that disables the second process if it is not empty."""

_MIN_WORK = 100_000
"""Characters; fewer are read faster than the process starts."""
_TIME_SHARE = 0.4
"""The second process's share of the processor time."""
_TIMEOUT_FACTOR = 30
"""Timeout of the second process, as a multiple of its processor time, in case it is suspended."""
_EXIT_CODE_OVERRUN = 75
"""Exit code of the second process if it exceeded its budget."""


def should_spawn(texts: Mapping[str, str]) -> bool:
    """Whether a second process saves time: there is enough work and an idle core."""
    if os.environ.get(ONE_PROCESS) or not sys.executable or sum(map(len, texts.values())) < _MIN_WORK:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return cores > 1 and busy < cores - 0.5


class RoundTrips:
    """Round trips of some files in a second process, which starts immediately.

    Args:
        texts: the texts by path; the paths serve only as names.
        budget: the budget of the directory, of which the second process gets a share of the time.

    Attributes:
        seconds: the processor time that the second process may take.
        overrun: whether the second process ended because it exceeded its budget.
    """

    def __init__(self, texts: Mapping[str, str], budget: Budget | None = None) -> None:
        self.overrun = False
        self._answers: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        budget = budget or Budget()
        self.seconds = budget.seconds * _TIME_SHARE
        limits = [str(os.getpid()), str(self.seconds), str(budget.bytes)]
        self._thread = threading.Thread(
            target=self._run, args=(json.dumps(dict(texts)).encode(), limits), daemon=True
        )
        self._thread.start()

    def differences(self) -> Mapping[str, str]:
        """Wait for the differences by path, "" for none; unanswered paths are missing."""
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

    def _run(self, request: bytes, limits: list[str]) -> None:
        # -P: never import from the current folder, which may be untrusted.
        command = [sys.executable, "-P", "-m", __name__, *limits]
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
                answers = json.loads(line)
            except ValueError:
                continue
            if isinstance(answers, dict):
                self._answers |= {path: each for path, each in answers.items() if isinstance(each, str)}


def main(parent: int, seconds: float, bytes: int) -> None:
    """Read texts from standard input, and write the differences to standard output.

    Args:
        parent: the id of the parent process; this process ends with it.
        seconds: the limit of processor time.
        bytes: the limit of memory.
    """
    import gc

    from ticketgen.hcl.guards import refusal
    from ticketgen.hcl.raw_tree import read
    from ticketgen.hcl.reference_parser import parser_errors
    from ticketgen.hcl.roundtrip import write
    from ticketgen.hcl.tokenizer import Unreadable

    def orphaned() -> Iterator[int]:
        if os.getppid() != parent:
            os._exit(_EXIT_CODE_OVERRUN)
        yield from ()

    gc.disable()
    with Watchdog(seconds, bytes, orphaned):
        for path, text in json.load(sys.stdin).items():
            if refusal(text) or parser_errors(text):
                continue  # the caller reports these itself and needs no answer
            tree = read(text)
            if not isinstance(tree, Unreadable):
                written = write(tree)
                del tree
                print(json.dumps({path: written.difference()}), flush=True)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
    except (LimitExceeded, MemoryError):
        os._exit(_EXIT_CODE_OVERRUN)
