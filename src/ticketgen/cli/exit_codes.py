"""The meanings of the exit codes, and the code that follows from findings.

The table is the contract: the help, `docs/cli.md` and every command read it. Findings are imported when there are
some: `--help` prints the codes without findings.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticketgen.findings import Finding

__all__ = ["MEANINGS", "ExitCode", "exit_code", "exit_code_of", "summary"]


class ExitCode(IntEnum):
    """The contract with CI and scripts. Findings have categories of the same names."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    INVALID_SPEC = 3
    HAND_EDIT = 4
    CANNOT_WRITE = 5
    BUG = 70  # EX_SOFTWARE of sysexits.h
    HUNG_UP = 129  # 128 + SIGHUP, as shells say it
    INTERRUPTED = 130  # 128 + SIGINT
    QUIT = 131  # 128 + SIGQUIT
    READER_GONE = 141  # 128 + SIGPIPE
    TERMINATED = 143  # 128 + SIGTERM


MEANINGS: Mapping[ExitCode, tuple[str, str]] = MappingProxyType({
    ExitCode.FINE: ("fine", "The command did what it was asked. There may be warnings and notes."),
    ExitCode.FINDINGS: (
        "findings or drift",
        "`validate` reports an error, `render --check` finds drift, another version of ticketgen wrote the stacks, a "
        "rehearsal failed, `check-history` finds a fault, or `doctor` or the command finds that something it needs is "
        "missing.",
    ),
    ExitCode.USAGE: (
        "wrong usage",
        "The command line or `ticketgen.toml` is wrong: an unknown command, option, value, environment, Region, rule, "
        "template or help topic, a path that does not exist or has nothing to read, or a template with hooks that is "
        "not trusted.",
    ),
    ExitCode.INVALID_SPEC: (
        "invalid spec",
        "The spec is missing, cannot be read, is invalid, or asks for more than AWS allows.",
    ),
    ExitCode.HAND_EDIT: (
        "would overwrite a hand edit",
        "A file that was edited by hand, or that ticketgen did not write, is in the way. Nothing was written.",
    ),
    ExitCode.CANNOT_WRITE: (
        "cannot write",
        "A file or folder cannot be written: permissions, a full disk, or another render that is running. "
        "Nothing was written, or everything was put back.",
    ),
    ExitCode.BUG: ("a bug in ticketgen", "Run it again with `TICKETGEN_DEBUG=1` and report what it prints."),
    ExitCode.HUNG_UP: ("hung up", "The terminal was closed, or SIGHUP was sent. Nothing was left half done."),
    ExitCode.INTERRUPTED: ("interrupted", "Ctrl-C, or the end of input at a prompt. Nothing was left half done."),
    ExitCode.QUIT: ("quit", "Ctrl-\\, or SIGQUIT was sent. Nothing was left half done."),
    ExitCode.READER_GONE: ("reader gone", "The reader of a pipe ended first, as in `ticketgen rules | head -1`."),
    ExitCode.TERMINATED: ("terminated", "SIGTERM was sent, as by a CI that cancels a job. Nothing was left half done."),
})  # fmt: skip
"""Each code's name and its meaning."""

_NOT_WRITABLE = frozenset({errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS})


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """The highest code of the errors; ``FINE`` without one."""
    from ticketgen.findings import errors

    return max(map(_of, errors(findings)), default=ExitCode.FINE)


def _of(finding: Finding) -> ExitCode:
    if finding.location and finding.location.file.startswith("--"):
        return ExitCode.USAGE  # the place is in an option's value, such as that of --set
    return ExitCode[finding.category.name]


def exit_code_of(error: OSError) -> ExitCode:
    """The code of an error of the operating system that no command expected."""
    return ExitCode.CANNOT_WRITE if error.errno in _NOT_WRITABLE else ExitCode.USAGE


def summary() -> str:
    """All codes in one sentence, for the end of ``--help``."""
    return ", ".join(f"{code.value} {name}" for code, (name, _) in MEANINGS.items())
