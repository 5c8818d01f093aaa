"""``ticketgen render``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticketgen.cli.diff_output import plain_diff, print_diff
from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.merging import run_merge
from ticketgen.cli.options import Destroyed, Environments, Merge, OutputOption, ReportFormatOption, Spec
from ticketgen.cli.output import exit_with_findings, print_findings, write_result
from ticketgen.cli.progress_line import progress
from ticketgen.cli.session import print_info
from ticketgen.cli.spec_file import require_spec
from ticketgen.cli.summary import changes_report, folder_list, print_next_steps, print_summary
from ticketgen.escaping import as_json
from ticketgen.findings import Checked, Finding, has_errors
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
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
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Render, verify and write the stacks of a spec, each environment to stacks/NAME.

    If there is an error anywhere, nothing is written.

    Examples:
      ticketgen render
      ticketgen render --env prod
      ticketgen render --check --format github
      ticketgen render --upgrade --merge
    """
    from ticketgen import pipeline
    from ticketgen.project.merge import standing_findings

    path = require_spec(spec, format)
    root = path.parent
    merged = run_merge(path, asked=merge, upgrade=upgrade, dry_run=check or diff)
    with progress() as shown:
        if check or diff:
            result = pipeline.check_project(path, env or (), progress=shown.step)
        else:
            result = pipeline.render_project(
                path, env or (), force=force, upgrade=upgrade, destroyed=destroyed, progress=shown.step
            )
    if check or diff:
        _report_drift(result, merged, root, format, diff, output)
    reasons = _refusal_reasons(result, path, env or ())
    findings = (*merged.findings, *result.findings, *standing_findings(root), *reasons)
    print_diff(merged.difference, root, err=format is not ReportFormat.TEXT)
    if format is ReportFormat.JSON:
        write_result(f"{as_json(changes_report(findings, result.value, root))}\n", output)
    else:
        print_findings(findings, format, root=root, output=output)
    if result.value is not None and format is ReportFormat.TEXT:
        print_summary(result.value, root)
        print_next_steps(result.value, root)
    exit_with_findings(findings)


def _refusal_reasons(done: Checked[Changes], spec: Path, env: Sequence[str]) -> tuple[Finding, ...]:
    """The reasons for another version's changes, if the render was refused for them."""
    from ticketgen.findings.stacks import UPGRADE

    if not any(found.rule == UPGRADE.id for found in done.findings):
        return ()
    from ticketgen.pipeline import check_project
    from ticketgen.project.upgrade import explain_upgrade

    checked = check_project(spec, env)
    return explain_upgrade(checked.value) if checked.value else ()


def _report_drift(
    checked: Checked[Changes],
    merged: MergeReport,
    root: Path,
    format: ReportFormat,
    diff: bool,
    output: Path | None,
) -> NoReturn:
    from ticketgen.project.merge import standing_findings
    from ticketgen.project.upgrade import explain_upgrade
    from ticketgen.tree import changes_diff, drift

    drifted = drift(checked.value) if checked.value else ()
    why = explain_upgrade(checked.value) if checked.value else ()
    findings = (*merged.findings, *checked.findings, *drifted, *standing_findings(root), *why)
    difference = changes_diff(checked.value.files) if diff and checked.value else ""
    difference = f"{merged.difference}{difference}" if diff else ""
    if format is ReportFormat.JSON:
        document = changes_report(findings, checked.value, root)
        if diff:
            document["difference"] = plain_diff(difference, root)
        write_result(f"{as_json(document)}\n", output)
    else:
        # A report for programs must stay valid, so the difference for people goes to standard error.
        print_diff(difference, root, err=format is not ReportFormat.TEXT)
        print_findings(findings, format, root=root, output=output)
    if checked.value and format is ReportFormat.TEXT:
        if has_errors(findings):
            print_summary(checked.value, root, would=True)
        else:
            print_info(f"Up to date: {folder_list(checked.value, root)}")
    if has_errors(drifted) and not has_errors(checked.findings):
        raise typer.Exit(ExitCode.FINDINGS)
    exit_with_findings(findings)
