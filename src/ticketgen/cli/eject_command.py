"""``ticketgen eject``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.completion import complete_templates
from ticketgen.cli.diff_output import print_diff
from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import Spec
from ticketgen.cli.output import exit_with_findings, exit_with_usage_error, print_findings
from ticketgen.cli.session import print_info
from ticketgen.cli.spec_file import require_spec
from ticketgen.reports import ReportFormat

__all__ = ["eject"]


def eject(
    template: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEMPLATE]",
            help="A template, such as stack/modules/data/tables.tf.j2. Without one, all are listed.",
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
      ticketgen eject stack/modules/data/tables.tf.j2
      ticketgen eject stack/modules/data/tables.tf.j2 --diff
      ticketgen eject stack/modules/data/tables.tf.j2 --accept
    """
    from ticketgen.project import eject as ejecting

    if diff and accept:
        exit_with_usage_error("--diff and --accept exclude each other.")
    if template is None:
        if diff or accept:
            exit_with_usage_error(
                f"{'--diff' if diff else '--accept'} needs a template, such as stack/modules/data/tables.tf.j2."
            )
        typer.echo("\n".join(ejecting.ejectable_templates()))
        return
    root = require_spec(spec).parent
    if diff:
        shown = ejecting.diff_to_original(root, template)
        print_diff(shown.value or "", root)
        print_findings(shown.findings, ReportFormat.TEXT, root=root)
        exit_with_findings(shown.findings)
    done = ejecting.accept_original(root, template) if accept else ejecting.eject(root, template)
    print_findings(done.findings, ReportFormat.TEXT, root=root)
    if done.value is not None:
        now = "accepted" if accept else "copied; edit it, then run `ticketgen render`"
        print_info(f"{display_path(done.value)}: {now}")
    exit_with_findings(done.findings)
