"""What the exit codes mean, and how one follows from findings."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from ticketgen.findings import Finding, Severity, Stage

__all__ = ["ExitCode", "exit_code"]


class ExitCode(IntEnum):
    """Part of the contract with whoever calls us from CI."""

    FINE = 0
    FINDINGS = 1  # findings, or drift
    USAGE = 2
    INVALID_SPEC = 3
    HAND_EDIT = 4  # would overwrite it
    BUG = 70  # EX_SOFTWARE of sysexits.h
    READER_GONE = 141  # what a shell says of a tool that SIGPIPE ended


_OF_STAGE = {
    Stage.LOAD: ExitCode.INVALID_SPEC,
    Stage.RESOLVE: ExitCode.INVALID_SPEC,
    Stage.SIZE: ExitCode.INVALID_SPEC,
    Stage.RENDER: ExitCode.INVALID_SPEC,
    Stage.VERIFY: ExitCode.FINDINGS,
    Stage.WRITE: ExitCode.FINDINGS,
}
_OF_RULE = {
    "hand-edited": ExitCode.HAND_EDIT,
    "in-the-way": ExitCode.HAND_EDIT,
    "unknown-environment": ExitCode.USAGE,
    "invalid-option": ExitCode.USAGE,
    "no-such-region": ExitCode.USAGE,
    "ejected-already": ExitCode.USAGE,
    "not-ejected": ExitCode.USAGE,
    "override-broken": ExitCode.FINDINGS,
    "unknown-template": ExitCode.USAGE,
    "folder-not-empty": ExitCode.USAGE,
    "project-name": ExitCode.USAGE,
    "template-broken": ExitCode.USAGE,
    "template-without-spec": ExitCode.USAGE,
    "unknown-answer": ExitCode.USAGE,
    "region-is-needed": ExitCode.USAGE,
    "needs-secondary-region": ExitCode.USAGE,
    "cannot-be-secondary": ExitCode.USAGE,
}


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """That of the first error; fine without one."""
    for finding in findings:
        if finding.severity is Severity.ERROR:
            return _OF_RULE.get(finding.rule, _OF_STAGE[finding.stage])
    return ExitCode.FINE
