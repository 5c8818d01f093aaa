"""``ticketgen show``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ticketgen.cli.completion import complete_environments
from ticketgen.cli.options import OutputOption, Spec
from ticketgen.cli.output import exit_with_findings, print_findings, write_result
from ticketgen.cli.spec_file import require_spec
from ticketgen.reports import ReportFormat

__all__ = ["show"]


class _PictureFormat(StrEnum):
    """The format of a picture."""

    SVG = "svg"
    HTML = "html"
    MERMAID = "mermaid"


def show(
    spec: Spec = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment. Default: the last one with protect: true, or else the last one.",
            autocompletion=complete_environments,
        ),
    ] = None,
    format: Annotated[
        _PictureFormat, typer.Option("--format", help="html also lists the references behind each line.")
    ] = _PictureFormat.SVG,
    output: OutputOption = None,
) -> None:
    """Draw an environment's stack from its Terraform: Regions, connections, replicas and flows.

    Every line in the picture is a reference in the Terraform. The picture loads no script or font, and follows the
    reader's light or dark theme.

    Examples:
      ticketgen show --output stack.svg
      ticketgen show --env prod --format html --output stack.html
      ticketgen show --format mermaid
    """
    from ticketgen import drawing
    from ticketgen.pictures.html import html
    from ticketgen.pictures.mermaid import mermaid
    from ticketgen.pictures.svg import svg

    path = require_spec(spec)
    drawn = drawing.draw_project(path, env)
    print_findings(drawn.findings, ReportFormat.TEXT, root=path.parent)
    if drawn.value is not None:
        draw = {_PictureFormat.SVG: svg, _PictureFormat.HTML: html, _PictureFormat.MERMAID: mermaid}[format]
        write_result(draw(drawn.value), output)
    exit_with_findings(drawn.findings)
