"""What there is to draw of a stack: plain data, and no coordinates yet. `extraction` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.pictures.instances import Behind
from ticketgen.pictures.kinds import Way

__all__ = ["Copy", "Flow", "Group", "Line", "Node", "Picture", "Row"]


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
