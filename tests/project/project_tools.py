"""A small project for the tests: two environments in three Regions, rendered once and copied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner, Result

from ticketgen.cli.app import app

__all__ = ["SPEC", "everything_in", "run"]

SPEC = """\
# The spring tour.
version: 1
project: spring-tour
extends: regional-tour
regions:
  - eu-west-1      # home
  - eu-central-1   # takes over

  - eu-north-1     # Stockholm
environments:
  dev: { regions: [eu-west-1, eu-central-1] }
  prod:
    protect: true
"""


def run(*arguments: str) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(app, arguments)


def everything_in(folder: Path) -> Mapping[str, bytes | None]:
    """Every file with its bytes, and every folder."""
    return {
        str(place.relative_to(folder)): place.read_bytes() if place.is_file() else None
        for place in sorted(folder.rglob("*"))
    }
