"""What there is to draw, extracted from a stack's Terraform: plain data, and no coordinates yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ticketgen.hcl.modules import modules
from ticketgen.hcl.syntax import Attribute, Block, Expression, File, GetAttribute, Literal, Object, Reference
from ticketgen.pictures.instances import (
    Behind,
    Instance,
    Resource,
    Use,
    instances,
    literals,
    places,
    region_of,
    spelled,
)
from ticketgen.pictures.instances import uses as uses_of
from ticketgen.pictures.kinds import BOXES, LINKS, OWNERS, USES, WAY_OF_FUNCTION, Link, Way

__all__ = ["Copy", "Flow", "Group", "Line", "Node", "Picture", "Row", "picture"]

_FLOWS = {"aws_vpc_security_group_egress_rule": "out", "aws_vpc_security_group_ingress_rule": "in"}


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the Region that is drawn up close.

    Attributes:
        key: its address in the stack.
        type: of the resource.
        name: the label of its block.
        kind: decides over its colour.
        what: what it is, in a word or two.
        column: from the buyers inwards.
        in_vpc: whether it stands in the VPC.
        behind: its block.
    """

    key: str
    type: str
    name: str
    kind: str
    what: str
    column: int
    in_vpc: bool
    behind: Behind


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes.

    Attributes:
        source: the key of the box where it begins.
        target: of the one where it ends.
        way: what passes along it.
        step: its number on that way, from 1; 0 on none.
        label: what is said beside it.
        apart: whether what happens at its end happens later, by itself.
        behind: the references that make it, each from the one who refers to the one who is meant.
    """

    source: str
    target: str
    way: Way
    step: int
    label: str
    apart: bool
    behind: tuple[Behind, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """That something stands in a Region; with the reference that puts it there, if it is a replica."""

    region: str
    is_replica: bool
    behind: tuple[Behind, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing and the Regions that have it."""

    name: str
    type: str
    kind: str
    what: str
    copies: tuple[Copy, ...]

    @property
    def is_replicated(self) -> bool:
        """Whether one copy follows another."""
        return any(copy.is_replica for copy in self.copies)


