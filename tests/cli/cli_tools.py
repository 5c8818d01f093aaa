"""A small project for the tests of the command line: two environments in one Region."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from spec_texts import TWO_ENVIRONMENTS
from ticketgen.cli.app import app

__all__ = ["ASK_FOR_A_SPEC", "SPEC", "run", "run_on_terminal", "run_process"]

SPEC = TWO_ENVIRONMENTS

ASK_FOR_A_SPEC = {
    "render": ("render", "--check"),
    "add-region": ("add-region", "eu-west-1", "--dry-run"),
    "remove-region": ("remove-region", "us-east-1", "--dry-run"),
    "keep": ("keep", "--list"),
    "eject": ("eject", "stack/modules/data/tables.tf.j2"),
    "upgrade": ("upgrade",),
    "migrate": ("migrate", "--env", "dev"),
    "size": ("size", "--env", "dev"),
    "show": ("show", "--env", "dev", "--format", "mermaid"),
    "rehearse": ("rehearse", "--env", "nowhere"),
    "list": ("list",),
}
"""Every command that cannot do without a spec, with arguments that end soon."""


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(app, arguments, env=env)


def run_process(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "ticketgen", *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def run_on_terminal(folder: Path, command: str, **variables: str) -> str:
    """The output of a command on a terminal."""
    kept = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR", "CI"}}
    done = subprocess.run(
        ["script", "-qec", f"{shlex.quote(sys.executable)} -m ticketgen {command}", "/dev/null"],
        cwd=folder, env={**kept, "TERM": "xterm", **variables}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return done.stdout
