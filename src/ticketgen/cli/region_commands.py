"""``ticketgen add-region`` and ``ticketgen remove-region``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.complete import complete_regions, complete_spec_regions
from ticketgen.cli.diffs import plain_diff, show_diff
from ticketgen.cli.options import Environments, ReportFormatOption, Spec
from ticketgen.cli.output import emit, finish, show_findings
from ticketgen.cli.paths import seen
from ticketgen.cli.progress import progress
from ticketgen.cli.session import say
from ticketgen.cli.spec_file import the_spec
from ticketgen.cli.summary import next_step, summarise, told
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from ticketgen.findings import Checked
    from ticketgen.project.regions import RegionChange
    from ticketgen.spec.edits import Edit
    from ticketgen.spec.load import SpecDocument

__all__ = ["add_region", "remove_region"]

_HELP = "The Region's code, such as eu-west-2."
_Force = Annotated[bool, typer.Option("--force", help="Overwrite rendered files that were edited by hand.")]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Write nothing; show how the spec and the stacks would change.")
]


def add_region(
    region: Annotated[str, typer.Argument(metavar="REGION", help=_HELP, autocompletion=complete_regions)],
    spec: Spec = None,
    env: Environments = None,
    opted_in: Annotated[
        bool,
        typer.Option("--opted-in", help="Confirm that the AWS account has enabled this opt-in Region."),
    ] = False,
    secondary: Annotated[
        bool,
        typer.Option(
            "--secondary", help="Make it the secondary Region of environments that have a single Region."
        ),
    ] = False,
    dry_run: _DryRun = False,
    force: _Force = False,
    format: ReportFormatOption = ReportFormat.TEXT,
) -> None:
    """Add a Region to the spec, for all environments or some, and render them.

    Edits the list of Regions and keeps the spec's comments, order and layout. Spec and stacks change together or not
    at all. Requirements of the account (quotas, an opt-in) are reported before anything is written.

    Examples:
      ticketgen add-region eu-west-2
      ticketgen add-region eu-west-2 --env prod --dry-run
      ticketgen add-region af-south-1 --opted-in
      ticketgen add-region us-west-2 --secondary
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.add_region(document, region, env or (), opted_in=opted_in, secondary=secondary)

    path = the_spec(spec, format)
    _change(path, edit, f"{region} added to", f"{region} is already in", dry_run, force, format)


def remove_region(
    region: Annotated[
        str, typer.Argument(metavar="REGION", help=_HELP, autocompletion=complete_spec_regions)
    ],
    spec: Spec = None,
    env: Environments = None,
    dry_run: _DryRun = False,
    force: _Force = False,
    format: ReportFormatOption = ReportFormat.TEXT,
) -> None:
    """Remove a Region from the spec, for all environments or some, and render them.

    Reports what the next `terraform apply` destroys and what to do before it. The primary and the secondary Region
    of an environment cannot be removed: give another Region that role first.

    Examples:
      ticketgen remove-region eu-west-2 --dry-run
      ticketgen remove-region eu-west-2 --env staging --env prod
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.remove_region(document, region, env or ())

    path = the_spec(spec, format)
    _change(path, edit, f"{region} removed from", f"{region} is not in", dry_run, force, format)


def _change(
    spec: Path,
    edit: Callable[[SpecDocument], Checked[Edit]],
    done: str,
    nothing: str,
    dry_run: bool,
    force: bool,
    format: ReportFormat,
) -> None:
    from ticketgen.project.regions import change_regions

    with progress() as shown:
        changed = change_regions(spec, edit, force=force, dry_run=dry_run, progress=shown.step)
    if format is ReportFormat.JSON:
        emit(f"{as_json(_document(changed, spec.parent, dry_run))}\n")
        finish(changed.findings)
    show_findings(changed.findings, format, root=spec.parent)
    if changed.value is not None and format is ReportFormat.TEXT:
        _tell(changed.value, spec, done, nothing, dry_run)
    finish(changed.findings)


def _tell(change: RegionChange, spec: Path, done: str, nothing: str, dry_run: bool) -> None:
    if change.edit.unchanged:
        say(f"{nothing} {', '.join(change.edit.unchanged)}: nothing to do there")
    if change.changes is None:
        return
    would = "would be " if dry_run else ""
    say(f"{seen(spec)}: {done.replace(' ', f' {would}', 1)} {', '.join(change.edit.changed)}")
    show_diff(change.difference, spec.parent)
    summarise(change.changes, spec.parent, would=dry_run)
    if not dry_run:
        next_step(change.changes, spec.parent, change.edit.project)


def _document(changed: Checked[RegionChange], root: Path, dry_run: bool) -> dict[str, object]:
    change = changed.value
    return {
        **told(changed.findings, change.changes if change else None, root),
        "written": change is not None and change.changes is not None and not dry_run,
        "changed": list(change.edit.changed) if change else [],
        "unchanged": list(change.edit.unchanged) if change else [],
        "difference": plain_diff(change.difference, root) if change else "",
    }
