"""``ticketgen add-region`` and ``ticketgen remove-region``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.completion import complete_regions, complete_spec_regions
from ticketgen.cli.diff_output import plain_diff, print_diff
from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import Accept, Destroyed, Environments, ReportFormatOption, Spec
from ticketgen.cli.output import exit_with_findings
from ticketgen.cli.plan_output import print_plans, report_with_plans
from ticketgen.cli.progress_line import progress
from ticketgen.cli.session import print_info
from ticketgen.cli.spec_file import require_spec
from ticketgen.cli.summary import changes_report, print_next_steps, print_summary
from ticketgen.findings import has_errors
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ticketgen.findings import Checked
    from ticketgen.project.region_changes import RegionChange
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
    accept: Accept = None,
    format: ReportFormatOption = ReportFormat.TEXT,
) -> None:
    """Add a Region to the spec for all or some environments, and render them.

    The spec keeps its comments, order and layout. Spec and stacks change together or not at all. Requirements of the
    account (quotas, an opt-in) are reported before anything is written.

    Examples:
      ticketgen add-region eu-west-2
      ticketgen add-region eu-west-2 --env prod --dry-run
      ticketgen add-region af-south-1 --opted-in
      ticketgen add-region us-west-2 --secondary
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.add_region(document, region, env or (), opted_in=opted_in, secondary=secondary)

    path = require_spec(spec, format)
    _run_change(path, edit, region, f"{region} is already in", dry_run, force, format, accept or ())


def remove_region(
    region: Annotated[
        str, typer.Argument(metavar="REGION", help=_HELP, autocompletion=complete_spec_regions)
    ],
    spec: Spec = None,
    env: Environments = None,
    destroyed: Destroyed = False,
    dry_run: _DryRun = False,
    force: _Force = False,
    accept: Accept = None,
    format: ReportFormatOption = ReportFormat.TEXT,
) -> None:
    """Retire and then remove a Region in all or some environments, and render them.

    A retired Region keeps its root modules, without deletion protection, until `make apply` has destroyed them. Then
    run the command again with --destroyed, which deletes its folders. The primary and the secondary Region of an
    environment cannot be removed: give another Region that role first.

    Examples:
      ticketgen remove-region eu-west-2 --dry-run
      ticketgen remove-region eu-west-2 --env staging --env prod
      ticketgen remove-region eu-west-2 --destroyed
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.remove_region(document, region, env or (), destroyed=destroyed)

    path = require_spec(spec, format)
    _run_change(path, edit, region, f"{region} is not in", dry_run, force, format, accept or (), destroyed)


def _run_change(
    spec: Path,
    edit: Callable[[SpecDocument], Checked[Edit]],
    region: str,
    nothing: str,
    dry_run: bool,
    force: bool,
    format: ReportFormat,
    accept: Sequence[str],
    destroyed: bool = False,
) -> None:
    from ticketgen.pipeline import Guarding
    from ticketgen.project.region_changes import change_regions

    guarding = Guarding(tuple(accept), destroyed)
    with progress() as shown:
        changed = change_regions(
            spec, edit, force=force, dry_run=dry_run, guarding=guarding, progress=shown.step
        )
    plans = changed.value.plans if changed.value is not None else {}
    refused = changed.value is None or changed.value.changes is None
    report_with_plans(
        changed.findings,
        plans,
        format,
        root=spec.parent,
        document=_document(changed, spec.parent, dry_run) if format is ReportFormat.JSON else None,
        detailed=True if refused else None,
    )
    if changed.value is not None and format is ReportFormat.TEXT:
        _print_change(changed.value, spec, region, nothing, dry_run)
    exit_with_findings(changed.findings)


def _print_change(change: RegionChange, spec: Path, region: str, nothing: str, dry_run: bool) -> None:
    if change.edit.unchanged and (change.changes or not change.edit.changed):
        print_info(f"{nothing} {', '.join(change.edit.unchanged)}: nothing to do there")
    if change.changes is None:
        return
    would = "would be " if dry_run else ""
    changed = ", ".join(change.edit.changed)
    print_info(f"{display_path(spec)}: {region} {would}{change.edit.action} {changed}")
    print_diff(change.difference, spec.parent)
    print_plans(change.plans, spec.parent, detailed=dry_run)
    print_summary(change.changes, spec.parent, would=dry_run)
    if not dry_run:
        print_next_steps(change.changes, spec.parent)


def _document(changed: Checked[RegionChange], root: Path, dry_run: bool) -> dict[str, object]:
    change = None if has_errors(changed.findings) else changed.value
    plans = changed.value.plans if changed.value else {}
    return {
        **changes_report(changed.findings, change.changes if change else None, root, plans),
        "written": change is not None and change.changes is not None and not dry_run,
        "changed": list(change.edit.changed) if change else [],
        "unchanged": list(change.edit.unchanged) if change else [],
        "difference": plain_diff(change.difference, root) if change else "",
    }
