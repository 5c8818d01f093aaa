"""Help in whole sentences, with commands in the order in which users need them.

A command's module is imported when the command is run or explained: the list of commands costs no more than typer.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_params_convertors_ctx_param_name_from_function as params_of

from ticketgen.cli.session import Color, reset, set_option
from ticketgen.cli.streams import escape_streams

__all__ = ["COMMANDS", "SECTIONS", "Command", "CommandGroup", "epilog", "system_error_text"]


@dataclass(frozen=True)
class Command:
    """A command in the list.

    Attributes:
        metavar_place: of its function, ``module:function`` below this package.
        summary: the first sentence of the function's docstring; a test compares them.
    """

    metavar_place: str
    summary: str


SECTIONS: Mapping[str, Mapping[str, Command]] = MappingProxyType({
    "Build a project": {
        "new": Command("new_command:new", "Make a project: spec, rendered stacks, README, CI pipeline and pre-commit "
                       "hook"),
        "import": Command("import_command:import_stack", "Read a Terraform stack that ticketgen did not render, and "
                          "draft a spec that comes close to it"),
        "render": Command("render_command:render", "Render, verify and write the stacks of a spec, each environment to "
                          "stacks/NAME"),
        "add-region": Command("region_commands:add_region", "Add a Region to the spec for all or some environments, "
                              "and render them"),
        "remove-region": Command("region_commands:remove_region", "Retire and then remove a Region in all or some "
                                 "environments, and render them"),
        "plan-check": Command("plan_check_command:plan_check", "Check saved Terraform plans for resources that hold "
                              "data and would be replaced or destroyed"),
        "migrate": Command("migrate_command:migrate", "Write a script that moves a stack's state from its single root "
                           "module to one for each Region"),
        "eject": Command("eject_command:eject", "Copy a template into the project, where you can change it and it "
                         "replaces ticketgen's own"),
        "keep": Command("keep_command:keep", "Keep hand edits of rendered files, or their deletion, as patches that "
                        "each render applies"),
        "upgrade": Command("upgrade_command:upgrade", "Look for a newer ticketgen where the project's pin points, say "
                           "why it renders differently, and pin it"),
    },
    "Prepare an on-sale": {
        "validate": Command("validate_command:validate", "Verify directories of Terraform, rendered by ticketgen or not"
                            ", offline"),
        "lsp": Command("lsp_command:lsp", "Serve an editor: findings, fixes, explanations and definitions in Terraform "
                       "and in the spec"),
        "size": Command("size_command:size", "Print the capacity of the stacks, the quotas they need and what a "
                        "season costs, each with its formula"),
        "show": Command("show_command:show", "Draw an environment's stack from its Terraform: Regions, connections, "
                        "replicas and flows"),
        "rehearse": Command("rehearse_command:rehearse", "Apply an environment to an emulated AWS on this machine, and "
                            "run a sale on it"),
        "check-history": Command("check_history_command:check_history", "Judge the history of a sale: no seat sold"
                                 " twice, no answer taken back, no charge without a seat"),
    },
    "Look things up": {
        "list": Command("list_command:list_environments", "List the environments of a spec, and the root modules "
                        "of their stacks in the order in which they are applied"),
        "presets": Command("presets_command:presets", "List the presets that a spec may extend, or print one"),
        "rules": Command("rules_command:rules", "List the rules that `ticketgen validate` checks, or explain one"),
        "schema": Command("schema_command:schema", "Print the JSON Schema of ticketgen.yaml, for editors"),
        "doctor": Command("doctor_command:doctor", "Check this machine for what a project needs"),
        "help": Command("help_command:help_on", "Explain a topic, a command or a finding"),
    },
})  # fmt: skip
"""The commands by what their user wants to do."""

COMMANDS: Mapping[str, Command] = {
    name: entry for entries in SECTIONS.values() for name, entry in entries.items()
}

_MAX_NAME = 300  # characters of a path in a message

_EPILOG = """\b
First steps:
  ticketgen new my-shop              # a project: spec, stacks, CI, README
  cd my-shop && $EDITOR ticketgen.yaml
  ticketgen render                   # verified, then written
  make -C stacks/dev plan

Exit codes: {codes}.

`ticketgen help TOPIC` explains spec, sizing, exit-codes, environment and more.
"""


def epilog() -> str:
    """The first steps and the exit codes, for the end of ``--help``."""
    from ticketgen.cli.exit_codes import summary

    return _EPILOG.format(codes=summary())


def _common_options(
    directory: Annotated[
        list[str] | None,
        typer.Option("-C", metavar="DIR", help="Run as if started in this directory."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors and results only.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print steps, times, and which files and caches are used.")
    ] = False,
    color: Annotated[
        Color | None, typer.Option("--color", help="When to colour output.  [default: auto]")
    ] = None,
) -> None:
    """The options of every command, accepted before and after it."""


def _common_params(*, hidden: bool) -> list[Any]:
    """Add the common options to a command, which accepts but does not explain them."""
    params = params_of(_common_options)[0]
    for param in params:
        param.callback = lambda ctx, param, value: set_option(param.name, value)
        param.expose_value = False
        param.is_eager = True
        param.hidden = hidden
    return list(params)


class CommandGroup(TyperGroup):
    """The commands of ticketgen, and their help.

    Contexts, commands and formatters are those of click, which newer versions of typer include.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.params = [*_common_params(hidden=False), *self.params]

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """Begin a run, without the options of an earlier one in this process."""
        reset()
        escape_streams()
        return super().make_context(*args, **settings)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; its examples are not wrapped like prose."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module, _, function = entry.metavar_place.partition(":")
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(cmd_name)(getattr(import_module(f"ticketgen.cli.{module}"), function))
        command = typer.main.get_command(alone)
        command.help = (command.help or "").replace("\n\nExamples:\n", "\n\n\b\nExamples:\n")
        command.epilog = (
            "-C DIR, --quiet, --verbose and --color are options of every command: ticketgen --help."
        )
        command.params = [*command.params, *_common_params(hidden=True)]
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of these arguments; an error names the most similar command."""
        if args and not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in COMMANDS:
            from ticketgen.cli.output import unknown

            ctx.fail(unknown("command", args[0], COMMANDS, f"The commands are {', '.join(COMMANDS)}."))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; system errors and an end at a prompt have their own exit codes."""
        try:
            return super().invoke(ctx)
        except (typer.Abort, KeyboardInterrupt) as error:
            from ticketgen.cli.exit_codes import ExitCode

            typer.echo("Interrupted.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            from ticketgen.cli.exit_codes import exit_code_of

            typer.echo(f"Error: {system_error_text(error)}", err=True)
            raise typer.Exit(exit_code_of(error)) from error

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of the sections."""
        return [*COMMANDS, *(name for name in super().list_commands(ctx) if name not in COMMANDS)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, section by section, each with its first sentence."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.summary) for name, entry in entries.items()])


def system_error_text(error: OSError) -> str:
    """The operation that the operating system refused, for people."""
    from pathlib import Path

    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)[:_MAX_NAME]}: {reason}."
    try:
        Path.cwd()
    except OSError:
        return "the current folder no longer exists. Change to another folder."
    return f"{reason}."
