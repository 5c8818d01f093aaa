"""Reading a directory of Terraform from the disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, Stage
from ticketgen.hcl.guards import MAX_BYTES

__all__ = ["read_directory"]


def read_directory(root: Path) -> Checked[Mapping[str, str]]:
    """Every ``*.tf`` below a directory: relative posix path to text. Hidden folders and links out of it are left out.

    No value when there is nothing to read; a file that is no UTF-8 is a finding and is left out.
    """
    if not root.is_dir():
        what = "is no directory" if root.exists() else "does not exist"
        return Checked(
            None, (Finding("no-directory", f"{root} {what}", Stage.VERIFY, help="name a directory"),)
        )
    files: dict[str, str] = {}
    findings = []
    top = root.resolve()
    for path in sorted(root.rglob("*.tf")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or not path.is_file() or not path.resolve().is_relative_to(top):
            continue
        name = relative.as_posix()
        try:
            with path.open("rb") as file:
                files[name] = file.read(MAX_BYTES + 1).decode()
        except (OSError, UnicodeDecodeError) as error:
            findings.append(Finding("unreadable", f"cannot be read: {error}", Stage.VERIFY, Location(name)))
    if not files and not findings:
        findings.append(
            Finding(
                "no-terraform", f"{root} has no .tf file", Stage.VERIFY, help="name a directory of Terraform"
            )
        )
        return Checked(None, tuple(findings))
    return Checked(files, tuple(findings))
