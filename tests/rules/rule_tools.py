"""Directories of Terraform for the tests of rules: each rule's bad and good examples."""

from __future__ import annotations

from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.verification.directory import read_directory
from ticketgen.verification.verify import verify

__all__ = ["HERE", "bad", "good", "validated"]

HERE = Path(__file__).parent


def bad(rule: str) -> Path:
    """The folder that breaks a rule, and no other; ``expected.txt`` in it is what people are told."""
    return HERE / "bad" / rule


def good(rule: str) -> Path:
    """The folder that comes as near as it may, and breaks none."""
    return HERE / "good" / rule


def validated(folder: Path) -> tuple[Finding, ...]:
    """What `ticketgen validate` finds in a folder."""
    read = read_directory(folder)
    assert read.value is not None
    return read.findings + verify(read.value.texts, ours=False, paths=read.value.paths)
