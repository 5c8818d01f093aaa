"""Boxes, and the lines that references make between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import Object, Reference
from ticketgen.pictures.kinds import BOXES, LINKS, OWNERS, USES, Link, StackPath
from ticketgen.pictures.picture import Line, Node
from ticketgen.pictures.replicas import replicas_of
from ticketgen.pictures.stack_paths import paths_of
from ticketgen.pictures.trails import Resource, SourceReference, literal_text, places, written_form
from ticketgen.pictures.view import View

__all__ = ["find_lines", "find_nodes"]


def find_nodes(view: View) -> dict[str, Node]:
    """Return the boxes of the primary Region by address, each in the column of its type."""
    found = {}
    for resource in view.primary_resources():
        box = BOXES.get(resource.type)
        if box is None or view.region_of(resource) not in {view.primary, ""}:
            continue
        in_vpc = any(use.target.type == "aws_security_group" for use in view.uses(resource))
        what = f"global {box.description}" if any(replicas_of(resource)) else box.description
        found[resource.key] = Node(
            resource.key, resource.type, resource.name, box.kind, what, box.column, in_vpc, resource.behind
        )
    return found


def find_lines(view: View, nodes: Mapping[str, Node]) -> Iterator[Line]:
    """Yield one line per pair of boxes and path, without its step."""
    found: dict[tuple[str, str, bool], tuple[str, list[SourceReference]]] = {}

    def add(source: str, target: str, apart: bool, label: str, trails: Iterable[SourceReference]) -> None:
        if source != target:
            known = found.setdefault((source, target, apart), (label, []))
            known[1].extend(each for each in trails if each not in known[1])

    for resource in view.primary_resources():
        link = LINKS.get(resource.type)
        if link is not None:
            for source, target, failing, behind in _linked(view, resource, link, nodes):
                label = _routes(resource, target) if resource.type == "aws_api_gateway_integration" else ""
                add(source, target, link.is_async or failing, label, behind)
        if resource.key in nodes and resource.type in USES:
            for use in view.uses(resource):
                if use.attribute.startswith(USES[resource.type]) and use.target.key in nodes:
                    add(resource.key, use.target.key, resource.type == "aws_sqs_queue", "", use.trail)
    drawn = [
        Line(source, target, StackPath.OTHER, 0, label, apart, tuple(behind))
        for (source, target, apart), (label, behind) in found.items()
    ]
    for line in drawn:
        yield from (replace(line, path=way) for way in paths_of(line, drawn, nodes))


def _linked(
    view: View, resource: Resource, link: Link, nodes: Mapping[str, Node]
) -> Iterator[tuple[str, str, bool, tuple[SourceReference, ...]]]:
    """Yield the pairs of boxes that a resource links, and whether each is for failures."""
    sources = list(_boxes(view, resource, link.source, nodes))
    targets = list(_boxes(view, resource, link.target, nodes))
    if link.target == "for_each":
        targets = [(key, behind) for key, behind in targets if nodes[key].kind == "function"]
    for source, from_source in sources:
        for target, to_target in targets:
            yield source, target, False, (*from_source, *to_target)
    if link.failure_attribute:
        for target, _ in targets:
            for queue, to_queue in _boxes(view, resource, link.failure_attribute, nodes):
                yield target, queue, True, to_queue


def _boxes(
    view: View, resource: Resource, attribute: str, nodes: Mapping[str, Node]
) -> Iterator[tuple[str, tuple[SourceReference, ...]]]:
    """Yield the boxes that an attribute leads to, directly or through a part of a box."""
    for use in view.uses(resource):
        if not use.attribute.startswith(attribute):
            continue
        if use.target.key in nodes:
            yield use.target.key, use.trail
        elif use.target.type in OWNERS:
            for owner, trail in _boxes(view, use.target, OWNERS[use.target.type], nodes):
                yield owner, (*use.trail, *trail)


def _routes(integration: Resource, function: str) -> str:
    """``POST /holds``, for each route that leads to a function; as the locals that are looped over say it."""
    for_each = integration.block.attribute("for_each")
    if for_each is None:
        return ""
    found = []
    for _, item, _file in places(for_each.value, integration.scope, integration.declared.file):
        route = getattr(item, "value", None)
        if isinstance(route, Object):
            target = route.get("function")
            if isinstance(target, Reference) and function.endswith(written_form(target)):
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
