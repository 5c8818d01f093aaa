"""``ticketgen render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticketgen.cli.diff_output import plain_diff, print_diff
from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.merge_option import run_merge
from ticketgen.cli.options import (
    Accept,
    Against,
    Destroyed,
    Environments,
    Merge,
    OutputOption,
    ReportFormatOption,
    Spec,
)
from ticketgen.cli.output import exit_with_findings, exit_with_usage_error
from ticketgen.cli.plan_output import report_with_plans
from ticketgen.cli.progress_line import progress
from ticketgen.cli.session import print_info
from ticketgen.cli.spec_file import require_spec
from ticketgen.cli.summary import changes_report, folder_list, print_next_steps, print_summary
from ticketgen.findings import Finding, has_errors
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.pipeline import Rendered
    from ticketgen.project.merge import MergeReport
    from ticketgen.tree import Changes

__all__ = ["render"]


def render(
    spec: Spec = None,
    env: Environments = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 if the stacks on disk differ from the spec."),
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Like --check, and show each difference.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite rendered files that were edited by hand.")
    ] = False,
    upgrade: Annotated[
        bool,
        typer.Option(
            "--upgrade",
            help="Change stacks that another version of ticketgen wrote; --diff lists the reasons.",
        ),
    ] = False,
    merge: Merge = False,
    destroyed: Destroyed = False,
    accept: Accept = None,
    against: Against = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Render, verify and write the stacks of a spec, each environment to stacks/NAME.

    If there is an error anywhere, nothing is written. Replacing or destroying something that holds data is an error
    where `protect` is set, and a warning elsewhere, unless it is accepted.

    Examples:
      ticketgen render
      ticketgen render --env prod
      ticketgen render --upgrade --merge
      ticketgen render --diff --format markdown --output comment.md
      ticketgen render --check --against ../base --format github
    """
    from ticketgen import pipeline

    if against is not None and not (check or diff):
        exit_with_usage_error("--against judges without writing: add --check or --diff.")
    path = require_spec(spec, format)
    root = path.parent
    merged = run_merge(path, asked=merge, upgrade=upgrade, dry_run=check or diff)
    guarding = pipeline.Guarding(tuple(accept or ()), destroyed, against)
    with progress() as shown:
        if check or diff:
            checked = pipeline.check_project(path, env or (), guarding=guarding, progress=shown.step)
        else:
            checked = pipeline.render_project(
                path, env or (), force=force, upgrade=upgrade, guarding=guarding, progress=shown.step
            )
    result = checked.value or pipeline.Rendered(None, {})
    found, standing = _standing_findings(root, checked.findings)
    if check or diff:
        _report_drift(result, found, standing, merged, root, format, diff, output)
    findings = (
        *merged.findings,
        *found,
        *standing,
        *(() if upgrade else _upgrade_reasons(result.refused)),
    )
    _report(findings, result, root, format, output, difference=merged.difference or None)
    if result.changes is not None and format is ReportFormat.TEXT:
        print_summary(result.changes, root)
        print_next_steps(result.changes, root)
    exit_with_findings(findings)


def _report(
    findings: tuple[Finding, ...],
    result: Rendered,
    root: Path,
    format: ReportFormat,
    output: Path | None,
    *,
    difference: str | None = None,
    detailed: bool = False,
) -> None:
    """Print the findings, the difference, and the plans of consequences where the format has a place for them."""
    document: dict[str, object] | None = None
    if format is ReportFormat.JSON:
        document = changes_report(findings, result.changes, root, result.plans)
        if difference is not None:
            document["difference"] = plain_diff(difference, root)
    elif difference is not None and format is not ReportFormat.MARKDOWN:
        # A report for programs must stay valid, so the difference for people goes to standard error.
        print_diff(difference, root, err=format is not ReportFormat.TEXT)
    report_with_plans(
        findings,
        result.plans,
        format,
        output,
        root=root,
        document=document,
        detailed=detailed or has_errors(findings),
    )


def _standing_findings(
    root: Path, found: tuple[Finding, ...]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings of a render, and those about the files that people own; no place is in both for the same reason."""
    from ticketgen.project.merge import standing_findings, without_repeated_conflicts

    standing = standing_findings(root)
    return without_repeated_conflicts(root, found, standing), standing


def _upgrade_reasons(changes: Changes | None) -> tuple[Finding, ...]:
    from ticketgen.project.upgrade import explain_upgrade

    return explain_upgrade(changes) if changes else ()


def _report_drift(
    result: Rendered,
    found: tuple[Finding, ...],
    standing: tuple[Finding, ...],
    merged: MergeReport,
    root: Path,
    format: ReportFormat,
    diff: bool,
    output: Path | None,
) -> NoReturn:
    from ticketgen.tree import changes_diff, drift

    changes = result.changes
    drifted = drift(changes) if changes else ()
    # What would be refused is no drift that a render ends.
    differing = () if has_errors(found) else drifted
    findings = (*merged.findings, *found, *differing, *standing, *_upgrade_reasons(changes))
    difference = f"{merged.difference}{changes_diff(changes.files) if changes else ''}" if diff else None
    _report(findings, result, root, format, output, difference=difference, detailed=diff)
    if changes and format is ReportFormat.TEXT:
        if has_errors(findings):
            print_summary(changes, root, would=True)
        else:
            print_info(f"Up to date: {folder_list(changes, root)}")
    if has_errors(found):
        exit_with_findings(found)
    if has_errors(drifted):
        raise typer.Exit(ExitCode.FINDINGS)
    exit_with_findings(findings)
