"""``ticketgen show``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.options import ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings

__all__ = ["show"]


class PictureFormat(StrEnum):
    """What a stack is drawn as."""

    SVG = "svg"
    HTML = "html"
    MERMAID = "mermaid"


def show(
    spec: Spec = Path("ticketgen.yaml"),
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment; if left out, the one with protect: true, or the last.",
        ),
    ] = None,
    format: Annotated[
        PictureFormat, typer.Option("--format", help="html has the references behind the lines, too.")
    ] = PictureFormat.SVG,
) -> None:
    """Draw an environment's stack, from the Terraform that `render` renders: Regions, ways, replicas and flows.

    Every line has a reference of the Terraform behind it. The picture needs no script or font from elsewhere, and is
    light or dark as its reader has it. Nothing is written.

    Examples:
      ticketgen show > stack.svg
      ticketgen show --env prod --format html > stack.html
      ticketgen show --format mermaid
    """
    from ticketgen import pipeline
    from ticketgen.pictures.html import html
    from ticketgen.pictures.mermaid import mermaid
    from ticketgen.pictures.svg import svg

    drawn = pipeline.draw_project(spec, env)
    show_findings(drawn.findings, ReportFormat.TEXT)
    if drawn.value is not None:
        draw = {PictureFormat.SVG: svg, PictureFormat.HTML: html, PictureFormat.MERMAID: mermaid}[format]
        typer.echo(draw(drawn.value), nl=False)
    finish(drawn.findings)
