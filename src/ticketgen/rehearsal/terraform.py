"""Runs Terraform or OpenTofu in the folder of a root module."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ticketgen.rehearsal.workspace import Workspace

__all__ = ["PARALLELISM", "Terraform", "TerraformFailed"]


PARALLELISM = "-parallelism=40"
"""Creation is mostly waiting: the AWS provider polls a new queue or cache for half a minute. Terraform's default of ten
parallel operations would make other resources wait for that."""


class TerraformFailed(Exception):
    """Terraform failed; the message is the command and the end of its error output."""


class Terraform:
    """One working folder.

    Args:
        binary: `terraform` or `tofu`.
        folder: the folder of the root module, which also stores its state.
        environment: environment variables.
        downloads: additional environment variables of `init`.
        workspace: starts the processes.
    """

    def __init__(
        self,
        binary: str,
        folder: Path,
        environment: Mapping[str, str],
        downloads: Mapping[str, str],
        workspace: Workspace,
    ) -> None:
        self._binary, self._folder, self._workspace = binary, folder, workspace
        self._environment, self._downloads = environment, downloads

    @staticmethod
    def find() -> str | None:
        """Return Terraform on the PATH, else OpenTofu, else None."""
        return shutil.which("terraform") or shutil.which("tofu")

    def use_local_state(self) -> None:
        """Keep the state in the folder even if the root module has a remote backend."""
        override = 'terraform {\n  backend "local" {}\n}\n'
        (self._folder / "rehearsal_override.tf").write_text(override, encoding="utf-8")

    def init(self) -> None:
        """Install the providers.

        Raises:
            TerraformFailed: a provider could not be installed.
        """
        self._run("init", "-no-color", added=self._downloads)

    def apply(self, planned: Callable[[int], None]) -> int:
        """Apply and return the number of created resources.

        Args:
            planned: called with the number of resources to create.

        Raises:
            TerraformFailed: not every resource was created.
        """
        created = 0

        def count_resources(event: dict[str, Any]) -> None:
            nonlocal created
            if event.get("type") == "change_summary" and event["changes"]["operation"] == "plan":
                planned(event["changes"]["add"])
            if event.get("type") == "apply_complete" and event["hook"]["action"] == "create":
                created += 1

        self._run("apply", "-auto-approve", "-json", PARALLELISM, on_event=count_resources)
        return created

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs by name."""
        found = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}

    def _run(
        self,
        *arguments: str,
        on_event: Callable[[dict[str, Any]], None] | None = None,
        added: Mapping[str, str] | None = None,
    ) -> str:
        process = self._workspace.start(
            [self._binary, f"-chdir={self._folder}", *arguments],
            {**self._environment, **(added or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        reader.start()
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if on_event and line.startswith("{"):
                    event = json.loads(line)
                    on_event(event)
                    if event.get("@level") == "error":
                        errors.append(
                            event["@message"] + "\n" + event.get("diagnostic", {}).get("detail", "") + "\n"
                        )
        except BaseException:
            process.kill()  # its resources end with the emulator, its providers with the workspace
            process.wait()
            raise
        failed = process.wait() != 0
        reader.join()
        for pipe in (process.stdout, process.stderr):
            pipe.close()
        if failed:
            command = f"{Path(self._binary).name} {arguments[0]}"
            raise TerraformFailed(
                f"{command} failed in {self._folder.name}: {''.join(errors)[-4000:].strip()}"
            )
        return "".join(lines)
