"""``ticketgen keep``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.diff_output import plain_diff, print_diff
from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import Accept, Format, Spec
from ticketgen.cli.output import (
    exit_with_findings,
    exit_with_usage_error,
    format_findings,
    print_findings,
    write_result,
)
from ticketgen.cli.progress_line import progress
from ticketgen.cli.session import print_info, session
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.findings import Finding, has_errors
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.project.keep import KeptFile
    from ticketgen.project.patch_list import ListedPatch

__all__ = ["keep"]

_ACTIONS = {
    "kept": "{would}kept as {patch}",
    "kept-deleted": "{would}kept deleted, by {patch}",
    "unchanged": "no edit to keep: its patch already has every change",
    "dropped": "{patch} {would}dropped",
}


def keep(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Rendered files that you edited or deleted, such as stacks/dev/data/eu-west-1/tables.tf.",
        ),
    ] = None,
    spec: Spec = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the patches, and what each does to the rendering.")
    ] = False,
    dropping: Annotated[
        bool, typer.Option("--drop", help="Forget the patch; the next render restores the rendering.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say what would be done.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Like --dry-run, and show each patch.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Keep an edit of an older rendering; the patch then also undoes what has changed since.",
        ),
    ] = False,
    accept: Accept = None,
    format: Annotated[Format, typer.Option("--format", help="The format of the report.")] = Format.TEXT,
) -> None:
    """Keep hand edits of rendered files, or their deletion, as patches that each render applies.

    A patch goes to patches/ENVIRONMENT/ beside the spec. The patched stack is verified like any other, now and at
    each render. If a patch no longer applies, nothing is rendered until you correct or drop it.

    Examples:
      ticketgen keep stacks/prod/data/us-east-1/main.tf --diff
      ticketgen keep stacks/prod/data/us-east-1/main.tf
      ticketgen keep --list
      ticketgen keep stacks/prod/data/us-east-1/main.tf --drop
    """
    from ticketgen.pipeline import Guarding
    from ticketgen.project import keep as keeping
    from ticketgen.project import patch_list

    if listing and (files or dropping or dry_run or diff or force):
        exit_with_usage_error("--list takes neither files nor other options.")
    if not listing and not files:
        exit_with_usage_error("name the edited files, or use --list.")
    if dropping and force:
        exit_with_usage_error("--drop and --force exclude each other.")
    path = require_spec(spec, ReportFormat(format.value))
    root = path.parent
    if listing:
        with progress() as shown:
            shown.step("Rendering without patches")
            listed = patch_list.list_patches(path)
        _report_list(listed.value or (), listed.findings, root, format)
    names = [_project_path(root, name) for name in files or ()]
    tried = dry_run or diff
    if dropping:
        done = patch_list.drop(path, names, dry_run=tried)
    else:
        guarding = Guarding(tuple(accept or ()))
        with progress() as shown:
            done = keeping.keep(
                path, names, force=force, guarding=guarding, dry_run=tried, progress=shown.step
            )
    kept = done.value or ()
    if format is Format.JSON:
        document = _document(done.findings, root)
        document["patches"] = [
            {
                "file": display_path(root / each.file),
                "patch": display_path(root / each.patch),
                "action": each.action.value,
                "difference": plain_diff(each.text, root),
            }
            for each in kept
        ]
        document["written"] = done.value is not None and not tried
        write_result(f"{as_json(document)}\n")
        exit_with_findings(done.findings)
    print_findings(done.findings, ReportFormat.TEXT, root=root)
    for each in kept:
        _print_kept(each, root, would=tried)
        if diff:
            print_diff(each.text, root)
    if dropping and kept and not tried and patch_list.any_rendered(path, [each.file for each in kept]):
        print_info("Run `ticketgen render` to restore the rendering.")
    exit_with_findings(done.findings)


def _project_path(root: Path, text: str) -> str:
    """Convert a path that is relative to the current folder or the project's to one below the project's.

    Both are accepted because messages and reports name files relative to the project. The path of a patch stands for
    its file.
    """
    from ticketgen.patches.patch_folder import PATCHES, patched_file
    from ticketgen.pipeline import STACKS

    below = display_path(session().base_folder / text, relative_to=root)
    if text.startswith((f"{STACKS}/", f"{PATCHES}/")) and not (root / below).exists():
        below = text
    name = patched_file(below)
    return f"{STACKS}/{name}" if name else below


def _print_kept(kept: KeptFile, root: Path, *, would: bool) -> None:
    patched = kept.text or kept.action.value != "unchanged"
    what = (_ACTIONS[kept.action.value] if patched else "no edit to keep").format(
        would="would be " if would else "", patch=display_path(root / kept.patch)
    )
    print_info(f"{display_path(root / kept.file)}: {what}")


def _report_list(
    patches: Sequence[ListedPatch], findings: Iterable[Finding], root: Path, format: Format
) -> None:
    """Print the patches, and exit."""
    found = tuple(findings)
    if format is Format.JSON:
        document = _document(found, root)
        document["patches"] = [
            {
                "file": display_path(root / each.file),
                "patch": display_path(root / each.patch),
                "state": each.state.value,
            }
            for each in patches
        ]
        write_result(f"{as_json(document)}\n")
        exit_with_findings(found)
    print_findings(found, ReportFormat.TEXT, root=root)
    if patches:
        width = max(len(each.state) for each in patches)
        lines = (f"{each.state.value:<{width}}  {display_path(root / each.patch)}\n" for each in patches)
        write_result("".join(lines))
    elif not has_errors(found):
        print_info("no patches")
    exit_with_findings(found)


def _document(findings: Iterable[Finding], root: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(format_findings(findings, ReportFormat.JSON, root=root))
    return document
