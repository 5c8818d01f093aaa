"""Reading a directory of Terraform from the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Stage
from ticketgen.hcl.guards import MAX_BYTES

__all__ = ["Directory", "read_directory"]

_READ = re.compile(r".*\.(?:tf|tfvars|tftest\.hcl|tfmock\.hcl|tf\.json)|(?:test_\w*|\w+_test|conftest)\.py")
"""Terraform, and the tests that it ships. Source: https://developer.hashicorp.com/terraform/language/files."""

_MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class Directory:
    """What is on the disk.

    Attributes:
        texts: every file of Terraform, and every file of tests in Python: relative posix path to text.
        paths: the relative posix paths of all files; None where there are too many to look at.
    """

    texts: Mapping[str, str]
    paths: frozenset[str] | None


def read_directory(root: Path) -> Checked[Directory]:
    """Read what is below a directory. Hidden folders and files, and links out of it, are left out.

    No value when there is nothing to read; a file that is no UTF-8 is a finding and is left out.
    """
    if not root.is_dir():
        what = "is no directory" if root.exists() else "does not exist"
        return Checked(
            None, (Finding("no-directory", f"{root} {what}", Stage.VERIFY, help="name a directory"),)
        )
    texts: dict[str, str] = {}
    findings = []
    paths: list[str] = []
    for name in _files(root):
        paths.append(name)
        if not _READ.fullmatch(name.rpartition("/")[2]):
            continue
        try:
            with (root / name).open("rb") as file:
                texts[name] = file.read(MAX_BYTES + 1).decode()
        except (OSError, UnicodeDecodeError) as error:
            findings.append(Finding("unreadable", f"cannot be read: {error}", Stage.VERIFY, Location(name)))
    if not any(name.endswith(".tf") for name in texts) and not findings:
        findings.append(
            Finding(
                "no-terraform",
                f"{root} has no .tf file",
                Stage.VERIFY,
                help="HCL as JSON is not read: write it as HCL"
                if any(name.endswith(".tf.json") for name in texts)
                else "name a directory of Terraform",
            )
        )
        return Checked(None, tuple(findings))
    known = frozenset(paths) if len(paths) < _MOST_FILES else None
    return Checked(Directory(texts, known), tuple(findings))


def _files(root: Path) -> Iterator[str]:
    """Relative posix paths, sorted. Linked folders are not entered: they may lead in a circle."""
    top = root.resolve()
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if name.startswith(".") or (path.is_symlink() and not path.resolve().is_relative_to(top)):
                continue
            if path.is_file():
                yield path.relative_to(root).as_posix()
