"""What is found on this machine of what a project needs, what is missing, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ticketgen.findings import has_errors
from ticketgen.pipeline import read_project
from ticketgen.version import VERSION

__all__ = ["Check", "Health", "examine"]

LEAST_TERRAFORM: Final = (1, 9)
"""The first that the stacks take, of Terraform and OpenTofu alike (``provider.tf``)."""

REGISTRIES: Final = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
PATIENCE_S: Final = 5
INIT_PATIENCE_S: Final = 120

_PROBE = """terraform {
  required_providers {
    archive = { source = "hashicorp/archive", version = ">= 2.4.0, < 3.0.0" }
    aws     = { source = "hashicorp/aws", version = ">= 5.100.0, < 7.0.0" }
  }
}
"""


class Health(StrEnum):
    """How a check came out; only what is missing fails the command."""

    FOUND = "found"
    OPTIONAL = "optional"  # not there, and only some commands need it
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked for: what it is, how it came out, what was found, and the way out."""

    name: str
    health: Health
    found: str
    help: str = ""


def examine(spec: Path, *, offline: bool = False) -> Iterator[Check]:
    """Look at this machine, one thing after another; some take seconds.

    Args:
        spec: the project's.
        offline: ask no registry whether it answers.
    """
    yield Check("ticketgen", Health.FOUND, f"{VERSION}, Python {platform.python_version()}")
    yield _spec(spec)
    tools = [(tool, found) for tool in ("terraform", "tofu") if (found := shutil.which(tool))]
    if not tools:
        yield Check("Terraform", Health.MISSING, "neither terraform nor tofu is on the PATH",
                    "install Terraform or OpenTofu 1.9 or later; only render works without")  # fmt: skip
    for tool, path in tools:
        yield from _terraform(tool, path, offline)
    yield _git()
    yield _rehearsal()


def _spec(spec: Path) -> Check:
    if not spec.exists():
        return Check("spec", Health.OPTIONAL, f"{spec} is not there", "ticketgen new makes a project")
    project = read_project(spec)
    if project.value is None or has_errors(project.findings):
        return Check(
            "spec", Health.MISSING, f"{spec} is not valid", "ticketgen render says what is wrong with it"
        )
    names = ", ".join(each.name for each in project.value.environments)
    return Check("spec", Health.FOUND, f"{spec}: {names}")


def _terraform(tool: str, path: str, offline: bool) -> Iterator[Check]:
    try:
        done = subprocess.run(
            [path, "version", "-json"], capture_output=True, text=True, timeout=PATIENCE_S * 4, check=True,
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
        )  # fmt: skip
        version = str(json.loads(done.stdout)["terraform_version"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
        yield Check(tool, Health.MISSING, f"{path} does not run: {error}", "install it again")
        return
    numbers = tuple(int(each) for each in re.findall("[0-9]+", version)[:2])
    if numbers < LEAST_TERRAFORM:
        yield Check(
            tool, Health.MISSING, f"{version}, {path}", "the stacks need 1.9 or later, 1.10 with state.bucket"
        )
        return
    yield Check(tool, Health.FOUND, f"{version}, {path}")
    yield _providers(tool, path, offline)


def _providers(tool: str, path: str, offline: bool) -> Check:
    """Whether the providers can be had: from where the CLI configuration says, or from the registry."""
    name = f"{tool}'s providers"
    configured = _cli_configuration()
    if configured:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "main.tf").write_text(_PROBE, encoding="utf-8")
            command = [path, f"-chdir={folder}", "init", "-backend=false", "-input=false", "-no-color"]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=INIT_PATIENCE_S, check=False,
                    env={**os.environ, "CHECKPOINT_DISABLE": "1", "TF_REGISTRY_DISCOVERY_RETRY": "0"},
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return Check(
                    name, Health.MISSING, f"{configured} gives none in {INIT_PATIENCE_S} s", "mend it"
                )
        if done.returncode == 0:
            return Check(name, Health.FOUND, f"as {configured} says")
        return Check(name, Health.MISSING, f"{configured} gives no AWS provider 5.100 to 6.x and archive 2.4 to 2.x",
                     f"`{tool} init` in a stack says why")  # fmt: skip
    registry = REGISTRIES[tool]
    if offline:
        return Check(name, Health.OPTIONAL, f"{registry} was not asked", "leave out --offline")
    try:
        with urllib.request.urlopen(f"https://{registry}/.well-known/terraform.json", timeout=PATIENCE_S):
            return Check(name, Health.FOUND, f"{registry} answers")
    except (OSError, urllib.error.URLError) as error:
        return Check(name, Health.MISSING, f"{registry} does not answer: {error}",
                     "let it be reached, or name a mirror in the CLI configuration")  # fmt: skip


def _cli_configuration() -> str | None:
    """The CLI configuration file, if it says where providers come from.

    Source: https://developer.hashicorp.com/terraform/cli/config/config-file
    """
    for place in (
        os.environ.get("TF_CLI_CONFIG_FILE"),
        Path.home() / ".terraformrc",
        Path.home() / ".tofurc",
    ):
        try:
            if place and "provider_installation" in Path(place).read_text(encoding="utf-8"):
                return str(place)
        except (OSError, UnicodeDecodeError):
            continue
    return None


def _git() -> Check:
    path = shutil.which("git")
    if path is None:
        return Check(
            "git",
            Health.MISSING,
            "git is not on the PATH",
            "install it: spec and stacks are committed together",
        )
    return Check("git", Health.FOUND, path)


def _rehearsal() -> Check:
    if find_spec("moto") is None:
        return Check(
            "rehearsal", Health.OPTIONAL, "ticketgen rehearse cannot run", 'pip install "ticketgen[rehearse]"'
        )
    return Check("rehearsal", Health.FOUND, "ticketgen rehearse can run")
