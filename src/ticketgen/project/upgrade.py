"""The reasons why a newer ticketgen renders differently: the *Rendering* entries of the changelog."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.assets import changelog
from ticketgen.findings import Finding
from ticketgen.findings.stacks import UPGRADE_REASON
from ticketgen.tree import Changes, upgrades
from ticketgen.tree.version_order import is_newer
from ticketgen.version import VERSION

__all__ = ["explain_upgrade", "rendering_entries"]

_ANY_VERSION = (10**9,)


def explain_upgrade(changes: Changes, version: str = VERSION, text: str | None = None) -> tuple[Finding, ...]:
    """The reasons for each change since the version that wrote the stacks; nothing if nothing changes."""
    if not upgrades(changes, version):
        return ()
    older = (
        before for before in changes.versions.values() if before != version and not is_newer(before, version)
    )
    oldest = min(older, key=_parts)
    found = list(rendering_entries(changelog() if text is None else text, oldest, version))
    reasons = [f"{name}: {reason}" for name, reason in found]
    if not reasons:
        reasons = [f"the changelog gives no reason between {oldest} and {version}: read the diff"]
    return tuple(UPGRADE_REASON.found(each, "") for each in reasons)


def rendering_entries(text: str, after: str, up_to: str) -> Iterator[tuple[str, str]]:
    """The changelog's *Rendering* entries after one version and up to another: pairs of version and entry."""
    for title, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        name = title.split()[0].strip("[]")
        unreleased = name.casefold() == "unreleased"
        if not unreleased and not _parts(after) < _parts(name) <= _parts(up_to):
            continue
        for part in re.findall(r"^### Rendering\n(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL):
            for entry in re.findall(r"^- (.*?)(?=^- |\Z)", part, re.MULTILINE | re.DOTALL):
                yield (up_to if unreleased else name), " ".join(entry.split()).rstrip(".")


def _parts(version: str) -> tuple[int, ...]:
    numbers = tuple(int(each) for each in re.findall("[0-9]+", version.partition("+")[0])[:3])
    return numbers or _ANY_VERSION
