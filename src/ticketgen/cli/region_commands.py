"""``ticketgen add-region`` and ``ticketgen remove-region``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.options import Environments, ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings
from ticketgen.cli.progress import progress
from ticketgen.cli.summary import as_json, next_step, placed, summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from ticketgen.findings import Checked
    from ticketgen.project.regions import RegionChange
    from ticketgen.spec.edits import Edit
    from ticketgen.spec.load import SpecDocument

__all__ = ["add_region", "remove_region"]

_Region = Annotated[str, typer.Argument(metavar="REGION", help="As AWS writes it: eu-west-2.")]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite rendered files that were edited by hand.")]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Write nothing; show what would change in the spec and the stacks.")
]
_Format = Annotated[ReportFormat, typer.Option("--format", help="How it is reported.")]


def add_region(
    region: _Region,
    spec: Spec = Path("ticketgen.yaml"),
    env: Environments = None,
    opted_in: Annotated[
        bool,
        typer.Option("--opted-in", help="It is an opt-in Region, and the AWS account has it enabled."),
    ] = False,
    secondary: Annotated[
        bool,
        typer.Option(
            "--secondary", help="Make it the secondary Region of environments that have a single Region."
        ),
    ] = False,
    dry_run: _DryRun = False,
    force: _Force = False,
    format: _Format = ReportFormat.TEXT,
) -> None:
    """Add a Region to the spec, for all environments or some, and render them.

    Only the list of Regions is edited: comments, order and layout of the spec stay. Spec and stacks change together
    or not at all. What the account needs for it (quotas, an opt-in) is said before anything is written.

    Examples:
      ticketgen add-region eu-west-2
      ticketgen add-region eu-west-2 --env prod --dry-run
      ticketgen add-region af-south-1 --opted-in
      ticketgen add-region us-west-2 --secondary
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.add_region(document, region, env or (), opted_in=opted_in, secondary=secondary)

    _change(spec, edit, f"{region} added to", f"{region} is there already in", dry_run, force, format)


def remove_region(
    region: _Region,
    spec: Spec = Path("ticketgen.yaml"),
    env: Environments = None,
    dry_run: _DryRun = False,
    force: _Force = False,
    format: _Format = ReportFormat.TEXT,
) -> None:
    """Remove a Region from the spec, for all environments or some, and render them.

    Says what the next `terraform apply` destroys, and what has to be done before it. The primary and the secondary
    Region of an environment stay: make another one that first.

    Examples:
      ticketgen remove-region eu-west-2 --dry-run
      ticketgen remove-region eu-west-2 --env staging --env prod
    """
    from ticketgen.spec import edits

    def edit(document: SpecDocument) -> Checked[Edit]:
        return edits.remove_region(document, region, env or ())

    _change(spec, edit, f"{region} removed from", f"{region} is not in", dry_run, force, format)


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
    findings = placed(changed.findings, spec.parent)
    if format is ReportFormat.JSON:
        typer.echo(json.dumps(_document(changed, spec.parent, dry_run), indent=2))
        finish(findings)
    show_findings(findings, format)
    if changed.value is not None and format is ReportFormat.TEXT:
        _tell(changed.value, spec, done, nothing, dry_run)
    finish(findings)


def _tell(change: RegionChange, spec: Path, done: str, nothing: str, dry_run: bool) -> None:
    if change.edit.unchanged:
        typer.echo(f"{nothing} {', '.join(change.edit.unchanged)}: nothing to do there")
    if change.changes is None:
        return
    would = "would be " if dry_run else ""
    typer.echo(f"{spec}: {done.replace(' ', f' {would}', 1)} {', '.join(change.edit.changed)}")
    typer.echo(change.difference, nl=False)
    summarise(change.changes, spec.parent, would=dry_run)
    if not dry_run:
        next_step(change.changes, spec.parent)


def _document(changed: Checked[RegionChange], root: Path, dry_run: bool) -> dict[str, object]:
    change = changed.value
    return {
        **as_json(placed(changed.findings, root), change.changes if change else None, root),
        "written": change is not None and change.changes is not None and not dry_run,
        "changed": list(change.edit.changed) if change else [],
        "unchanged": list(change.edit.unchanged) if change else [],
        "difference": change.difference if change else "",
    }
