"""``ticketgen upgrade``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import OutputOption, Spec
from ticketgen.cli.output import exit_with_findings, exit_with_usage_error, print_findings, write_result
from ticketgen.cli.session import print_info, session
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.project.pin_upgrade import Upgrade

__all__ = ["upgrade"]


class _UpgradeFormat(StrEnum):
    """The format of what is known of a newer version."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def upgrade(
    spec: Spec = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="SOURCE",
            help="The new version's source, as `ticketgen new --install-from` takes it. By default, the newest version "
            "in the pinned repository or index.",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Pin the newer version.")] = False,
    workflow: Annotated[
        bool,
        typer.Option(
            "--workflow",
            help="Write a scheduled GitHub workflow that opens a pull request when a newer version is out.",
        ),
    ] = False,
    format: Annotated[
        _UpgradeFormat,
        typer.Option("--format", help="The format: text, json for programs, markdown for a pull request."),
    ] = _UpgradeFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Look for a newer ticketgen where the project's pin points, say why it renders differently, and pin it.

    After --write, install the new version, and run `ticketgen render --upgrade --merge` with it.

    Examples:
      ticketgen upgrade
      ticketgen upgrade --write
      ticketgen upgrade --to dist/ticketgen-1.2.0-py3-none-any.whl --write
      ticketgen upgrade --workflow
    """
    root = require_spec(spec).parent
    if workflow:
        from ticketgen.project.upgrade_workflow import add_workflow

        if write or to is not None:
            exit_with_usage_error("--workflow excludes --write and --to.")
        added = add_workflow(root)
        print_findings(added.findings, ReportFormat.TEXT, root=root)
        if added.value is not None:
            print_info(f"{display_path(added.value)}: written; `ticketgen help merging` explains its set-up")
        exit_with_findings(added.findings)
    from ticketgen.project.pin_upgrade import upgrade_pin

    found = upgrade_pin(root, to=to, base=session().base_folder, write=write)
    print_findings(found.findings, ReportFormat.TEXT, root=root)
    if found.value is not None:
        formatted = {
            _UpgradeFormat.TEXT: _text,
            _UpgradeFormat.JSON: _json,
            _UpgradeFormat.MARKDOWN: _markdown,
        }[format](found.value)
        write_result(formatted, output)
    exit_with_findings(found.findings)


def _text(found: Upgrade) -> str:
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Upgrade) -> Iterator[str]:
    if not found.is_newer:
        yield f"Up to date: ticketgen {found.pinned}"
        return
    yield f"The project pins ticketgen {found.pinned}; {_name(found)} is available."
    yield from (f"  {version}: {reason}" for version, reason in found.reasons)
    if not found.written:
        yield "Run `ticketgen upgrade` again with --write to pin it."
        return
    yield f"Changed: {', '.join(found.written)}"
    yield "\nNext:"
    yield f"  {found.command}"
    yield "  ticketgen render --upgrade --merge"


def _name(found: Upgrade) -> str:
    return f"ticketgen {found.newest}" if found.newest else "the version of the source"


def _json(found: Upgrade) -> str:
    reasons = [{"version": version, "reason": reason} for version, reason in found.reasons]
    document = {
        "pinned": found.pinned, "newest": found.newest, "newer": found.is_newer, "reasons": reasons,
        "written": list(found.written), "command": found.command,
    }  # fmt: skip
    return f"{as_json(document)}\n"


def _markdown(found: Upgrade) -> str:
    if not found.is_newer:
        return f"The project pins ticketgen {found.pinned}, which is the newest version.\n"
    lines = [f"This upgrades ticketgen from {found.pinned} to {found.newest or 'another version'}.", ""]
    if found.reasons:
        lines += ["### Why the stacks change", ""]
        lines += [f"- {version}: {reason}" for version, reason in found.reasons]
    else:
        lines.append("The changelog gives no reason why stacks would change.")
    return "\n".join(lines) + "\n"
