"""Round trips in a second process, while the first one reads the same files and judges them.

A round trip is half of the work on a file, and needs nothing from the other half but the text. The process is started
anew, never forked: pygohcl hangs in a forked one. It is fed and answers in JSON; whatever it does not answer for is
done again by whoever asked, so that its death costs time and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping

__all__ = ["ONE_PROCESS", "RoundTrips", "pays"]

ONE_PROCESS = "TICKETGEN_ONE_PROCESS"
"""The environment variable that keeps everything in one process, when it is set to anything."""

_WORTH_IT = 100_000
"""Characters; for fewer, the process takes longer to start than they take to read."""


def pays(texts: Mapping[str, str]) -> bool:
    """Whether a second process makes it faster: there is enough to do, and a core that has nothing to do."""
    if os.environ.get(ONE_PROCESS) or not sys.executable or sum(map(len, texts.values())) < _WORTH_IT:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return cores > 1 and busy < cores - 0.5


class RoundTrips:
    """The round trips of some files, under way as soon as this is made.

    Args:
        texts: path to text; the paths are only names here.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._answers: dict[str, str] = {}
        self._thread = threading.Thread(
            target=self._run, args=(json.dumps(dict(texts)).encode(),), daemon=True
        )
        self._thread.start()

    def differences(self) -> Mapping[str, str]:
        """Path to what differs, "" where nothing does; only paths that were answered for. Waits for the answers."""
        self._thread.join()
        return self._answers

    def _run(self, question: bytes) -> None:
        # -P: the folder that it is started in may be anyone's, and must not be imported from.
        command = [sys.executable, "-P", "-m", __name__]
        try:
            done = subprocess.run(command, input=question, capture_output=True, check=True)
            answers = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.SubprocessError):
            return
        if isinstance(answers, dict):
            self._answers = {path: said for path, said in answers.items() if isinstance(said, str)}


def main() -> None:
    """Read texts from standard input, and write what differs to standard output."""
    import gc

    from ticketgen.hcl.guards import refusal
    from ticketgen.hcl.roundtrip import write
    from ticketgen.hcl.strict import complaints
    from ticketgen.hcl.tree import Unreadable, read

    gc.disable()
    answers = {}
    for path, text in json.load(sys.stdin).items():
        if refusal(text) or complaints(text):
            continue  # whoever asked finds the same, and asks no more
        tree = read(text)
        if not isinstance(tree, Unreadable):
            written = write(tree)
            del tree
            answers[path] = written.difference()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
