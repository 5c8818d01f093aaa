"""The operator's scripts of a stack, each in a process of its own, as an operator runs them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ticketgen.rehearsal.sale import SaleEvent
from ticketgen.rehearsal.workspace import Workspace

__all__ = ["OperatorScripts", "ScriptFailed"]


class ScriptFailed(Exception):
    """An operator's script failed; the message is the command and the end of its output."""


class OperatorScripts:
    """The scripts in a stack's folder `ops`.

    Args:
        folder: that folder.
        variables: environment variables of every run.
        workspace: starts the processes, and has the files of events.
        lost: Regions that the scripts for events do not call.
    """

    def __init__(
        self, folder: Path, variables: Mapping[str, str], workspace: Workspace, lost: Iterable[str] = ()
    ) -> None:
        self._folder, self._variables, self._workspace = folder, variables, workspace
        self._lost = [f"--lost={region}" for region in lost]

    def put_on_sale(self, show: SaleEvent, opens_at: int = 0) -> None:
        """Create an event and open it, for one day; return when every Region sells it, or will at its opening.

        Args:
            show: the event.
            opens_at: in epoch seconds; by default it is open at once.

        Raises:
            ScriptFailed: it is not on sale.
        """
        now = int(time.time())
        file = self._workspace.folder / f"{show.event_id}.json"
        file.write_text(show.file(opens_at or now - 60, now + 86_400), encoding="utf-8")
        self.event("create", str(file), "--apply")
        self.event("open", show.event_id, "--apply")

    def confirm_refunds(self, event_id: str, sale_ids: Iterable[str]) -> None:
        """Confirm that the buyers of voided sales have their money back.

        Raises:
            ScriptFailed: a sale has no refund.
        """
        self.run("refunds", event_id, "--refunded", *sale_ids, "--apply")

    def states(self) -> dict[str, str]:
        """Return the state of each event.

        Raises:
            ScriptFailed: the events could not be listed.
        """
        return {event["event_id"]: event["state"] for event in self.event("list")["events"]}

    def event(self, *arguments: str) -> dict[str, Any]:
        """Run a command of `event.py`, and return what it prints.

        Raises:
            ScriptFailed: it failed.
        """
        found: dict[str, Any] = json.loads(self.run("event", *arguments, *self._lost, "--format", "json"))
        return found

    def run(self, script: str, *arguments: str) -> str:
        """Run a script, and return what it prints.

        Raises:
            ScriptFailed: it failed.
        """
        process = self._workspace.start(
            [sys.executable, str(self._folder / f"{script}.py"), *arguments],
            self._variables,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            printed, errors = process.communicate()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode:
            command = " ".join([f"ops/{script}.py", *arguments])
            told = f"{printed}{errors}"[-4000:].strip()
            raise ScriptFailed(f"{command} failed with exit code {process.returncode}: {told}")
        return str(printed)
