"""``ticketgen rules``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Format

__all__ = ["rules"]


def rules(
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help="Say all there is to say of one.")] = "",
    format: Annotated[Format, typer.Option("--format", help="How they are printed.")] = Format.TEXT,
) -> None:
    """List what `ticketgen validate` finds: every rule, with what must hold, or all about one of them.

    Examples:
      ticketgen rules
      ticketgen rules name-has-suffix
      ticketgen rules --format json
    """
    import json
    from dataclasses import asdict
    from difflib import get_close_matches

    from ticketgen.rules.catalogue import CATALOGUE, LEVELS
    from ticketgen.rules.pages import page
    from ticketgen.rules.registry import RULES

    if rule and rule not in CATALOGUE:
        close = get_close_matches(rule, CATALOGUE, 1)
        typer.echo(f"There is no rule {rule!r}." + (f" Did you mean {close[0]}?" if close else ""), err=True)
        raise typer.Exit(ExitCode.USAGE)
    wanted = [CATALOGUE[rule]] if rule else list(CATALOGUE.values())
    if format is Format.JSON:
        typer.echo(json.dumps([asdict(info) for info in wanted], indent=2))
    elif rule:
        typer.echo(page(wanted[0]), nl=False)
    else:
        width = max(map(len, CATALOGUE))
        groups = {"Rules": tuple(each.info for each in RULES), **LEVELS}
        for group, infos in groups.items():
            typer.echo(f"{group}:")
            for info in infos:
                typer.echo(f"  {info.id:{width}}  {info.severity.value:7}  {info.summary}")
