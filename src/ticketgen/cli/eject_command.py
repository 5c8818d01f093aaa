"""``ticketgen eject``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.complete import complete_templates
from ticketgen.cli.diffs import show_diff
from ticketgen.cli.options import Spec
from ticketgen.cli.output import finish, misused, show_findings
from ticketgen.cli.paths import seen
from ticketgen.cli.session import say
from ticketgen.cli.spec_file import the_spec
from ticketgen.reports import ReportFormat

__all__ = ["eject"]


def eject(
    template: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEMPLATE]",
            help="A template, such as stack/tables.tf.j2. Without one, all are listed.",
            autocompletion=complete_templates,
        ),
    ] = None,
    spec: Spec = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show how the project's template differs from ticketgen's own.")
    ] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Keep the project's template after ticketgen's own has changed."),
    ] = False,
) -> None:
    """Copy a template into the project, where you can change it and it replaces ticketgen's own.

    The copy goes to templates/ beside the spec. When ticketgen's own template changes, `ticketgen render --check`
    warns. Delete the copy to use ticketgen's own again.

    Examples:
      ticketgen eject
      ticketgen eject stack/tables.tf.j2
      ticketgen eject stack/tables.tf.j2 --diff
      ticketgen eject stack/tables.tf.j2 --accept
    """
    from ticketgen.project import eject as ejecting

    if diff and accept:
        misused("--diff and --accept exclude each other.")
    if template is None:
        if diff or accept:
            misused(f"{'--diff' if diff else '--accept'} needs a template, such as stack/tables.tf.j2.")
        typer.echo("\n".join(ejecting.ejectable()))
        return
    root = the_spec(spec).parent
    if diff:
        shown = ejecting.difference(root, template)
        show_diff(shown.value or "", root)
        show_findings(shown.findings, ReportFormat.TEXT, root=root)
        finish(shown.findings)
    done = ejecting.accept(root, template) if accept else ejecting.eject(root, template)
    show_findings(done.findings, ReportFormat.TEXT, root=root)
    if done.value is not None:
        now = "accepted" if accept else "copied; edit it, then run `ticketgen render`"
        say(f"{seen(done.value)}: {now}")
    finish(done.findings)
