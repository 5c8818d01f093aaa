"""Find the boxes, and the lines between them, from references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import Object, Reference
from ticketgen.pictures.kinds import BOX_TYPES, LINE_TYPES, OWNERS, USES, LineType, StackPath
from ticketgen.pictures.picture import Box, Line
from ticketgen.pictures.replicas import replicas_of
from ticketgen.pictures.stack_paths import paths_of
from ticketgen.pictures.trails import (
    ScopedResource,
    SourceReference,
    literal_keys,
    literal_text,
)
from ticketgen.pictures.view import View

__all__ = ["find_lines", "find_nodes"]


def find_nodes(view: View) -> dict[str, Box]:
    """The boxes of the primary Region by address, each in the column of its type."""
    found = {}
    for resource in view.primary_resources():
        box = BOX_TYPES.get(resource.type)
        if box is None or view.region_of(resource) not in {view.primary, ""}:
            continue
        in_vpc = any(use.target.type == "aws_security_group" for use in view.uses(resource))
        description = f"global {box.description}" if any(replicas_of(view, resource)) else box.description
        found[resource.key] = Box(
            key=resource.key,
            type=resource.type,
            name=resource.name,
            kind=box.kind,
            description=description,
            column=box.column,
            in_vpc=in_vpc,
            declaration=resource.declaration,
        )
    return found


def find_lines(view: View, nodes: Mapping[str, Box]) -> Iterator[Line]:
    """Yield one line per pair of boxes and path; the steps are not numbered yet."""
    found: dict[tuple[str, str, bool], tuple[str, dict[SourceReference, None]]] = {}

    def add(source: str, target: str, is_async: bool, label: str, trails: Iterable[SourceReference]) -> None:
        if source != target:
            known = found.setdefault((source, target, is_async), (label, {}))
            known[1].update(dict.fromkeys(trails))

    for resource in view.primary_resources():
        link = LINE_TYPES.get(resource.type)
        if link is not None:
            for source, target, is_failure, references in _linked(view, resource, link, nodes):
                label = _routes(resource, target) if resource.type == "aws_api_gateway_integration" else ""
                add(source, target, link.is_async or is_failure, label, references)
        if resource.key in nodes and resource.type in USES:
            for target, trail in _boxes(view, resource, USES[resource.type], nodes):
                add(resource.key, target, resource.type == "aws_sqs_queue", "", trail)
    lines = [
        Line(source, target, StackPath.OTHER, 0, label, is_async, tuple(references))
        for (source, target, is_async), (label, references) in found.items()
    ]
    for line in lines:
        yield from (replace(line, path=path) for path in paths_of(line, lines, nodes))


def _linked(
    view: View, resource: ScopedResource, link: LineType, nodes: Mapping[str, Box]
) -> Iterator[tuple[str, str, bool, tuple[SourceReference, ...]]]:
    """Yield the pairs of boxes that a resource links; True marks a failure line."""
    sources = list(_boxes(view, resource, link.source, nodes))
    targets = list(_boxes(view, resource, link.target, nodes))
    if link.target == "for_each":
        targets = [(key, references) for key, references in targets if nodes[key].kind == "function"]
    view.spend(len(sources) * len(targets))
    for source, source_references in sources:
        for target, target_references in targets:
            yield source, target, False, (*source_references, *target_references)
    if link.failure_attribute:
        for target, _ in targets:
            for queue, queue_references in _boxes(view, resource, link.failure_attribute, nodes):
                yield target, queue, True, queue_references


def _boxes(
    view: View, resource: ScopedResource, attribute: str, nodes: Mapping[str, Box]
) -> Iterator[tuple[str, tuple[SourceReference, ...]]]:
    """Yield the boxes that an attribute leads to, directly or through part of a box."""
    for use in view.uses(resource):
        if not use.attribute.startswith(attribute):
            continue
        if use.target.key in nodes:
            yield use.target.key, use.trail
        elif use.target.type in OWNERS:
            for owner, trail in _boxes(view, use.target, OWNERS[use.target.type], nodes):
                yield owner, (*use.trail, *trail)


def _routes(integration: ScopedResource, function: str) -> str:
    """The routes to a function, such as ``POST /holds``, from its loop."""
    for_each = integration.block.attribute("for_each")
    if for_each is None:
        return ""
    found = []
    for _, item, _file in literal_keys(for_each.value, integration.scope, integration.declared.file):
        route = getattr(item, "value", None)
        if isinstance(route, Object):
            target = route.get("function")
            # The alias of a function has the function's name.
            if isinstance(target, Reference) and function.endswith(f".{target.address.name}"):
                path = _path(route.get("resource"), integration.scope)
                found.append(f"{literal_text(route.get('method'))} {path}")
    return ", ".join(found)


def _path(reference: object, scope: Scope) -> str:
    if not isinstance(reference, Reference):
        return ""
    part = scope.module.first.get(reference.address)
    if part is None or part.type != "aws_api_gateway_resource":
        return ""
    return f"{_path(part.value('parent_id'), scope)}/{literal_text(part.value('path_part'))}"
