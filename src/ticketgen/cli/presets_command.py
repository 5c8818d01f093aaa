"""``ticketgen presets``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.completion import complete_presets
from ticketgen.cli.options import Format
from ticketgen.cli.output import exit_with_usage_error, unknown, write_result
from ticketgen.escaping import as_json

__all__ = ["presets"]


def presets(
    preset: Annotated[
        str,
        typer.Argument(
            metavar="[PRESET]",
            help="Print this preset, as YAML. Without one, all are listed.",
            autocompletion=complete_presets,
        ),
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="json is for programs.")] = Format.TEXT,
) -> None:
    """List the presets that a spec may extend, or print one.

    Examples:
      ticketgen presets
      ticketgen presets flash-sale
    """
    from ticketgen.spec import presets as known

    found = known.presets()
    if preset and preset not in found:
        exit_with_usage_error(unknown("preset", preset, found, f"There are {', '.join(found)}."))
    chosen = [found[preset]] if preset else list(found.values())
    if format is Format.JSON:
        write_result(f"{as_json([{'name': each.name, 'summary': each.summary} for each in chosen])}\n")
    elif preset:
        typer.echo(found[preset].path.read_text(encoding="utf-8"), nl=False)
    else:
        width = max(map(len, found))
        for each in chosen:
            typer.echo(f"{each.name:<{width}}  {each.summary}")