@dataclass(frozen=True, slots=True)
class Flow:
    """What a security group lets through to somewhere, or from there.

    Attributes:
        peer: the name of the other group, endpoint or address range.
        peer_type: its type; "" for an address range.
        ports: ``tcp 6379``.
        out: the references of the rule that lets it out; empty if none does.
        back: of the rule that lets it in at the other end.
    """

    peer: str
    peer_type: str
    ports: str
    out: tuple[Behind, ...]
    back: tuple[Behind, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A security group: who stands in it, and the flows that begin there."""

    name: str
    members: tuple[str, ...]
    flows: tuple[Flow, ...]
    behind: Behind


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn of a stack.

    Attributes:
        project: ``local.app_name``.
        environment: the default of ``var.environment_suffix``.
        regions: in alphabetical order.
        primary: the Region that is drawn up close.
        hubs: the Regions with analytics and verification, the primary first.
        nodes: its boxes.
        lines: between them.
        rows: what stands where, in every Region.
        groups: the security groups of the Region.
        counts: how many blocks there are of each type, over all Regions.
    """

    project: str
    environment: str
    regions: tuple[str, ...]
    primary: str
    hubs: tuple[str, ...]
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    counts: Mapping[str, int]


def picture(files: Iterable[File]) -> Picture:
    """The picture of a stack.

    Args:
        files: its Terraform, parsed, with paths relative to the root module.
    """
    every = instances(modules(files))
    return _Stack(every).picture()


class _Stack:
    """The instances of a stack, and the references between their resources."""

    def __init__(self, every: tuple[Instance, ...]) -> None:
        self.every = every
        self.children = {instance.name: instance for instance in every if instance.name}
        self.root = every[0]
        self.primary = literals(self._local("primary_region"))
        regions = {instance.region for instance in every} | {
            region_of(resource, every) for resource in self.root.resources.values()
        }
        self.regions = tuple(sorted(regions - {""}))
        self._uses: dict[str, tuple[Use, ...]] = {}

    def _local(self, name: str) -> Expression | None:
        found = self.root.module.declarations.get(f"local.{name}", ())
        return found[0].node.value if found and isinstance(found[0].node, Attribute) else None

    def picture(self) -> Picture:
        """Everything, in an order that depends on the text alone."""
        nodes = self._nodes()
        lines = tuple(_numbered(self._lines(nodes), nodes))
        placed = tuple(_in_columns(nodes, lines))
        suffix = self.root.module.declarations.get("var.environment_suffix", ())
        default = (
            suffix[0].node.attribute("default") if suffix and isinstance(suffix[0].node, Block) else None
        )
        modules_in = Counter(instance.region for instance in self.every if instance.region)
        most = max(modules_in.values(), default=0)
        hubs = [name for name in self.regions if modules_in[name] == most > min(modules_in.values())]
        return Picture(
            project=literals(self._local("app_name")),
            environment=literals(default.value if default else None),
            regions=self.regions,
            primary=self.primary,
            hubs=tuple(sorted(hubs or [self.primary], key=lambda name: (name != self.primary, name))),
            nodes=placed,
            lines=lines,
            rows=tuple(self._rows()),
            groups=tuple(self._groups(nodes)),
            counts=Counter(
                resource.type for instance in self.every for resource in instance.resources.values()
            ),
        )

    def uses(self, resource: Resource) -> tuple[Use, ...]:
        """What a resource uses, found once."""
        if resource.key not in self._uses:
            self._uses[resource.key] = tuple(uses_of(resource, self.children))
        return self._uses[resource.key]

    def _close(self) -> Iterator[Resource]:
        """The resources of the Region that is drawn up close, and those of the root."""
        for instance in self.every:
            if instance.region in {self.primary, ""}:
                yield from instance.resources.values()

    def _nodes(self) -> dict[str, Node]:
        found = {}
        for resource in self._close():
            box = BOXES.get(resource.type)
            if box is None or region_of(resource, self.every) not in {self.primary, ""}:
                continue
            in_vpc = any(use.target.type == "aws_security_group" for use in self.uses(resource))
            behind = Behind(resource.file, resource.block.line, resource.address)
            what = f"global {box.what}" if any(self._replicas(resource)) else box.what
            found[resource.key] = Node(
                resource.key, resource.type, resource.name, box.kind, what, box.column, in_vpc, behind
            )
        return found

    def _lines(self, nodes: Mapping[str, Node]) -> Iterator[Line]:
        """Lines without their numbers; one for each pair of boxes and way."""
        found: dict[tuple[str, str, bool], tuple[str, list[Behind]]] = {}

        def add(source: str, target: str, apart: bool, label: str, trails: Iterable[Behind]) -> None:
            if source != target:
                known = found.setdefault((source, target, apart), (label, []))
                known[1].extend(each for each in trails if each not in known[1])

        for resource in self._close():
            link = LINKS.get(resource.type)
            if link is not None:
                for source, target, failing, behind in self._linked(resource, link, nodes):
                    label = (
                        self._routes(resource, target)
                        if resource.type == "aws_api_gateway_integration"
                        else ""
                    )
                    add(source, target, link.apart or failing, label, behind)
            if resource.key in nodes and resource.type in USES:
                for use in self.uses(resource):
                    if use.attribute.startswith(USES[resource.type]) and use.target.key in nodes:
                        add(resource.key, use.target.key, resource.type == "aws_sqs_queue", "", use.trail)
        drawn = [
            Line(source, target, Way.OTHER, 0, label, apart, tuple(behind))
            for (source, target, apart), (label, behind) in found.items()
        ]
        for line in drawn:
            yield from (replace(line, way=way) for way in _ways(line, drawn, nodes))

    def _linked(
        self, resource: Resource, link: Link, nodes: Mapping[str, Node]
    ) -> Iterator[tuple[str, str, bool, tuple[Behind, ...]]]:
        """The pairs of boxes that a resource links, each with whether it is for failures."""
        sources = list(self._boxes(resource, link.source, nodes))
        targets = list(self._boxes(resource, link.target, nodes))
        if link.target == "for_each":
            targets = [(key, behind) for key, behind in targets if nodes[key].kind == "function"]
        for source, from_source in sources:
            for target, to_target in targets:
                yield source, target, False, (*from_source, *to_target)
        if link.failures:
            for target, _ in targets:
                for queue, to_queue in self._boxes(resource, link.failures, nodes):
                    yield target, queue, True, to_queue

    def _boxes(
        self, resource: Resource, attribute: str, nodes: Mapping[str, Node]
    ) -> Iterator[tuple[str, tuple[Behind, ...]]]:
        """The boxes that an attribute leads to, directly or by a part of them."""
        for use in self.uses(resource):
            if not use.attribute.startswith(attribute):
                continue
            if use.target.key in nodes:
                yield use.target.key, use.trail
            elif use.target.type in OWNERS:
                for owner, trail in self._boxes(use.target, OWNERS[use.target.type], nodes):
                    yield owner, (*use.trail, *trail)

    def _routes(self, integration: Resource, function: str) -> str:
        """``POST /holds``, for each route that leads to a function; as the locals that are looped over say it."""
        for_each = integration.block.attribute("for_each")
        if for_each is None:
            return ""
        found = []
        for _, item, _file in places(for_each.value, integration.instance, integration.file):
            route = getattr(item, "value", None)
            if isinstance(route, Object):
                target = route.get("function")
                if isinstance(target, Reference) and function.endswith(spelled(target)):
                    path = self._path(route.get("resource"), integration.instance)
                    found.append(f"{literals(route.get('method'))} {path}")
        return ", ".join(found)

    def _path(self, reference: object, instance: Instance) -> str:
        if not isinstance(reference, Reference):
            return ""
        address = ".".join(
            [reference.root, *(s.name for s in reference.steps[:1] if isinstance(s, GetAttribute))]
        )
        part = instance.resources.get(address)
        if part is None or part.type != "aws_api_gateway_resource":
            return ""
        parent = part.block.attribute("parent_id")
        own = part.block.attribute("path_part")
        return (
            f"{self._path(parent.value if parent else None, instance)}/{literals(own.value if own else None)}"
        )

    def _rows(self) -> Iterator[Row]:
        """What stands where: a row a box, in the order of the columns."""
        found: dict[tuple[str, str], list[Copy]] = {}
        for instance in self.every:
            for resource in instance.resources.values():
                if resource.type not in BOXES:
                    continue
                region = region_of(resource, self.every)
                behind = (Behind(resource.file, resource.block.line, resource.address),)
                copies = found.setdefault((instance.module.folder, resource.address), [])
                copies.append(Copy(region, False, behind))
                copies += self._replicas(resource)
        order = {"store": 0, "stream": 1, "function": 2, "machine": 3, "clock": 4, "queue": 5, "door": 6}
        for (_, address), copies in sorted(found.items(), key=lambda each: _row_order(each, order)):
            kind, _, name = address.partition(".")
            box = BOXES[kind]
            what = f"global {box.what}" if any(copy.is_replica for copy in copies) else box.what
            yield Row(name, kind, box.kind, what, tuple(sorted(copies, key=lambda copy: copy.region)))

    def _replicas(self, table: Resource) -> Iterator[Copy]:
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

    def _groups(self, nodes: Mapping[str, Node]) -> Iterator[Group]:
        rules = [resource for resource in self._close() if resource.type in _FLOWS]
        for group in self._close():
            if group.type not in {"aws_security_group", "aws_default_security_group"}:
                continue
            members = tuple(
                sorted(
                    node.name
                    for resource in self._close()
                    if (node := nodes.get(resource.key))
                    and any(use.target.key == group.key for use in self.uses(resource))
                )
            )
            behind = Behind(group.file, group.block.line, group.address)
            yield Group(group.name, members, tuple(self._flows(group, rules)), behind)

    def _flows(self, group: Resource, rules: list[Resource]) -> Iterator[Flow]:
        """The flows that begin at a group, and those into it that begin at no group."""
        for rule in rules:
            own, peer = self._ends(rule)
            direction = _FLOWS[rule.type]
            ports = _ports(rule.block)
            if own is None or (direction == "in" and isinstance(peer, Use)):
                continue
            if own.target.key != group.key:
                continue
            behind = (*own.trail, *(peer.trail if isinstance(peer, Use) else ()))
            name = peer.target.name if isinstance(peer, Use) else str(peer)
            back: tuple[Behind, ...] = ()
            for other in rules:
                its_own, its_peer = self._ends(other)
                if (
                    _FLOWS[other.type] == "in"
                    and its_own is not None
                    and isinstance(peer, Use)
                    and isinstance(its_peer, Use)
                    and (its_own.target.key, its_peer.target.key) == (peer.target.key, group.key)
                    and _ports(other.block) == ports
                ):
                    back = (*its_own.trail, *its_peer.trail)
            kind = peer.target.type if isinstance(peer, Use) else ""
            yield Flow(
                name,
                kind,
                ports,
                behind if direction == "out" else (),
                back if direction == "out" else behind,
            )

    def _ends(self, rule: Resource) -> tuple[Use | None, Use | str]:
        """The group that a rule belongs to, and what it lets reach it."""
        own = next((use for use in self.uses(rule) if use.attribute == "security_group_id"), None)
        peer = next((use for use in self.uses(rule) if use.attribute in _PEERS), None)
        if peer is not None:
            return own, peer
        named = next(
            (rule.block.attribute(name) for name in ("cidr_ipv4", "cidr_ipv6") if rule.block.attribute(name)),
            None,
        )
        return own, literals(named.value) if named is not None else ""


_PEERS = {"referenced_security_group_id", "prefix_list_id"}


def _ports(rule: Block) -> str:
    protocol, first, last = (
        literals(attribute.value) if (attribute := rule.attribute(name)) else ""
        for name in ("ip_protocol", "from_port", "to_port")
    )
    return f"{protocol} {first}" if first == last else f"{protocol} {first}–{last}"


def _row_order(
    row: tuple[tuple[str, str], list[Copy]], order: Mapping[str, int]
) -> tuple[int, bool, int, str]:
    """What is replicated first, then what stands everywhere."""
    (_, address), copies = row
    replicated = any(copy.is_replica for copy in copies)
    kind = BOXES[address.partition(".")[0]].kind
    return order.get(kind, 9), not replicated, -len(copies), address


def _ways(line: Line, lines: Iterable[Line], nodes: Mapping[str, Node]) -> tuple[Way, ...]:
    """The ways that a line is on: those of the function at an end of it, or those that go on where it ends."""
    if nodes[line.target].kind == "queue" and line.apart and nodes[line.source].kind == "function":
        return (Way.OTHER,)
    for end in (line.target, line.source):
        node = nodes[end]
        if node.kind == "function" and node.name in WAY_OF_FUNCTION:
            return (WAY_OF_FUNCTION[node.name],)
    if nodes[line.source].kind == "store":
        return (Way.FOLLOWING,)
    if nodes[line.source].kind == "queue":
        return (Way.CORRECTION,)
    if line.source.rpartition(".")[0].endswith(("aws_cognito_user_pool", "aws_api_gateway_domain_name")):
        return (Way.OTHER,)
    onwards = {way for each in lines if each.source == line.target for way in _ways(each, lines, nodes)}
    if Way.VERIFICATION in onwards:  # a correction begins where a verification has found something
        onwards.discard(Way.CORRECTION)
    return tuple(sorted(onwards, key=list(Way).index)) or (Way.OTHER,)


def _numbered(lines: Iterable[Line], nodes: Mapping[str, Node]) -> Iterator[Line]:
    """Each line with its step on its way: how far it is from where the way begins."""
    found = list(lines)
    for way in Way:
        own = [line for line in found if line.way is way]
        # What a function writes is not where its way goes on, even if something else follows from it.
        onwards = [line for line in own if nodes[line.target].kind != "store"]
        begun = {line.source for line in own} - {line.target for line in onwards}
        reached = dict.fromkeys(sorted(begun), 0)
        for depth in range(1, len(own) + 1):
            reached |= {
                line.target: depth
                for line in onwards
                if reached.get(line.source) == depth - 1 and line.target not in reached
            }
        for line in own:
            yield replace(line, step=0 if way is Way.OTHER else reached.get(line.source, 0) + 1)


def _in_columns(nodes: Mapping[str, Node], lines: tuple[Line, ...]) -> Iterator[Node]:
    """Boxes with the columns that follow from what feeds them."""
    columns = {key: node.column for key, node in nodes.items()}
    fed = {line.target: line.source for line in lines if line.apart and nodes[line.target].kind == "function"}
    for key, source in fed.items():
        columns[key] = columns[source] + 1
    for line in lines:
        if nodes[line.source].kind == "queue" and nodes[line.target].kind == "queue":
            columns[line.target] = columns[line.source] + 1
        elif nodes[line.target].kind == "queue" and line.way is Way.OTHER:
            columns[line.target] = max(columns[line.target], columns[line.source] + 1)
    for line in lines:
        if nodes[line.source].kind == "clock":
            columns[line.source] = columns[line.target] + (1 if columns[line.target] > 2 else -1)
    for key, node in nodes.items():
        yield replace(node, column=columns[key])
