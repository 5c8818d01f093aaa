"""Options that several commands have in common."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Environments", "Format", "ReportFormat", "Spec"]


class ReportFormat(StrEnum):
    """How findings are reported."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


class Format(StrEnum):
    """How a list is printed."""

    TEXT = "text"
    JSON = "json"


Spec = Annotated[
    Path,
    typer.Option(
        "--spec", metavar="FILE", help="The spec; everything is rendered beside it.", show_default=True
    ),
]

Environments = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME", help="Only this environment; may be given several times."),
]
