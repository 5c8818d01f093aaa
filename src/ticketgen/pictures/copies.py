"""Resources by Region, and the replicas of tables."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.hcl.syntax import Literal, Reference
from ticketgen.pictures.instances import Behind, Resource, places, spelled
from ticketgen.pictures.kinds import BOXES
from ticketgen.pictures.picture import Copy, Row
from ticketgen.pictures.view import View

__all__ = ["replicas", "rows"]

_ORDER = ("store", "stream", "function", "machine", "clock", "queue", "door")


def rows(view: View) -> Iterator[Row]:
    """Yield a row per resource that is a box, with the Regions that have it."""
    found: dict[tuple[str, str], list[Copy]] = {}
    for instance in view.every:
        for resource in instance.resources.values():
            if resource.type not in BOXES:
                continue
            region = view.region_of(resource)
            behind = (Behind(resource.file, resource.block.line, resource.address),)
            copies = found.setdefault((instance.module.folder, resource.address), [])
            copies.append(Copy(region, False, behind))
            copies += replicas(resource)
    for (_, address), copies in sorted(found.items(), key=_place):
        kind, _, name = address.partition(".")
        box = BOXES[kind]
        what = f"global {box.what}" if any(copy.is_replica for copy in copies) else box.what
        yield Row(name, kind, box.kind, what, tuple(sorted(copies, key=lambda copy: copy.region)))


def replicas(table: Resource) -> Iterator[Copy]:
    """Yield the replicas of a table, each with the references that create it."""
    for block in table.block.blocks("dynamic"):
        for_each = block.attribute("for_each")
        if block.labels == ("replica",) and for_each is not None:
            text = spelled(for_each.value) if isinstance(for_each.value, Reference) else "replica"
            here = Behind(table.file, for_each.line, text)
            for region, item, file in places(for_each.value, table.instance, table.file):
                yield Copy(region, True, (here, Behind(file, item.line, f'"{region}"')))
    for block in table.block.blocks("replica"):
        named = block.attribute("region_name")
        if named is not None and isinstance(named.value, Literal):
            name = str(named.value.value)
            yield Copy(name, True, (Behind(table.file, named.line, f'"{name}"'),))


def _place(row: tuple[tuple[str, str], list[Copy]]) -> tuple[int, bool, int, str]:
    """Sort by kind, then replicated resources, then those in the most Regions."""
    (_, address), copies = row
    replicated = any(copy.is_replica for copy in copies)
    kind = BOXES[address.partition(".")[0]].kind
    return _ORDER.index(kind), not replicated, -len(copies), address
