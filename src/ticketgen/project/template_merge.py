"""Plan the three-way merge of the templates that a project copied with `ticketgen eject`."""

from __future__ import annotations

from dataclasses import replace

from ticketgen.findings import Location
from ticketgen.findings.merging import FILE_MERGED
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.project.bases import base_path, normalized, read_base
from ticketgen.project.eject import ejectable_templates, own_template
from ticketgen.project.merge_plan import MergePlan
from ticketgen.project.three_way import FileAction
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.stack.overrides import OVERRIDES
from ticketgen.tree.manifest import Manifest, ManifestEntry, load
from ticketgen.tree.paths import fingerprint
from ticketgen.version import VERSION

__all__ = ["plan_templates"]


def plan_templates(plan: MergePlan) -> None:
    """Plan the project's templates; each has its hash in the manifest of ``templates/``, and its base."""
    place = f"{OVERRIDES}/{MANIFEST_NAME}"
    try:
        before = read_below(plan.root, place, MAX_TEXT)
    except OSError:
        before = None
    recorded = load(plan.root, OVERRIDES)
    if recorded.value is None:
        plan.findings += recorded.findings
        return
    known = ejectable_templates()
    files = dict(recorded.value.files)
    for name, entry in sorted(recorded.value.files.items()):
        ours = own_template(name) if name in known else None
        next_entry = _next(plan, name, entry, ours, recorded.value)
        if next_entry is None:
            del files[name]
        else:
            files[name] = next_entry
    if {name: each.sha256 for name, each in files.items()} != {
        name: each.sha256 for name, each in recorded.value.files.items()
    }:
        plan.put(place, before, recorded.value.moved_on(VERSION, files).text().encode())


def _next(
    plan: MergePlan, name: str, entry: ManifestEntry, ours: bytes | None, recorded: Manifest
) -> ManifestEntry | None:
    """The new entry of a template; None if the project no longer has a copy, or ticketgen no such template."""
    path = f"{OVERRIDES}/{name}"
    mergeable, yours = plan.read(path)
    if not mergeable:
        return entry
    base = _base(plan, path, entry, yours, ours)
    if base is None:
        return entry
    found = plan.resolve(path, yours, base, ours, entry.version or recorded.ticketgen)
    if found is None:
        return entry
    if found.action is FileAction.STAY_DELETED:
        found = replace(found, action=FileAction.FORGET)
        message = "the project's copy was deleted: ticketgen's own template is used again"
        plan.findings.append(FILE_MERGED.found(message, "", at=Location(path)))
    plan.apply(path, yours, found, ours)
    return (
        None
        if found.content is None or ours is None
        else ManifestEntry(entry.kind, fingerprint(ours), VERSION)
    )


def _base(
    plan: MergePlan, path: str, entry: ManifestEntry, yours: bytes | None, ours: bytes | None
) -> bytes | None:
    """The base of a template; None if it is unknown, for instance because an older ticketgen copied the template."""
    found = read_base(plan.root, path, entry.sha256)
    if found.value is not None:
        return found.value
    if _has_base(plan, path):
        plan.findings += found.findings
        return None
    if ours is not None and (
        entry.sha256 == fingerprint(ours) or normalized(yours or b"") == normalized(ours)
    ):
        return ours
    # `template-moved-on` reports it; a template that was deleted needs no base.
    return b"" if yours is None else None


def _has_base(plan: MergePlan, path: str) -> bool:
    try:
        read_below(plan.root, base_path(path), MAX_TEXT)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
