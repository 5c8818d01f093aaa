"""Read a directory of Terraform as `ticketgen validate` does, and also JSON and OpenTofu files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.aws.provider.schema import schema_of
from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.verification import NOT_CHECKED, SYNTAX
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.native_texts import NativeTexts, native_texts, written_path
from ticketgen.hcl.override_files import merge_overrides
from ticketgen.hcl.syntax import File
from ticketgen.hcl.watchdog import Watchdog
from ticketgen.verification.admission import admit
from ticketgen.verification.directory import Directory, read_directory
from ticketgen.verification.file_checks import check_syntax
from ticketgen.verification.result_cache import verify_cached

__all__ = ["SourceStack", "read_stack"]

_PARSED = (".tf", ".tfvars")


@dataclass(frozen=True, slots=True)
class SourceStack:
    """A directory of Terraform.

    Attributes:
        configuration: its modules.
        variable_files: the parsed ``*.tfvars`` files by path.
        findings: the findings of `ticketgen validate`, and findings about files that could not be read.
        budget: the work that may be spent on it.
        place: maps a location in a translation to the location in the file that was translated.
    """

    configuration: Configuration
    variable_files: Mapping[str, File]
    findings: tuple[Finding, ...]
    budget: Budget
    place: Callable[[Location], Location]


def read_stack(folder: Path, name: str, factor: int) -> Checked[SourceStack]:
    """Read, verify and parse a directory.

    Args:
        folder: the directory.
        name: its name in messages.
        factor: the multiple of the default budget.

    Raises:
        LimitExceeded: it takes too much time or memory.
    """
    read = read_directory(folder, name)
    if read.value is None:
        return Checked(None, read.findings)
    budget = Budget(factor)
    with Watchdog(budget.seconds, budget.bytes):
        native = native_texts(read.value.texts, schema_of)
    directory = _translated(read.value, native)
    broken = (
        SYNTAX.found(f"not read as Terraform's JSON: {why}", at=Location(path))
        for path, why in native.broken.items()
    )
    verified = verify_cached(
        directory.texts, rendered=False, paths=directory.paths, left_out=directory.unread, budget=factor
    )
    findings = (
        *read.findings,
        *broken,
        # A note about the syntax of a broken file is dropped: `broken` says why the file was not read.
        *(_placed(each, native) for each in verified if not _is_note_about(each, native.broken)),
    )
    with Watchdog(budget.seconds, budget.bytes):
        return Checked(_parsed(directory, findings, native, budget))


def _translated(directory: Directory, native: NativeTexts) -> Directory:
    """Convert each file to the native syntax; files that cannot be translated count as unread."""
    paths = directory.paths
    if paths is not None:
        paths = paths - set(map(written_path, native.lines)) | native.lines.keys()
    return Directory(native.texts, paths, directory.unread | native.broken.keys())


def _parsed(
    directory: Directory, findings: tuple[Finding, ...], native: NativeTexts, budget: Budget
) -> SourceStack:
    terraform = {
        path: text.removeprefix("\ufeff")
        for path, text in sorted(directory.texts.items())
        if path.endswith(_PARSED)
    }
    others = {path: text for path, text in directory.texts.items() if path not in terraform}
    admitted = admit(terraform, others, budget, rendered=False)
    files = {file.path: file for file in _files(admitted.terraform)}
    unread = terraform.keys() - files.keys() | directory.unread
    configuration = Configuration(
        merge_overrides(file for file in files.values() if file.path.endswith(".tf")),
        {path: text for path, text in directory.texts.items() if path in admitted.others},
        directory.paths,
        unread,
        budget,
    )
    variable_files = {path: file for path, file in files.items() if path.endswith(".tfvars")}
    return SourceStack(configuration, variable_files, findings, budget, native.place)


def _files(texts: Mapping[str, str]) -> Iterator[File]:
    for path, text in texts.items():
        file = check_syntax(path, text, rendered=False).value
        if file is not None:
            yield file


def _is_note_about(finding: Finding, paths: Collection[str]) -> bool:
    at = finding.location
    return finding.rule == NOT_CHECKED.id and at is not None and at.file in paths


def _placed(finding: Finding, native: NativeTexts) -> Finding:
    return finding.placed(native.place)
