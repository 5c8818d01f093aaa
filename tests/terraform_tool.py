"""Terraform for the tests that need it: found, probed once for its providers, shared by the workers."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["Terraform", "cannot", "usable"]

REQUIRE = "TICKETGEN_REQUIRE_TERRAFORM"

PROBE = """terraform {
  required_providers {
    archive = { source = "hashicorp/archive" }
    aws     = { source = "hashicorp/aws", version = ">= 5.100.0, < 7.0.0" }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Terraform:
    """A Terraform that works here, with its providers at hand.

    Attributes:
        binary: the executable.
        environment: the variables it runs with: no input, no check for updates, no AWS credentials.
        probed: a folder where ``init`` succeeded; its lock file saves other folders the hashing.
    """

    binary: Path
    environment: Mapping[str, str]
    probed: Path

    def run(self, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder; ``variables`` are added to its environment."""
        return subprocess.run(
            [str(self.binary), f"-chdir={folder}", *arguments],
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=2400,  # twelve Regions are applied in some 200 s on two idle cores
            check=False,
        )

    def init(self, folder: Path, *backend: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``terraform init``, one at a time: the plugin cache is not safe otherwise.

        Without settings of the backend, none is used.
        """
        shutil.copyfile(self.probed / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
        with (self.probed.parent / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            settings = backend or ("-backend=false",)
            return self.run(folder, "init", *settings, "-input=false", "-no-color", **variables)


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that the workers of one run share."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


def cannot(reason: str) -> NoReturn:
    """Skip with the reason, or fail where Terraform is required."""
    if os.environ.get(REQUIRE):
        pytest.fail(f"{REQUIRE} is set, but {reason}")
    pytest.skip(reason)


def usable(program: str, factory: pytest.TempPathFactory) -> Terraform | str:
    """The program, or why it cannot be used."""
    found = shutil.which(program)
    if not found:
        return f"{program} is not on the PATH"
    shared = shared_folder(factory, program)
    # In a `.terraform`, which searches for installed providers skip: these will be removed.
    plugins, probed = shared / ".terraform" / "plugins", shared / "probe"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_")) or name in {"TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR"}
    }
    environment = {
        "TF_PLUGIN_CACHE_DIR": str(plugins),
        **kept,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_REGISTRY_DISCOVERY_RETRY": "0",
        "TF_REGISTRY_CLIENT_TIMEOUT": "10",
    }
    terraform = Terraform(Path(found), environment, probed)
    with (shared / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for folder in (plugins, probed):
            folder.mkdir(parents=True, exist_ok=True)
        answer = shared / "answer"
        if not answer.exists():
            (probed / "main.tf").write_text(PROBE, encoding="utf-8")
            done = terraform.run(probed, "init", "-input=false", "-no-color")
            answer.write_text("" if done.returncode == 0 else done.stderr or done.stdout, encoding="utf-8")
    trouble = answer.read_text("utf-8")
    return f"{program} init found no providers:\n{trouble}" if trouble else terraform
