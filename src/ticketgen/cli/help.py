"""Help that teaches: commands in the order in which one meets them, whole sentences, examples as they were written.

A command's module is imported when the command is run or explained: the list of commands costs no more than typer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["FIRST_STEPS", "SECTIONS", "CommandGroup", "Entry"]


@dataclass(frozen=True)
class Entry:
    """A command in the list.

    Attributes:
        place: of its function, ``module:function`` below this package.
        summary: the first sentence of the function's docstring; a test compares them.
    """

    place: str
    summary: str


SECTIONS: Mapping[str, Mapping[str, Entry]] = MappingProxyType({
    "A project": {
        "new": Entry("new_command:new", "Make a project: spec, rendered stacks, README, CI workflow and pre-commit "
                     "hook"),
        "render": Entry("render_command:render", "Render, verify and write the stacks of a spec, each environment to "
                        "stacks/NAME"),
        "add-region": Entry("region_commands:add_region", "Add a Region to the spec, for all environments or some, "
                            "and render them"),
        "remove-region": Entry("region_commands:remove_region", "Remove a Region from the spec, for all environments "
                               "or some, and render them"),
        "eject": Entry("eject_command:eject", "Take a template over into the project, where it can be changed and wins "
                       "over ticketgen's own"),
    },
    "Before the sale": {
        "validate": Entry("validate_command:validate", "Verify a directory of Terraform, rendered by ticketgen or not, "
                          "offline"),
        "size": Entry("size_command:size", "Say how big the stacks are, which quotas they meet and what is billed, "
                      "each figure with its formula"),
        "show": Entry("show_command:show", "Draw an environment's stack, from the Terraform that `render` renders: "
                      "Regions, ways, replicas and flows"),
        "rehearse": Entry("rehearse_command:rehearse", "Apply an environment to an emulated AWS on this machine, and "
                          "hold a sale on it"),
    },
    "To look things up": {
        "list": Entry("list_command:list_environments", "List the environments of a spec: their Regions and their "
                      "folders"),
        "presets": Entry("presets_command:presets", "List the presets that a spec may extend"),
        "rules": Entry("rules_command:rules", "List what `ticketgen validate` finds: every rule, with what must hold, "
                       "or all about one of them"),
        "schema": Entry("schema_command:schema", "Print the JSON Schema of ticketgen.yaml, for editors"),
        "doctor": Entry("doctor_command:doctor", "Check this machine for what a project needs"),
    },
})  # fmt: skip
"""The commands by what one is about to do."""

FIRST_STEPS = """\b
First steps:
  ticketgen new my-shop              # a project: spec, stacks, CI, README
  cd my-shop && $EDITOR ticketgen.yaml
  ticketgen render                   # verified, then written
  cd stacks/dev && terraform init && terraform plan

Exit codes: 0 fine, 1 findings or drift, 2 wrong usage, 3 invalid spec, 4 would overwrite a hand edit, 70 a bug of ours.
"""

_COMMANDS = {name: entry for entries in SECTIONS.values() for name, entry in entries.items()}


class CommandGroup(TyperGroup):
    """The commands of ticketgen, and how they are explained.

    Contexts, commands and formatters are click's, which newer versions of typer carry in a place of their own.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; its examples are not wrapped as if they were prose."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module, _, function = entry.place.partition(":")
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(cmd_name)(getattr(import_module(f"ticketgen.cli.{module}"), function))
        command = typer.main.get_command(alone)
        command.help = (command.help or "").replace("\n\nExamples:\n", "\n\n\b\nExamples:\n")
        return command

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of the sections."""
        return [*_COMMANDS, *(name for name in super().list_commands(ctx) if name not in _COMMANDS)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, section by section, each with its first sentence."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.summary) for name, entry in entries.items()])
        others = [name for name in super().list_commands(ctx) if name not in _COMMANDS]
        if others:
            with formatter.section("More"):
                formatter.write_dl(
                    [(name, self.get_command(ctx, name).get_short_help_str(100)) for name in others]
                )
