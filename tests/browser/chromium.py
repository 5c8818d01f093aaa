"""A headless Chromium, driven through the pipes of its DevTools protocol: no port is open, and nothing else is needed.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["REQUIRE", "Chromium", "chromium_binary"]

REQUIRE = "TICKETGEN_REQUIRE_BROWSER"

FETCHED = Path(__file__).parents[2] / ".build/chromium/root"
"""Where `make browser` unpacks Debian's package and the libraries that the machine lacks."""

NAMES = ("chromium-headless-shell", "chromium")

ARGUMENTS = (
    "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip

ANSWER_SECONDS = 60.0


def chromium_binary() -> tuple[Path, dict[str, str]]:
    """The browser and the variables that it needs; skips without one, or fails if it is required."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return Path(found), {}
    fetched = FETCHED / "usr/lib/chromium/chromium-headless-shell"
    if fetched.exists():
        folders = {str(library.parent) for library in FETCHED.rglob("*.so*")} - {str(fetched.parent)}
        fonts = Path(__file__).with_name("fonts.conf")
        return fetched, {"LD_LIBRARY_PATH": ":".join(sorted(folders)), "FONTCONFIG_FILE": str(fonts)}
    text = "there is no Chromium: `make browser` fetches it from Debian"
    if os.environ.get(REQUIRE):
        pytest.fail(f"{REQUIRE} is set, but {text}")
    pytest.skip(text)


class Chromium:
    """A running browser.

    Attributes:
        events: what each session was told without having asked, in order.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._news = threading.Condition()
        self._number = 0
        self._answered: dict[int, dict[str, Any]] = {}
        self._ended = False
        self.events: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Chromium]:
        """A browser with an empty profile in a folder."""
        binary, variables = chromium_binary()
        child_reads, writes = os.pipe()
        reads, child_writes = os.pipe()
        # Chromium wants 3 and 4, which dup2 must neither close nor leave to be closed on exec.
        inherited = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (child_reads, child_writes)]
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to be root with one
        process = os.posix_spawn(
            binary,
            [str(binary), *ARGUMENTS, *sandbox, f"--user-data-dir={folder / 'profile'}"],
            _environment(folder, variables),
            file_actions=[
                (os.POSIX_SPAWN_DUP2, inherited[0], 3),
                (os.POSIX_SPAWN_DUP2, inherited[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, str(folder / "chromium.log"), os.O_WRONLY | os.O_CREAT, 0o600),
            ],
            setpgroup=0,
        )
        for each in (child_reads, child_writes, *inherited):
            os.close(each)
        try:
            yield cls(writes, reads)
        finally:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(writes)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        with self._news:
            self._number += 1
            number = self._number
            message = {"id": number, "method": method, "params": parameters}
            if session:
                message["sessionId"] = session
            text = json.dumps(message).encode() + b"\0"
            while text:
                text = text[os.write(self._commands, text) :]
            answered = self._news.wait_for(lambda: number in self._answered or self._ended, ANSWER_SECONDS)
            assert answered, f"Chromium does not answer {method}"
            assert not self._ended, f"Chromium has ended before it answered {method}"
            answer = self._answered.pop(number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def _listen(self) -> None:
        with os.fdopen(self._answers, "rb") as stream:
            rest = b""
            while data := os.read(stream.fileno(), 1 << 20):
                *messages, rest = (rest + data).split(b"\0")
                with self._news:
                    for text in messages:
                        message = json.loads(text)
                        if "id" in message:
                            self._answered[message["id"]] = message
                        else:
                            self.events[message.get("sessionId", "")].append(message)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def _environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, **variables, "HOME": str(folder), "TZ": "UTC", "TMPDIR": str(folder)}
