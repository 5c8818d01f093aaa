"""Runs Terraform or OpenTofu on a folder, and tells how far it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["PARALLELISM", "Terraform", "TerraformFailed"]

Progress = Callable[[str], None]

PARALLELISM = "-parallelism=40"
"""Creating is mostly waiting: the AWS provider watches a new queue or cache for half a minute to be sure of it. What
waits should keep nothing else from beginning, as Terraform's own limit of ten at once does."""


class TerraformFailed(Exception):
    """Terraform ended with an error: what it was about, and its last words."""


class Terraform:
    """One working folder.

    Args:
        binary: `terraform` or `tofu`.
        folder: where the configuration is; state and providers are kept in it.
        environment: what it runs with.
    """

    def __init__(self, binary: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._binary, self._folder, self._environment = binary, folder, dict(environment)

    @staticmethod
    def find() -> str | None:
        """The Terraform on the PATH, else the OpenTofu, else None."""
        return shutil.which("terraform") or shutil.which("tofu")

    def init(self) -> None:
        """Get the providers. What is rendered for a remote state keeps it here instead.

        Raises:
            TerraformFailed: no providers.
        """
        (self._folder / "rehearsal_override.tf").write_text(
            'terraform {\n  backend "local" {}\n}\n', encoding="utf-8"
        )
        self._run("init", "-no-color")

    def apply(self, progress: Progress) -> int:
        """Apply; how many resources were created.

        Raises:
            TerraformFailed: not everything was.
        """
        created = planned = 0

        def told(event: dict[str, Any]) -> None:
            nonlocal created, planned
            if event.get("type") == "change_summary" and event["changes"]["operation"] == "plan":
                planned = event["changes"]["add"]
                progress(f"{planned} resources are to be created")
            if event.get("type") == "apply_complete" and event["hook"]["action"] == "create":
                created += 1
                if created % 25 == 0:
                    progress(f"{created} of {planned} resources")

        self._run("apply", "-auto-approve", "-json", PARALLELISM, told=told)
        return created

    def outputs(self) -> dict[str, Any]:
        """The outputs' values, by name."""
        found = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}

    def _run(self, *arguments: str, told: Callable[[dict[str, Any]], None] | None = None) -> str:
        process = subprocess.Popen(
            [self._binary, f"-chdir={self._folder}", *arguments],
            env=self._environment,
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
                if told and line.startswith("{"):
                    event = json.loads(line)
                    told(event)
                    if event.get("@level") == "error":
                        errors.append(
                            event["@message"] + "\n" + event.get("diagnostic", {}).get("detail", "") + "\n"
                        )
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.wait() != 0:
            reader.join()
            raise TerraformFailed(
                f"{Path(self._binary).name} {arguments[0]}: {''.join(errors)[-4000:].strip()}"
            )
        return "".join(lines)
