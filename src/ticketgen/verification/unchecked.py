"""Findings about files that Terraform reads and ticketgen does not check.

A finding of a rule in ``UNCHECKED`` says that code was not checked, so errors in it may have no findings. A gate in CI
treats these findings as errors (`as_errors`), so that nobody can hide an error by making a file unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import NOT_CHECKED, SYNTAX, UNCHECKED
from ticketgen.hcl.native_texts import NativeTexts
from ticketgen.terraform_file_names import replaced_files

__all__ = ["as_errors", "broken_files", "unread_notes"]

# Suffix → the kind of file, the consequence, and the fix. The first matching suffix counts. Sources:
# https://developer.hashicorp.com/terraform/language/files, https://opentofu.org/docs/language/files/ and, for tests,
# https://opentofu.org/docs/cli/commands/test/.
_NOT_READ = {
    ".tofutest.json": ("a file that only OpenTofu reads", "so it gets no findings", "name it .tftest.json"),
    ".tofutest.hcl": ("a file that only OpenTofu reads", "so it gets no findings", "name it .tftest.hcl"),
}


def unread_notes(paths: Collection[str]) -> Iterator[Finding]:
    """Yield a note for each file of Terraform or OpenTofu that is not checked.

    Args:
        paths: the relative posix paths of a directory's files.
    """
    for path in sorted(paths):
        suffix = next((each for each in _NOT_READ if path.endswith(each)), None)
        if suffix:
            kind, consequence, help = _NOT_READ[suffix]
            yield _note(path, f"{kind} is not checked, {consequence}", help)
    for path in sorted(replaced_files(paths)):
        message = f"OpenTofu reads this file in place of {path.replace('.tofu', '.tf')}, which is checked"
        yield _note(path, message, "check the file with `tofu validate` as well")


def broken_files(native: NativeTexts, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each file in the JSON syntax that cannot be translated.

    Args:
        native: the translated files.
        texts: the texts by path.
    """
    for path, why in native.broken.items():
        if path in native.refused:
            line, reason = native.refused[path]
            yield SYNTAX.found(reason, "write it in Terraform's JSON syntax", at=Location(path, line))
            continue
        try:
            json.loads(texts[path])
        except RecursionError:
            yield _note(path, f"not checked: {why}", "write the file in HCL")
        except ValueError as error:
            at = Location(path, getattr(error, "lineno", 1), getattr(error, "colno", 1))
            yield SYNTAX.found(f"not JSON: {why}", "correct the JSON", at=at)
        else:
            yield _note(path, f"not checked: {why}", "write it in Terraform's JSON syntax, or in HCL")


def as_errors(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, with those about unchecked code as errors."""
    for finding in findings:
        yield replace(finding, severity=Severity.ERROR) if finding.rule in UNCHECKED else finding


def _note(path: str, message: str, help: str) -> Finding:
    return NOT_CHECKED.found(message, help, at=Location(path))
