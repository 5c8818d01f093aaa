"""Findings about files that Terraform reads and ticketgen does not check.

A finding of a rule in ``UNCHECKED`` says that code was not checked and may have faults without findings. A gate in CI
treats these findings as errors (`as_errors`), so that nobody can hide a fault by making a file unreadable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import NOT_CHECKED, UNCHECKED
from ticketgen.hcl.modules import is_override

__all__ = ["as_errors", "incomplete_files", "unread_notes"]

_DECLARES_OBJECTS = (
    "so this folder gets no findings about undeclared references, unused declarations or rules",
    "write the file in HCL, or check it with `terraform validate`",
)
_SETS_VALUES = ("so its values are not used in any check", "write the file in HCL")
_DEFINES_TESTS = ("so it gets no findings", "write the file in HCL")

# Suffix → the kind of file, the consequence, and the fix. The first matching suffix counts. Sources:
# https://developer.hashicorp.com/terraform/language/files, https://opentofu.org/docs/language/files/ and, for tests,
# https://opentofu.org/docs/cli/commands/test/.
_NOT_READ = {
    ".tf.json": ("the JSON syntax", *_DECLARES_OBJECTS),
    ".tofu.json": ("the JSON syntax", *_DECLARES_OBJECTS),
    ".tofu": (
        "a file that only OpenTofu reads (in place of a .tf file of the same name)",
        *_DECLARES_OBJECTS,
    ),
    ".tfvars.json": ("the JSON syntax", *_SETS_VALUES),
    ".tftest.json": ("the JSON syntax", *_DEFINES_TESTS),
    ".tfmock.json": ("the JSON syntax", *_DEFINES_TESTS),
    ".tofutest.json": ("the JSON syntax", *_DEFINES_TESTS),
    ".tofutest.hcl": ("a file that only OpenTofu reads", "so it gets no findings", "name it .tftest.hcl"),
}
_MAY_DECLARE = (".tf.json", ".tofu.json", ".tofu")


def unread_notes(paths: Iterable[str]) -> Iterator[Finding]:
    """Yield a note for each file of Terraform or OpenTofu that is not checked.

    Args:
        paths: the relative posix paths of a directory's files.
    """
    for path in sorted(paths):
        suffix = next((each for each in _NOT_READ if path.endswith(each)), None)
        if suffix:
            kind, consequence, help = _NOT_READ[suffix]
            yield _note(path, f"{kind} is not checked, {consequence}", help)
        elif is_override(path):
            message = (
                "the override file is checked on its own, but not how it changes the blocks of other files"
            )
            yield _note(path, message, "write the values into the blocks that it overrides")


def incomplete_files(paths: Iterable[str]) -> frozenset[str]:
    """The unread files that may declare objects: their folders are incomplete."""
    return frozenset(path for path in paths if path.endswith(_MAY_DECLARE))


def as_errors(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, with those about unchecked code as errors."""
    for finding in findings:
        yield replace(finding, severity=Severity.ERROR) if finding.rule in UNCHECKED else finding


def _note(path: str, message: str, help: str) -> Finding:
    return NOT_CHECKED.found(message, help, at=Location(path))
