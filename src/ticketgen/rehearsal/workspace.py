"""The private folder of a rehearsal and its process group; both end with the block or its process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ticketgen.rehearsal.credentials import base_environment
from ticketgen.rehearsal.reaper import lock_folder

__all__ = ["Workspace", "module_command"]


def module_command(name: str, *arguments: str) -> list[str]:
    """The command line that runs a module of ticketgen; `-P` excludes modules of the current folder."""
    return [sys.executable, "-P", "-m", f"ticketgen.rehearsal.{name}", *arguments]


class Workspace:
    """A folder that only this user can enter, and a group of processes that end with it.

    Attributes:
        folder: the folder.
        temporary: the folder for temporary files in it.
    """

    folder: Path
    temporary: Path

    def __enter__(self) -> Workspace:
        # A group of its own: Ctrl-C on the terminal goes to this process only.
        self._reaper = subprocess.Popen(
            module_command("reaper"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
        )
        assert self._reaper.stdout is not None
        line = self._reaper.stdout.readline()
        if not line:
            self._reaper.wait()
            raise RuntimeError("the private folder of the rehearsal could not be created")
        self.folder = Path(os.fsdecode(line.rstrip(b"\n")))
        self._lock = lock_folder(self.folder)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._reaper.stdin is not None
        assert self._reaper.stdout is not None
        self._reaper.stdin.close()
        self._reaper.stdout.read()  # ends when the folder is gone
        self._reaper.stdout.close()
        self._reaper.wait()
        if self._lock is not None:
            os.close(self._lock)

    def start(
        self, command: list[str], environment: Mapping[str, str], **options: Any
    ) -> subprocess.Popen[Any]:
        """Start a process in the group, with these environment variables only."""
        return subprocess.Popen(
            command,
            env={**environment, "TMPDIR": str(self.temporary)},
            process_group=self._reaper.pid,
            **options,
        )

    def environment(self) -> dict[str, str]:
        """The environment for a process of ticketgen itself."""
        return {**base_environment(os.environ), "HOME": str(self.folder), "PYTHONSAFEPATH": "1"}
