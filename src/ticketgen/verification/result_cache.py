"""A cache of verification results, so that an unchanged directory is not verified twice.

A result is stored under a digest of everything that it depends on: every text and every path relative to the directory,
and every file of ticketgen and its parsers.

Entries name files relative to the directory: the same directory in another place gets the paths of that place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ticketgen.caching import cache_folder, fingerprint, load, store
from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.hcl.budget import DEFAULT
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.verification.verify import verify_within

__all__ = ["verify_cached"]

_KIND = "verified"
_MAX_KEPT = 200
_PARSERS = ("hcl2", "lark", "pygohcl")


def verify_cached(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None = None,
    left_out: frozenset[str] = frozenset(),
    budget: int = DEFAULT,
    progress: ProgressCallback = no_progress,
) -> tuple[Finding, ...]:
    """Return what `verify_within` finds, from the cache if it has it; see there for the arguments.

    A result is stored if another run would find the same, so not if the verification ran out of time or memory.
    """
    if cache_folder() is None:
        progress("verifying; the cache is off or cannot be written")
        return verify_within(files, rendered=rendered, paths=paths, left_out=left_out, budget=budget).findings
    key = cache_key(files, rendered=rendered, paths=paths, left_out=left_out, budget=budget)
    known = _read(key)
    if known is not None:
        progress("nothing has changed since the last run: the result is from the cache")
        return known
    progress("verifying; the cache has no result for these files")
    verified = verify_within(files, rendered=rendered, paths=paths, left_out=left_out, budget=budget)
    if verified.cacheable:
        store(_KIND, key, json.dumps([_row(finding) for finding in verified.findings]).encode(), _MAX_KEPT)
    return verified.findings


def cache_key(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None,
    left_out: frozenset[str],
    budget: int,
) -> str:
    digest = hashlib.sha256(f"{fingerprint(*_PARSERS)}\0{rendered}\0{paths is None}\0{budget}".encode())
    for path in sorted(paths or ()):
        digest.update(f"\0p{path}".encode("utf-8", "surrogateescape"))
    for path in sorted(left_out):
        digest.update(f"\0l{path}".encode("utf-8", "surrogateescape"))
    for path, text in sorted(files.items()):
        content = text.encode("utf-8", "surrogatepass")
        digest.update(f"\0f{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def _read(key: str) -> tuple[Finding, ...] | None:
    kept = load(_KIND, key)
    return None if kept is None else tuple(map(_finding, json.loads(kept)))


def _row(finding: Finding) -> list[object]:
    place = finding.location
    where = [place.file, place.line, place.column] if place else None
    return [finding.rule, finding.message, where, finding.severity.value, finding.help]


def _finding(row: list[object]) -> Finding:
    rule, message, where, severity, help = row
    place = Location(*where) if isinstance(where, list) else None
    # By hand, because the declaration of a rule is in its module: a result from the cache imports no rules.
    return Finding(str(rule), str(message), Stage.VERIFY, place, Severity(str(severity)), str(help))
