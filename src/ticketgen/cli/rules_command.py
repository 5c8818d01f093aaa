"""``ticketgen rules``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.completion import complete_findings
from ticketgen.cli.options import Format
from ticketgen.cli.output import exit_with_usage_error, unknown, write_result
from ticketgen.escaping import as_json

__all__ = ["rules"]

_KEYS = ("id", "severity", "summary", "why", "fix", "sources")


def rules(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="[RULE]",
            help="Explain this rule, or this finding of any command. Without one, all rules are listed.",
            autocompletion=complete_findings,
        ),
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="json is for programs.")] = Format.TEXT,
) -> None:
    """List the rules that `ticketgen validate` checks, or explain one.

    Any other finding that a command reports is explained, too: name the id that stands in brackets after its message.

    Examples:
      ticketgen rules
      ticketgen rules name-has-suffix
      ticketgen rules hand-edited
      ticketgen rules --format json
    """
    from ticketgen.finding_kinds import KINDS
    from ticketgen.findings.verification import LEVELS
    from ticketgen.rules.catalogue import CATALOGUE
    from ticketgen.rules.registry import RULES
    from ticketgen.rules.rule_pages import page

    if rule and rule not in KINDS:
        exit_with_usage_error(unknown("rule", rule, KINDS, "Run `ticketgen rules` for a list."))
    chosen = [KINDS[rule]] if rule else list(CATALOGUE.values())
    if format is Format.JSON:
        write_result(f"{as_json([{key: getattr(kind, key) for key in _KEYS} for kind in chosen])}\n")
    elif rule:
        typer.echo(page(chosen[0]), nl=False)
    else:
        width = max(map(len, CATALOGUE))
        for group, kinds in {"Rules": RULES, **LEVELS}.items():
            typer.echo(f"{group}:")
            for kind in kinds:
                typer.echo(f"  {kind.id:{width}}  {kind.severity.value:7}  {kind.summary}")
