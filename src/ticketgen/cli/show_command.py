"""``ticketgen show``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ticketgen.cli.complete import complete_environments
from ticketgen.cli.options import Output, Spec
from ticketgen.cli.output import emit, finish, show_findings
from ticketgen.cli.spec_file import the_spec
from ticketgen.reports import ReportFormat

__all__ = ["show"]


class PictureFormat(StrEnum):
    """What a stack is drawn as."""

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
        PictureFormat, typer.Option("--format", help="html also lists the references behind each line.")
    ] = PictureFormat.SVG,
    output: Output = None,
) -> None:
    """Draw an environment's stack from its Terraform: Regions, connections, replicas and flows.

    Every line in the picture is a reference in the Terraform. The picture loads no script or font, and follows the
    reader's light or dark theme.

    Examples:
      ticketgen show --output stack.svg
      ticketgen show --env prod --format html --output stack.html
      ticketgen show --format mermaid
    """
    from ticketgen import pipeline
    from ticketgen.pictures.html import html
    from ticketgen.pictures.mermaid import mermaid
    from ticketgen.pictures.svg import svg

    path = the_spec(spec)
    drawn = pipeline.draw_project(path, env)
    show_findings(drawn.findings, ReportFormat.TEXT, root=path.parent)
    if drawn.value is not None:
        draw = {PictureFormat.SVG: svg, PictureFormat.HTML: html, PictureFormat.MERMAID: mermaid}[format]
        emit(draw(drawn.value), output)
    finish(drawn.findings)
