"""``ticketgen new``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.completion import complete_presets
from ticketgen.cli.displayed_paths import resolve_argument
from ticketgen.cli.output import exit_with_findings, print_findings
from ticketgen.cli.progress_line import progress
from ticketgen.cli.session import session
from ticketgen.escaping import as_shell_word
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.project.new import NewProject
    from ticketgen.project.questions import Question

__all__ = ["new"]


class _Ci(StrEnum):
    """The CI that a project gets a workflow for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


def new(
    project: Annotated[
        Path,
        typer.Argument(metavar="PROJECT", parser=resolve_argument,
                       help="The new folder; its name is the project's. `.` is the current one."),
    ],
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", autocompletion=complete_presets,
                     help="The preset to start from: ticketgen presets."),
    ] = None,
    ci: Annotated[_Ci | None, typer.Option("--ci", help="The CI to write a workflow for.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The project's name, if not the folder's.")
    ] = None,
    install_from: Annotated[
        str | None,
        typer.Option("--install-from", metavar="SOURCE",
                     help="The ticketgen that CI and developers install: a wheel, a URL of one with #sha256=…, "
                     "git+https://…@COMMIT, 'ticketgen==VERSION --hash=sha256:…', or a requirements file with hashes. "
                     "By default, the running ticketgen is packed into vendor/."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="TEMPLATE",
                     help="A cookiecutter template of your own: a folder, a zip archive or a git repository."),
    ] = None,
    checkout: Annotated[
        str | None,
        typer.Option("--checkout", metavar="REF", help="The branch, tag or commit of the template's repository."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="KEY=VALUE", help="A variable of the template. Repeatable."),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Run the template's hooks and extensions, which have all your rights, unasked."),
    ] = False,
    upgrade_workflow: Annotated[
        bool,
        typer.Option("--upgrade-workflow", help="Also write a scheduled workflow that opens a pull request when a "
                     "newer ticketgen is out."),
    ] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask, not even on a terminal.")] = False,
) -> None:  # fmt: skip
    """Make a project: spec, rendered stacks, README, CI pipeline and pre-commit hook.

    On a terminal, it asks for options that were not given; elsewhere it takes the defaults. The folder must be new, or
    hold nothing but the files of a new repository: .git, README, LICENSE and the like. If anything fails, nothing is
    left behind.

    A template's text is rendered in a sandbox, into the new folder only. Hooks and Jinja extensions are programs: new
    lists them and asks before it runs them; without a terminal, it refuses unless --trust is given.

    Examples:
      ticketgen new my-shop
      ticketgen new my-shop --preset small-venue --ci gitlab
      ticketgen new my-shop --install-from git+https://github.com/acme/ticketgen@1f0c5a2e9b3d4c6a7f8e9d0c1b2a3f4e5d6c7b8a
      ticketgen new my-shop --template gh:acme/ticketgen-template --answer team=sales
    """
    from ticketgen.project.new import new_project, trust_all, trust_none
    from ticketgen.project.questions import answer_with_default

    pairs = dict(pair.partition("=")[::2] for pair in answer or ())
    given = {"project": name, "preset": preset, "ci": ci and ci.value, **pairs}
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not no_input
    with progress() as shown:
        made = new_project(
            project,
            {key: value for key, value in given.items() if value is not None},
            template=template,
            checkout=checkout,
            install_from=install_from,
            base=session().base_folder,
            ask=_ask if asks else answer_with_default,
            upgrade_workflow=upgrade_workflow,
            trust=trust_all if trust else _ask_for_trust if asks else trust_none,
            progress=shown.step,
        )
    print_findings(made.findings, ReportFormat.TEXT)
    if made.value is not None:
        _print_result(made.value)
    exit_with_findings(made.findings)


def _ask(question: Question) -> str:
    if not question.choices:
        return str(typer.prompt(question.text, default=question.default, err=True))
    choices = ", ".join(question.choices)
    while True:
        answer = str(typer.prompt(f"{question.text} ({choices})", default=question.default, err=True))
        if answer in question.choices:
            return answer
        typer.echo(f"One of {choices}.", err=True)


def _ask_for_trust(code: tuple[str, ...]) -> bool:
    """Show the code of a template, and ask for consent."""
    typer.echo("The template runs code with all your rights:", err=True)
    for each in code:
        typer.echo(f"  {each}", err=True)
    return bool(typer.confirm("Run it?", default=False, err=True))


def _print_result(made: NewProject) -> None:
    for file in made.files:
        if not file.startswith(("stacks/", ".ticketgen/bases/")):
            typer.echo(f"{made.folder / file}")
    for each in made.environments:
        regions = f"{each.regions} Region{'s' if each.regions > 1 else ''}"
        scale = f"{each.purchases_per_minute:,} purchase{'s' if each.purchases_per_minute > 1 else ''}/min"
        typer.echo(f"{made.folder / each.folder}: {regions}, {scale}, {each.resources:,} resources")
    typer.echo("\nNext:")
    for command in _next_commands(made):
        typer.echo(f"  {command}")


def _next_commands(made: NewProject) -> Iterator[str]:
    """The next commands, ready to paste."""
    if made.folder.resolve() != Path.cwd():
        yield f"cd {as_shell_word(str(made.folder))}"
    if made.repository is None:
        yield "git init"
    yield "git add . && git commit -m 'Add the ticketgen project'"
    yield "ticketgen render                       # after each edit of ticketgen.yaml"
    first = made.environments[0]
    yield f"make -C {first.folder} plan"
