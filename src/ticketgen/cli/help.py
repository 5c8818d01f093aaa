"""Help that teaches: commands in the order in which one meets them, whole sentences, examples as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from typer.core import TyperGroup

__all__ = ["FIRST_STEPS", "CommandGroup"]

SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "A project": ("new", "render", "add-region", "remove-region", "eject"),
    "Before the sale": ("validate", "size", "show", "rehearse"),
    "To look things up": ("list", "presets", "rules", "schema", "doctor"),
})  # fmt: skip
"""The commands by what one is about to do; one that is not here comes last."""

FIRST_STEPS = """\b
First steps:
  ticketgen new my-shop              # a project: spec, stacks, CI, README
  cd my-shop && $EDITOR ticketgen.yaml
  ticketgen render                   # verified, then written
  cd stacks/dev && terraform init && terraform plan

Exit codes: 0 fine, 1 findings or drift, 2 wrong usage, 3 invalid spec, 4 would overwrite a hand edit, 70 a bug of ours.
"""


class CommandGroup(TyperGroup):
    """The commands of ticketgen, and how they are explained.

    Contexts, commands and formatters are click's, which newer versions of typer carry in a place of their own.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; its examples are not wrapped as if they were prose."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and command.help:
            command.help = command.help.replace("\n\nExamples:\n", "\n\n\b\nExamples:\n")
        return command

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of the sections."""
        known = super().list_commands(ctx)
        listed = [name for names in SECTIONS.values() for name in names if name in known]
        return [*listed, *(name for name in known if name not in listed)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, section by section, each with its first sentence."""
        for title, names in self._sections(ctx):
            rows = [(name, _first_sentence(self.get_command(ctx, name))) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)

    def _sections(self, ctx: Any) -> Iterator[tuple[str, list[str]]]:
        left = self.list_commands(ctx)
        for title, names in SECTIONS.items():
            there = [name for name in names if name in left]
            left = [name for name in left if name not in there]
            if there:
                yield title, there
        if left:
            yield "More", left


def _first_sentence(command: Any) -> str:
    text = " ".join(((command and command.help) or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".")
