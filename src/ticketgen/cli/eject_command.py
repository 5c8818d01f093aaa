"""``ticketgen eject``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.options import ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings
from ticketgen.cli.summary import placed

__all__ = ["eject"]


def eject(
    template: Annotated[
        str | None,
        typer.Argument(metavar="[TEMPLATE]", help="Such as stack/tables.tf.j2; else all are listed."),
    ] = None,
    spec: Spec = Path("ticketgen.yaml"),
    diff: Annotated[
        bool, typer.Option("--diff", help="Show how the project's template differs from ticketgen's own.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Keep the project's template beside ticketgen's own of today.")
    ] = False,
) -> None:
    """Take a template over into the project, where it can be changed and wins over ticketgen's own.

    It is copied to templates/ beside the spec. When a newer ticketgen has another one, `ticketgen render --check` says
    so. To have ticketgen's own again, delete the file.

    Examples:
      ticketgen eject
      ticketgen eject stack/tables.tf.j2
      ticketgen eject stack/tables.tf.j2 --diff
      ticketgen eject stack/tables.tf.j2 --accept
    """
    from ticketgen.project import eject as ejecting

    root = spec.parent
    if template is None:
        typer.echo("\n".join(ejecting.ejectable()))
        return
    if diff:
        shown = ejecting.difference(root, template)
        typer.echo(shown.value or "", nl=False)
        show_findings(placed(shown.findings, root), ReportFormat.TEXT)
        finish(shown.findings)
    done = ejecting.accept(root, template) if accept else ejecting.eject(root, template)
    show_findings(placed(done.findings, root), ReportFormat.TEXT)
    if done.value is not None:
        typer.echo(
            f"{done.value}: {'accepted' if accept else 'yours now; edit it, then run ticketgen render'}"
        )
    finish(done.findings)
