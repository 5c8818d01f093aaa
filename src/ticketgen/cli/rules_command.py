"""``ticketgen rules``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.complete import complete_rules
from ticketgen.cli.options import Format
from ticketgen.cli.output import emit, misused
from ticketgen.escaping import as_json

__all__ = ["rules"]


def rules(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="[RULE]",
            help="Explain this rule. Without one, all are listed.",
            autocompletion=complete_rules,
        ),
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="json is for programs.")] = Format.TEXT,
) -> None:
    """List the rules that `ticketgen validate` checks, or explain one.

    Examples:
      ticketgen rules
      ticketgen rules name-has-suffix
      ticketgen rules --format json
    """
    from dataclasses import asdict

    from ticketgen.cli.config import unknown_rule
    from ticketgen.rules.catalogue import CATALOGUE, LEVELS
    from ticketgen.rules.pages import page
    from ticketgen.rules.registry import RULES

    if rule:
        wrong = unknown_rule(rule)
        if wrong:
            misused(wrong)
    wanted = [CATALOGUE[rule]] if rule else list(CATALOGUE.values())
    if format is Format.JSON:
        emit(f"{as_json([asdict(info) for info in wanted])}\n")
    elif rule:
        typer.echo(page(wanted[0]), nl=False)
    else:
        width = max(map(len, CATALOGUE))
        groups = {"Rules": tuple(each.info for each in RULES), **LEVELS}
        for group, infos in groups.items():
            typer.echo(f"{group}:")
            for info in infos:
                typer.echo(f"  {info.id:{width}}  {info.severity.value:7}  {info.summary}")
