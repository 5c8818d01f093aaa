"""Resources by Region, and the replicas of tables."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.syntax import Literal, Reference
from ticketgen.pictures.kinds import BOX_TYPES
from ticketgen.pictures.picture import Copy, ResourceRow
from ticketgen.pictures.trails import ScopedResource, SourceReference, literal_keys, written_form
from ticketgen.pictures.view import View

__all__ = ["replicas_of", "resource_rows"]

_ORDER = ("store", "stream", "function", "machine", "clock", "queue", "door")


def resource_rows(view: View) -> Iterator[ResourceRow]:
    """Yield a row per resource that is a box, with the Regions that have it."""
    found: dict[tuple[Declaration, str], list[Copy]] = {}
    for resource in view.resources():
        if resource.type in BOX_TYPES:
            copies = found.setdefault((resource.declared, resource.instance_key), [])
            copies.append(Copy(view.region_of(resource), False, (resource.declaration,)))
            copies += replicas_of(view, resource)
    for (declared, key), copies in sorted(found.items(), key=_sort_key):
        box = BOX_TYPES[declared.type]
        description = (
            f"global {box.description}" if any(copy.is_replica for copy in copies) else box.description
        )
        by_region = tuple(sorted(copies, key=lambda copy: copy.region))
        yield ResourceRow(key or declared.name, declared.type, box.kind, description, by_region)


def replicas_of(view: View, table: ScopedResource) -> Iterator[Copy]:
    """Yield the replicas of a table, each with the references that create it."""
    for replica, region in view.names.replicas(table):
        yield Copy(region, True, (replica.labels,))
    file_of_table = table.declared.file
    for block in table.block.blocks("dynamic"):
        for_each = block.attribute("for_each")
        if block.labels == ("replica",) and for_each is not None:
            text = written_form(for_each.value) if isinstance(for_each.value, Reference) else "replica"
            loop_reference = SourceReference(file_of_table, for_each.line, text)
            for region, item, file in literal_keys(for_each.value, table.scope, file_of_table):
                yield Copy(region, True, (loop_reference, SourceReference(file, item.line, f'"{region}"')))
    for block in table.block.blocks("replica"):
        region_name = block.attribute("region_name")
        if region_name is not None and isinstance(region_name.value, Literal):
            name = str(region_name.value.value)
            yield Copy(name, True, (SourceReference(file_of_table, region_name.line, f'"{name}"'),))


def _sort_key(row: tuple[tuple[Declaration, str], list[Copy]]) -> tuple[int, bool, int, Address, str]:
    """Sort by kind; replicated resources first, then resources in the most Regions."""
    (declared, key), copies = row
    replicated = any(copy.is_replica for copy in copies)
    kind = BOX_TYPES[declared.type].kind
    return _ORDER.index(kind), not replicated, -len(copies), declared.address, key
