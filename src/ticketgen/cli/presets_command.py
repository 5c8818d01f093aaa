"""``ticketgen presets``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ticketgen.cli.options import Format

__all__ = ["presets"]


def presets(
    format: Annotated[Format, typer.Option("--format", help="json for machines.")] = Format.TEXT,
) -> None:
    """List the presets that a spec may extend.

    Examples:
      ticketgen presets
    """
    from ticketgen.spec import presets as known

    found = tuple(known.presets().values())
    if format is Format.JSON:
        typer.echo(
            json.dumps([{"name": preset.name, "summary": preset.summary} for preset in found], indent=2)
        )
        return
    width = max(len(preset.name) for preset in found)
    for preset in found:
        typer.echo(f"{preset.name:<{width}}  {preset.summary}")
