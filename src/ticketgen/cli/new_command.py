"""``ticketgen new``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.complete import complete_presets
from ticketgen.cli.options import ReportFormat
from ticketgen.cli.output import finish, show_findings
from ticketgen.cli.paths import here
from ticketgen.cli.progress import progress

if TYPE_CHECKING:
    from ticketgen.project.new import NewProject, Question

__all__ = ["new"]


class Ci(StrEnum):
    """Whose workflow a project gets."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


def new(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", parser=here,
                                            help="The new folder; its name is the project's.")],
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="NAME", autocompletion=complete_presets,
                                 help="The preset it starts from: ticketgen presets.")
    ] = None,
    ci: Annotated[Ci | None, typer.Option("--ci", help="The CI workflow it gets.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The project's name, if it is not the folder's.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="TEMPLATE",
                     help="A cookiecutter template of your own: a folder, an archive or a repository."),
    ] = None,
    checkout: Annotated[
        str | None,
        typer.Option("--checkout", metavar="REF", help="The branch, tag or commit of the template's repository."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="KEY=VALUE", help="A variable of the template; may be given several times."),
    ] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing, also in a terminal.")] = False,
) -> None:  # fmt: skip
    """Make a project: spec, rendered stacks, README, CI workflow, pre-commit hook, all ready for git.

    What is not given is asked for in a terminal; elsewhere the default is taken. The folder must be new or empty, and
    when anything fails, nothing is left behind.

    Examples:
      ticketgen new my-shop
      ticketgen new my-shop --preset small-venue --ci gitlab
      ticketgen new my-shop --template gh:acme/ticketgen-template --answer team=sales
    """
    from ticketgen.project.new import defaults, new_project

    pairs = dict(pair.partition("=")[::2] for pair in answer or ())
    given = {"project": name, "preset": preset, "ci": ci and ci.value, **pairs}
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not no_input
    with progress() as shown:
        made = new_project(
            project,
            {key: value for key, value in given.items() if value is not None},
            template=template,
            checkout=checkout,
            ask=_ask if asks else defaults,
            progress=shown.step,
        )
    show_findings(made.findings, ReportFormat.TEXT)
    if made.value is not None:
        _tell(made.value)
    finish(made.findings)


def _ask(question: Question) -> str:
    if not question.choices:
        return str(typer.prompt(question.text, default=question.default, err=True))
    choices = ", ".join(question.choices)
    while True:
        said = str(typer.prompt(f"{question.text} ({choices})", default=question.default, err=True))
        if said in question.choices:
            return said
        typer.echo(f"One of {choices}.", err=True)


def _tell(made: NewProject) -> None:
    for file in made.files:
        if not file.startswith("stacks/"):
            typer.echo(f"{made.folder / file}")
    for folder in sorted({change.folder for change in made.changes.files}):
        count = sum(file.startswith(f"{folder}/") for file in made.files)
        typer.echo(f"{made.folder / folder}: verified, {count} files")
    typer.echo(
        f"\nNext: cd {made.folder} && git init && git add . && git commit -m 'A new project'"
        "\n      Then edit ticketgen.yaml, and run ticketgen render"
    )
