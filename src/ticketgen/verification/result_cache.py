"""A cache of verification results: an unchanged directory is not verified twice.

The key is a digest of everything that the result depends on: every text and every path relative to the directory, and
every file of ticketgen and its parsers. An entry lists the files that were looked up around the directory and the
templates that were read; it is a miss if a file has appeared or vanished, or a template has changed. Entries have paths
relative to the directory, so a copy of it elsewhere shares them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ticketgen.caching import cache_folder, fingerprint, load, store
from ticketgen.findings import Finding
from ticketgen.hcl.budget import DEFAULT
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.verification.called_folders import NOTHING_AROUND, Neighbours
from ticketgen.verification.finding_rows import from_row, to_row
from ticketgen.verification.verify import Verified, verify_within

__all__ = ["cache_key", "verify_cached"]

_KIND = "verified"
_MAX_KEPT = 200
_PARSERS = ("hcl2", "lark", "pygohcl")


def verify_cached(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None = None,
    left_out: frozenset[str] = frozenset(),
    around: Neighbours = NOTHING_AROUND,
    budget: int = DEFAULT,
    round_trips: bool = False,
    progress: ProgressCallback = no_progress,
) -> tuple[Finding, ...]:
    """Return the findings of `verify_within`, from the cache if possible.

    See there for the arguments. A result that depends on time or memory is not stored, because another run may differ.
    """

    def verify() -> Verified:
        return verify_within(
            files,
            rendered=rendered,
            paths=paths,
            left_out=left_out,
            around=around,
            budget=budget,
            round_trips=round_trips,
        )

    if cache_folder() is None:
        progress("verifying; the cache is off or cannot be written")
        return verify().findings
    key = cache_key(
        files,
        rendered=rendered,
        paths=paths,
        left_out=left_out,
        around=around,
        budget=budget,
        round_trips=round_trips,
    )
    known = _read(key, around)
    if known is not None:
        progress("nothing has changed since the last run: the result is from the cache")
        return known
    progress("verifying; the cache has no result for these files")
    verified = verify()
    if verified.cacheable:
        rows = [to_row(finding) for finding in verified.findings]
        read = {path: _digest(text) for path, text in verified.read.items()}
        entry = [dict(verified.looked_up), read, rows]
        store(_KIND, key, json.dumps(entry).encode(), _MAX_KEPT)
    return verified.findings


def cache_key(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None,
    left_out: frozenset[str],
    around: Neighbours = NOTHING_AROUND,
    budget: int,
    round_trips: bool,
) -> str:
    """A digest of everything that the findings depend on, except what is looked up in the surroundings."""
    digest = hashlib.sha256(
        f"{fingerprint(*_PARSERS)}\0{rendered}\0{round_trips}\0{paths is None}\0{budget}".encode()
    )
    for path in sorted(paths or ()):
        digest.update(f"\0p{path}".encode("utf-8", "surrogateescape"))
    left = (("l", left_out), ("u", around.unread), ("a", around.absent), ("e", around.empty))
    for mark, names in left:
        for path in sorted(names):
            digest.update(f"\0{mark}{path}".encode("utf-8", "surrogateescape"))
    for mark, texts in (("f", files), ("c", around.texts)):
        for path, text in sorted(texts.items()):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(f"\0{mark}{path}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            digest.update(content)
    return digest.hexdigest()


def _read(key: str, around: Neighbours) -> tuple[Finding, ...] | None:
    entry = load(_KIND, key)
    if entry is None:
        return None
    looked_up, read, rows = json.loads(entry)
    if any(around.exists(path) != answer for path, answer in looked_up.items()):
        return None
    if any(_digest(around.read(path)) != digest for path, digest in read.items()):
        return None
    return tuple(map(from_row, rows))


def _digest(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
