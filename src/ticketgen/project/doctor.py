"""Check this machine for what a project needs, and name the fix for what is missing."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ticketgen.aws.engines import EngineVersion, versions_of
from ticketgen.findings import has_errors
from ticketgen.findings.rehearsal import MISSING_BINARY
from ticketgen.pipeline import read_project
from ticketgen.project.pin import read_pin
from ticketgen.project.web import why_failed
from ticketgen.spec.model import Project
from ticketgen.version import VERSION, install_command

__all__ = ["Check", "Health", "run_checks"]

_MIN_TERRAFORM: Final = (1, 9)
"""The minimum version of Terraform and of OpenTofu that the stacks accept (``provider.tf``)."""

_REGISTRIES: Final = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
_TIMEOUT_S: Final = 5
_INIT_TIMEOUT_S: Final = 120

_DAYS_OF_NOTICE: Final = 180
"""Days before the end of AWS's support for a version from which on the check is a warning."""

_PROBE = """terraform {
  required_providers {
    archive = { source = "hashicorp/archive", version = ">= 2.4.0, < 3.0.0" }
    aws     = { source = "hashicorp/aws", version = ">= 5.100.0, < 7.0.0" }
  }
}
"""


class Health(StrEnum):
    """The result of a check; ``missing`` and ``error`` fail the command."""

    FOUND = "found"
    OPTIONAL = "optional"  # missing, but only some commands need it
    WARNING = "warning"  # works, but support ends soon
    MISSING = "missing"
    ERROR = "error"  # out of support


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its subject, the result, what was found, and the fix."""

    name: str
    health: Health
    found: str
    help: str = ""


def run_checks(spec: Path, *, offline: bool = False, today: date | None = None) -> Iterator[Check]:
    """Run the checks one after another; some take seconds.

    Args:
        spec: the project's spec.
        offline: whether to skip the checks that need a registry.
        today: the day on which versions must still be supported; None for the current one.
    """
    yield _ticketgen(spec.parent)
    project = read_project(spec) if spec.exists() else None
    value = project.value if project and not has_errors(project.findings) else None
    yield _spec(spec, value)
    if value:
        yield from _versions(value, today or datetime.now(UTC).date())
    tools = [(tool, found) for tool in ("terraform", "tofu") if (found := shutil.which(tool))]
    if not tools:
        yield Check("Terraform", Health.MISSING, MISSING_BINARY,
                    "install Terraform or OpenTofu 1.9 or later; `render` and `validate` work without it")  # fmt: skip
    for tool, path in tools:
        yield from _terraform(tool, os.path.abspath(path), offline)  # noqa: PTH100 - not of the link's target
    yield _git()
    yield _rehearsal()


def _ticketgen(project: Path) -> Check:
    """The running version, and whether the project installs the same one."""
    found = f"{VERSION}, Python {platform.python_version()}"
    pin = read_pin(project)
    if pin is None or not pin.running:
        return Check("ticketgen", Health.FOUND, found)
    folder = "" if project.resolve() == Path.cwd() else f"in {project}, "
    return Check("ticketgen", Health.MISSING, f"{pin.running} is running, and the project installs {pin.wanted}",
                 f"{folder}run: {pin.command}")  # fmt: skip


def _spec(spec: Path, project: Project | None) -> Check:
    if not spec.exists():
        return Check(
            "spec", Health.OPTIONAL, f"{spec} does not exist", "run `ticketgen new` to make a project"
        )
    if project is None:
        return Check("spec", Health.MISSING, f"{spec} is not valid", "run `ticketgen render` for the errors")
    names = ", ".join(each.name for each in project.environments)
    return Check("spec", Health.FOUND, f"{spec}: {names}")


def _versions(project: Project, today: date) -> Iterator[Check]:
    """Check how long AWS supports the engines and runtimes of the project's stacks."""
    pinned = (version for each in project.environments for version in versions_of(each.cache.engine))
    for version in dict.fromkeys(pinned):
        yield _support(version, today)


