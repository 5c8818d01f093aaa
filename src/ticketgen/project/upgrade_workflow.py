"""Add the scheduled workflow that opens a pull request for a newer ticketgen to an existing project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ticketgen.findings import Checked, Location, has_errors
from ticketgen.findings.merging import BASE_MISSING, UPGRADE_WORKFLOW
from ticketgen.findings.stacks import IN_THE_WAY
from ticketgen.project.bases import RECORD, BaseEntry, base_path, normalized, read_record
from ticketgen.project.owned_files import WORKFLOW, current_texts
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.tree import write_files
from ticketgen.tree.paths import fingerprint

__all__ = ["add_workflow"]


def add_workflow(root: Path) -> Checked[Path]:
    """Write the workflow, its base and the recorded answer, all or nothing; never overwrite a file."""
    before, recorded = read_record(root)
    record = recorded.value
    if has_errors(recorded.findings):
        return Checked(None, recorded.findings)
    if record is None or record.answers is None:
        message = "the project has no record of its answers to `ticketgen new`"
        help = "run `ticketgen render --upgrade --merge` first; a project from another template cannot get it"
        return Checked(None, (BASE_MISSING.found(message, help, at=Location(RECORD)),))
    if record.answers.ci != "github":
        message = f"the project has no GitHub workflows: its CI is {record.answers.ci}"
        return Checked(None, (UPGRADE_WORKFLOW.found(message),))
    wanted = replace(record, answers=replace(record.answers, upgrade_workflow=True))
    texts = current_texts(wanted)
    if texts.value is None:
        return Checked(None, texts.findings)
    text = texts.value[WORKFLOW]
    try:
        there = read_below(root, WORKFLOW, MAX_TEXT)
    except FileNotFoundError:
        there = None
    except OSError as error:
        return Checked(
            None, (IN_THE_WAY.found(f"cannot be read as a file: {error.strerror}", at=Location(WORKFLOW)),)
        )
    if there not in {None, text}:
        return Checked(
            None, (IN_THE_WAY.found("the project has a file of this name", at=Location(WORKFLOW)),)
        )
    place = base_path(WORKFLOW)
    try:
        base = read_below(root, place, MAX_TEXT)
    except OSError:
        base = None
    after = wanted.with_file(WORKFLOW, BaseEntry(fingerprint(normalized(text)))).text().encode()
    failed = write_files(root, {WORKFLOW: (there, text), place: (base, text), RECORD: (before, after)})
    return Checked(None if has_errors(failed) else root / WORKFLOW, failed)
