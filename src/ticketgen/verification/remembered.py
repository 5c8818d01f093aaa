"""What verifying found the last time, for whoever verifies the same again.

A result is kept under a digest of everything that it depends on: every text and path, and ticketgen itself with what it
parses with, file by file. Nothing else is trusted: a result that is not whole, or not its digest's, is none. Each is
written beside and moved, so that runs side by side see all of it or nothing; without a folder to write to, nothing is
kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ticketgen.caching import cache_folder, fingerprint, keep
from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.verification.verify import verify

__all__ = ["verify_or_remember"]

_MOST_KEPT = 200
_PARSERS = ("hcl2", "lark", "pygohcl")


def verify_or_remember(
    files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """As `verify`, or what it found for the same before."""
    folder = cache_folder()
    if folder is None:
        return verify(files, ours=ours, paths=paths)
    key = _digest(files, ours=ours, paths=paths)
    kept = folder / f"verified-{key}.json"
    known = _read(kept, key)
    if known is not None:
        return known
    findings = verify(files, ours=ours, paths=paths)
    _write(kept, key, findings)
    return findings


def _digest(files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None) -> str:
    digest = hashlib.sha256(f"{fingerprint(*_PARSERS)}\0{ours}\0{paths is None}".encode())
    for path in sorted(paths or ()):
        digest.update(f"\0p{path}".encode("utf-8", "surrogateescape"))
    for path, text in sorted(files.items()):
        content = text.encode("utf-8", "surrogatepass")
        digest.update(f"\0f{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def _read(kept: Path, key: str) -> tuple[Finding, ...] | None:
    try:
        document = json.loads(kept.read_bytes())
        rows = document["findings"]
        if document["key"] != key or document["sum"] != _sum(rows):
            return None
        findings = tuple(map(_finding, rows))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return findings


def _write(kept: Path, key: str, findings: tuple[Finding, ...]) -> None:
    rows = [_row(finding) for finding in findings]
    document = {"key": key, "sum": _sum(rows), "findings": rows}
    keep(kept, json.dumps(document).encode(), _MOST_KEPT)


def _sum(rows: list[list[object]]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _row(finding: Finding) -> list[object]:
    place = finding.location
    where = [place.file, place.line, place.column] if place else None
    return [finding.rule, finding.message, finding.stage.value, where, finding.severity.value, finding.help]


def _finding(row: list[object]) -> Finding:
    rule, message, stage, where, severity, help = row
    place = Location(*where) if isinstance(where, list) else None
    return Finding(str(rule), str(message), Stage(str(stage)), place, Severity(str(severity)), str(help))
