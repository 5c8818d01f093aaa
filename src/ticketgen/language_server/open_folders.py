"""Choose the folders and specs to check for the documents that an editor has open.

A folder inside another one that is checked is checked together with it, as on the command line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ticketgen.findings import Finding, Location
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.real_path import real_path
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.terraform_file_names import DECLARING, MOCK_DATA, NATIVE_TESTS, SETTING_VARIABLES

__all__ = ["OpenFolders", "folder_of", "is_spec", "is_terraform"]

_SETTINGS = ("ticketgen.toml", ".ticketgen.toml", MANIFEST_NAME)


def is_spec(file: Path) -> bool:
    """Whether a path is that of a spec."""
    return file.name in SPEC_NAMES


def is_terraform(file: Path) -> bool:
    """Whether a path is that of a file of Terraform or OpenTofu that is verified."""
    return file.name.endswith((*DECLARING, *SETTING_VARIABLES, *NATIVE_TESTS, *MOCK_DATA))


def folder_of(file: Path) -> Path:
    """The folder that a Terraform file is verified with: that of its rendered stack, or else its own."""
    from ticketgen.validation.finding_filter import rendered_stack_of

    return rendered_stack_of(file.parent) or file.parent


@dataclass(slots=True)
class _Checked:
    """A folder or spec that is checked.

    Attributes:
        documents: the open documents for which it is checked.
        findings: those of its last check, by the absolute path of the file.
        reads: the real paths of files outside that the last check read.
    """

    documents: set[Path] = field(default_factory=set)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()


class OpenFolders:
    """The folders and specs that are checked. A target is the path of either."""

    def __init__(self) -> None:
        self._targets: dict[Path, _Checked] = {}

    def opened(self, file: Path) -> set[Path]:
        """Note that a document was opened; the targets to check."""
        if is_spec(file):
            target = file
        elif is_terraform(file):
            target = self._outermost(folder_of(file))
        else:
            return set()
        checked = self._targets.setdefault(target, _Checked())
        checked.documents.add(file)
        for inner in [each for each in self._targets if each != target and _contains(target, each)]:
            # Its findings stay where they are until the outer folder is checked.
            taken = self._targets.pop(inner)
            checked.documents |= taken.documents
            checked.findings |= taken.findings
        return {target} | self._reading(file)

    def changed(self, file: Path) -> set[Path]:
        """The targets to check after a change of an open document."""
        return {
            target for target, checked in self._targets.items() if file in checked.documents
        } | self._reading(file)

    def changed_on_disk(self, file: Path) -> set[Path]:
        """The targets to check after a file has been created, changed or deleted."""
        if file.name in _SETTINGS:
            return {each for each in self._targets if each.is_relative_to(file.parent)}
        below = {each for each in self._targets if file == each or _contains(each, file.parent)}
        return below | self._reading(file)

    def closed(self, file: Path) -> tuple[set[Path], set[str]]:
        """Note that a document was closed; the targets to check, and the files that no target has any more."""
        gone: set[str] = set()
        again: set[Path] = set()
        for target, checked in list(self._targets.items()):
            if file in checked.documents:
                checked.documents.discard(file)
                if checked.documents:
                    again.add(target)
                else:
                    gone |= self._targets.pop(target).findings.keys()
        return again | self._reading(file), gone

    def is_checked(self, target: Path) -> bool:
        """Whether a document of a target is still open."""
        return target in self._targets

    def record(self, target: Path, findings: Iterable[Finding], reads: frozenset[str]) -> set[str]:
        """Keep the result of a check; the open documents, and other files whose findings may have changed.

        A finding about no file is kept for each open document of the target.
        """
        checked = self._targets[target]
        before = checked.findings.keys() | {each.as_posix() for each in checked.documents}
        checked.findings, checked.reads = {}, reads
        for each in findings:
            places = [each.location] if each.location else [Location(str(file)) for file in checked.documents]
            for place in places:
                checked.findings.setdefault(place.file, []).append(each)
        return before | checked.findings.keys()

    def findings_in(self, file: Path) -> tuple[Finding, ...]:
        """The findings of the last checks in a file, each once."""
        path = file.as_posix()
        return tuple(
            dict.fromkeys(
                each for checked in self._targets.values() for each in checked.findings.get(path, ())
            )
        )

    def _outermost(self, folder: Path) -> Path:
        around = [each for each in self._targets if _contains(each, folder)]
        return min(around, key=lambda each: len(each.parts), default=folder)

    def _reading(self, file: Path) -> set[Path]:
        real = real_path(file)
        return {target for target, checked in self._targets.items() if real in checked.reads}


def _contains(outer: Path, inner: Path) -> bool:
    """Whether a folder is read together with another one: no part between them is hidden or a link."""
    if is_spec(outer) or is_spec(inner) or not inner.is_relative_to(outer):
        return False
    parts = inner.relative_to(outer).parts
    if any(part.startswith(".") for part in parts):
        return False
    return real_path(inner) == os.path.join(real_path(outer), *parts)  # noqa: PTH118
