"""``ticketgen validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.options import ReportFormat
from ticketgen.cli.output import finish, show_findings

__all__ = ["validate"]


def validate(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Any Terraform directory.")] = Path(),
    format: Annotated[
        ReportFormat, typer.Option("--format", help="How findings are reported.")
    ] = ReportFormat.TEXT,
) -> None:
    """Verify a directory of Terraform, rendered by ticketgen or not, offline.

    Syntax and round trip, references, the provider's schema, and the rules that `ticketgen rules` lists.

    Examples:
      ticketgen validate stacks/prod
      ticketgen validate --format json ~/other/terraform
      ticketgen validate --format sarif > ticketgen.sarif
    """
    from ticketgen.verification.directory import read_directory
    from ticketgen.verification.remembered import verify_or_remember

    read = read_directory(directory)
    findings = read.findings
    if read.value is not None:
        findings += verify_or_remember(read.value.texts, ours=False, paths=read.value.paths)
    show_findings(findings, format, read.value.texts if read.value else None)
    if read.value is not None and not findings and format is ReportFormat.TEXT:
        files = sum(path.endswith(".tf") for path in read.value.texts)
        typer.echo(f"{directory}: {files} files, no findings")
    finish(findings)
