"""Round trips in a second process, while the first process checks the same files.

A round trip is half of the work on a file, and needs only the text from the other half. The process is spawned, because
pygohcl hangs in a forked process. Questions and answers are JSON. The caller makes every round trip that is not
answered, so a crash of the second process costs only time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping

__all__ = ["ONE_PROCESS", "RoundTrips", "saves_time"]

ONE_PROCESS = "TICKETGEN_ONE_PROCESS"
"""Environment variable that disables the second process if it is set to any value."""

_WORTH_IT = 100_000
"""Characters; fewer are read faster than the process starts."""


def saves_time(texts: Mapping[str, str]) -> bool:
    """Whether a second process saves time: there is enough work, and an idle core."""
    if os.environ.get(ONE_PROCESS) or not sys.executable or sum(map(len, texts.values())) < _WORTH_IT:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return cores > 1 and busy < cores - 0.5


class RoundTrips:
    """Round trips of some files, started at once.

    Args:
        texts: the texts by path; the paths serve only as names.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._answers: dict[str, str] = {}
        self._thread = threading.Thread(
            target=self._run, args=(json.dumps(dict(texts)).encode(),), daemon=True
        )
        self._thread.start()

    def differences(self) -> Mapping[str, str]:
        """Wait for the answers: the difference by path, "" for none; unanswered paths are missing."""
        self._thread.join()
        return self._answers

    def _run(self, question: bytes) -> None:
        # -P: never import from the current folder, which may belong to anyone.
        command = [sys.executable, "-P", "-m", __name__]
        try:
            done = subprocess.run(command, input=question, capture_output=True, check=True)
            answers = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return
        if isinstance(answers, dict):
            self._answers = {path: said for path, said in answers.items() if isinstance(said, str)}


def main() -> None:
    """Read texts from standard input, and write the differences to standard output."""
    import gc

    from ticketgen.hcl.guards import refusal
    from ticketgen.hcl.roundtrip import write
    from ticketgen.hcl.strict import complaints
    from ticketgen.hcl.tree import Unreadable, read

    gc.disable()
    answers = {}
    for path, text in json.load(sys.stdin).items():
        if refusal(text) or complaints(text):
            continue  # the caller finds the same and needs no answer
        tree = read(text)
        if not isinstance(tree, Unreadable):
            written = write(tree)
            del tree
            answers[path] = written.difference()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
