"""The bad and good example of each rule, for the tests of rules."""

from __future__ import annotations

from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.verification.directory import read_directory
from ticketgen.verification.verify import verify

__all__ = ["HERE", "bad", "good", "validated"]

HERE = Path(__file__).parent


def bad(rule: str) -> Path:
    """The folder that breaks only this rule; its ``expected.txt`` is the report."""
    return HERE / "bad" / rule


def good(rule: str) -> Path:
    """The folder that comes close to breaking the rule and breaks none."""
    return HERE / "good" / rule


def validated(folder: Path) -> tuple[Finding, ...]:
    """The findings of `ticketgen validate` for a folder."""
    read = read_directory(folder)
    assert read.value is not None
    return read.findings + verify(read.value.texts, rendered=False, paths=read.value.paths)
