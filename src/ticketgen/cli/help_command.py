"""``ticketgen help``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.completion import complete_topics
from ticketgen.cli.output import exit_with_usage_error, unknown

__all__ = ["help_on"]


def help_on(
    ctx: typer.Context,
    topic: Annotated[
        str,
        typer.Argument(
            metavar="[TOPIC]",
            help="A topic, a command, or the id of a finding. Without one, all topics are listed.",
            autocompletion=complete_topics,
        ),
    ] = "",
) -> None:
    """Explain a topic, a command or a finding.

    The texts are those of the documentation, and need no network.

    Examples:
      ticketgen help
      ticketgen help exit-codes
      ticketgen help render
      ticketgen help hand-edited
    """
    from ticketgen.cli.help import COMMANDS
    from ticketgen.cli.topics import topic_text, topics

    known = topics()
    if not topic:
        width = max(map(len, known))
        typer.echo("Topics:")
        for name, title in known.items():
            typer.echo(f"  {name:<{width}}  {title}")
        typer.echo(f"\nCommands:\n  {', '.join(COMMANDS)}")
        typer.echo("\nRun `ticketgen help TOPIC`, with a topic, a command, or the id of a finding.")
        return
    name = topic.casefold().removesuffix(".md").replace(" ", "-").replace("_", "-")
    parts = []
    if name in COMMANDS:
        parts.append(_command_help(ctx, name))
    if name in known:
        parts.append(topic_text(name))
    parts = parts or _of_finding(name)
    if not parts:
        from ticketgen.finding_kinds import KINDS

        exit_with_usage_error(
            unknown("topic", topic, [*known, *COMMANDS, *KINDS], "Run `ticketgen help` for a list.")
        )
    typer.echo("\n".join(parts), nl=False)


def _command_help(ctx: typer.Context, name: str) -> str:
    parent = ctx.parent
    assert parent is not None
    command = parent.command.get_command(parent, name)  # type: ignore[attr-defined]
    with type(ctx)(command, info_name=name, parent=parent) as inner:
        return f"{command.get_help(inner)}\n"


def _of_finding(name: str) -> list[str]:
    from ticketgen.finding_kinds import KINDS
    from ticketgen.rules.rule_pages import page

    return [page(KINDS[name])] if name in KINDS else []
