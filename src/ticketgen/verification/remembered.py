"""A cache of verification results, so that an unchanged directory is not verified twice.

A result is stored under a digest of everything that it depends on: every text and every path relative to the directory,
and every file of ticketgen and its parsers. Corrupt or foreign entries count as misses. An entry is written beside its
place and moved there, so that concurrent runs see all of it or nothing; without a writable folder, nothing is stored.

Entries name files relative to the directory: the same directory in another place gets the paths of that place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from ticketgen.caching import cache_folder, fingerprint, keep
from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.hcl.budget import DEFAULT
from ticketgen.verification.verify import verify_within

__all__ = ["verify_or_remember"]

_MOST_KEPT = 200
_PARSERS = ("hcl2", "lark", "pygohcl")


def silent(what: str) -> None:
    """No-op progress callback."""


def verify_or_remember(
    files: Mapping[str, str],
    *,
    ours: bool,
    paths: frozenset[str] | None = None,
    budget: int = DEFAULT,
    progress: Callable[[str], None] = silent,
) -> tuple[Finding, ...]:
    """Return what `verify_within` finds, from the cache if it has it; see there for the arguments.

    A result is stored if another run would find the same, so not if the verification ran out of time or memory.
    """
    folder = cache_folder()
    if folder is None:
        progress("verifying; the cache is off or cannot be written")
        return verify_within(files, ours=ours, paths=paths, budget=budget).findings
    key = _digest(files, ours=ours, paths=paths, budget=budget)
    kept = folder / f"verified-{key}.json"
    known = _read(kept, key)
    if known is not None:
        progress("nothing has changed since the last run: the result is from the cache")
        return known
    progress("verifying; the cache has no result for these files")
    verified = verify_within(files, ours=ours, paths=paths, budget=budget)
    if verified.repeatable:
        _write(kept, key, verified.findings)
    return verified.findings


def _digest(files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None, budget: int) -> str:
    digest = hashlib.sha256(f"{fingerprint(*_PARSERS)}\0{ours}\0{paths is None}\0{budget}".encode())
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