def _support(version: EngineVersion, today: date) -> Check:
    pinned = f"{version.version}, in support since {version.released}"
    if version.end is None:
        found = f"{pinned}; no end announced by {version.checked}, see {version.source}"
        return Check(version.title, Health.FOUND, found)
    days = (version.end - today).days
    found = (
        f"{pinned}; AWS's support {'ended' if days < 0 else 'ends'} on {version.end}, see {version.source}"
    )
    if days > _DAYS_OF_NOTICE:
        return Check(version.title, Health.FOUND, found)
    return Check(version.title, Health.ERROR if days < 0 else Health.WARNING, found,
                 "install a ticketgen release that pins a newer version, then render and apply")  # fmt: skip


def _terraform(tool: str, path: str, offline: bool) -> Iterator[Check]:
    try:
        with (
            tempfile.TemporaryDirectory() as folder
        ):  # in the project's folder, it would read the lock file and plugins
            done = subprocess.run(
                [path, "version", "-json"], capture_output=True, text=True, timeout=_TIMEOUT_S * 4, check=True,
                cwd=folder, env={**os.environ, "CHECKPOINT_DISABLE": "1"},
            )  # fmt: skip
        version = str(json.loads(done.stdout)["terraform_version"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
        yield Check(tool, Health.MISSING, f"{path} does not run: {error}", "reinstall it")
        return
    numbers = tuple(int(each) for each in re.findall("[0-9]+", version)[:2])
    if numbers < _MIN_TERRAFORM:
        yield Check(tool, Health.MISSING, f"{version}, {path}",
                    "upgrade it: the stacks need 1.9 or later, and 1.10 or later with state.bucket")  # fmt: skip
        return
    yield Check(tool, Health.FOUND, f"{version}, {path}")
    yield _providers(tool, path, offline)


def _providers(tool: str, path: str, offline: bool) -> Check:
    """Check that the providers are available, from the source in the CLI configuration or the registry."""
    name = f"{tool}'s providers"
    configured = _cli_configuration()
    if configured:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "main.tf").write_text(_PROBE, encoding="utf-8")
            command = [path, "init", "-backend=false", "-input=false", "-no-color"]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=_INIT_TIMEOUT_S, check=False,
                    cwd=folder, env={**os.environ, "CHECKPOINT_DISABLE": "1", "TF_REGISTRY_DISCOVERY_RETRY": "0"},
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return Check(name, Health.MISSING, f"`{tool} init` with {configured} took over {_INIT_TIMEOUT_S} s",
                             "check the source of providers in that file")  # fmt: skip
        if done.returncode == 0:
            return Check(name, Health.FOUND, f"from the source in {configured}")
        return Check(name, Health.MISSING,
                     f"the source in {configured} lacks the AWS provider 5.100 to 6.x or archive 2.4 to 2.x",
                     f"run `{tool} init` in a stack for the error")  # fmt: skip
    registry = _REGISTRIES[tool]
    if offline:
        return Check(name, Health.OPTIONAL, f"{registry} was not contacted", "omit --offline to check it")
    try:
        with urllib.request.urlopen(f"https://{registry}/.well-known/terraform.json", timeout=_TIMEOUT_S):
            return Check(name, Health.FOUND, f"{registry} answers")
    except OSError as error:
        return Check(name, Health.MISSING, f"{registry} does not answer: {why_failed(error)}",
                     "allow access to it, or configure a provider mirror in the CLI configuration")  # fmt: skip


def _cli_configuration() -> str | None:
    """The CLI configuration file, if it sets the source of providers.

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
        return Check("git", Health.MISSING, "git is not on the PATH",
                     "install it: spec and stacks are committed together")  # fmt: skip
    return Check("git", Health.FOUND, path)


def _rehearsal() -> Check:
    if find_spec("moto") is None:
        return Check("rehearsal", Health.OPTIONAL, "`ticketgen rehearse` lacks packages",
                     f"run: {install_command('rehearse')}")  # fmt: skip
    return Check("rehearsal", Health.FOUND, "`ticketgen rehearse` can run")
