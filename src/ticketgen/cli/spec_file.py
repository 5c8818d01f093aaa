"""Find the spec: ``--spec``, ``TICKETGEN_SPEC``, or the nearest, upwards."""

from __future__ import annotations

import os
from pathlib import Path

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.output import exit_with_findings, print_findings, value_of
from ticketgen.cli.session import print_verbose, session
from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.spec import NO_SPEC, TWO_SPECS, UNREADABLE_FILE
from ticketgen.reports import ReportFormat
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.upward_search import find_upwards

__all__ = ["VARIABLE", "expected_spec", "find_spec", "require_spec"]

VARIABLE = "TICKETGEN_SPEC"


def require_spec(given: Path | None, format: ReportFormat = ReportFormat.TEXT) -> Path:
    """Return the path of the spec, or exit with a finding."""
    spec = value_of(find_spec(given), format)
    print_verbose(f"spec: {display_path(spec)}")
    return spec


def expected_spec(given: Path | None) -> Path:
    """The spec, or its default place: for a command that also works without one.

    A spec that is named must exist here too.
    """
    found = find_spec(given)
    if found.value is None and (
        given is not None or any(each.rule == TWO_SPECS.id for each in found.findings)
    ):
        print_findings(found.findings, ReportFormat.TEXT)
        exit_with_findings(found.findings)
    return found.value or session().base_folder / SPEC_NAMES[0]


def find_spec(given: Path | None) -> Checked[Path]:
    """The path of the spec, which the current folder can open.

    Args:
        given: the path from ``--spec`` or else ``TICKETGEN_SPEC``; None to search upwards to the root of the file
            system.
    """
    if given is not None:
        return Checked(given) if os.path.lexists(given) else Checked(None, (_missing_spec(given),))
    base = session().base_folder
    found = find_upwards(base, SPEC_NAMES)
    if not found:
        where = "this folder" if base == Path() else f"{os.fspath(base)!r}"
        message = f"there is no {' or '.join(SPEC_NAMES)} in {where} or above it"
        help = "run `ticketgen new my-shop` to make a project, or name a spec with --spec"
        return Checked(None, (NO_SPEC.found(message, help),))
    if len(found) > 1:
        message = f"{display_path(found[0])} and {display_path(found[1])} are both here"
        return Checked(None, (TWO_SPECS.found(message, at=Location(str(found[0]))),))
    return Checked(found[0])


def _missing_spec(given: Path) -> Finding:
    named = os.environ.get(VARIABLE)
    if named and session().base_folder / named == given:
        message = f"{VARIABLE} names {display_path(given)}, which does not exist"
        help = f"correct or unset {VARIABLE}, or run `ticketgen new my-shop` to make a project"
    else:
        message = f"{display_path(given)} does not exist"
        help = "name another file with --spec, or run `ticketgen new my-shop` to make a project"
    return UNREADABLE_FILE.found(message, help, at=Location(str(given)))
