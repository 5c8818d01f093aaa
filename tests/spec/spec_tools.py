"""Shared code of the tests of the spec."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.spec.load import load
from ticketgen.spec.model import Project
from ticketgen.spec.resolve import resolve

DEMO = Path(__file__).parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"


def both_stages(path: Path) -> tuple[Project | None, tuple[Finding, ...]]:
    """Load and resolve, as the pipeline does it."""
    loaded = load(path)
    if loaded.value is None:
        return None, loaded.findings
    resolved = resolve(loaded.value)
    return resolved.value, loaded.findings + resolved.findings


def written(findings: Iterable[Finding]) -> str:
    """Findings as the files in ``bad/`` have them."""
    return "".join(
        f"{each.location} {each.severity} {each.rule}\n    {each.message}\n    -> {each.help}\n"
        for each in findings
    )
