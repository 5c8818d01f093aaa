"""The content of a picture as plain data without coordinates; `extraction` builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.pictures.kinds import StackPath
from ticketgen.pictures.trails import SourceReference

__all__ = ["Copy", "Flow", "Group", "Line", "Node", "Picture", "Row"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the primary Region.

    Attributes:
        key: its address in the stack.
        type: of the resource.
        name: the label of its block.
        kind: determines its colour.
        description: what it is, in a word or two.
        column: counts from the buyers inwards.
        in_vpc: whether it is in the VPC.
        declaration: its block.
    """

    key: str
    type: str
    name: str
    kind: str
    description: str
    column: int
    in_vpc: bool
    declaration: SourceReference


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes.

    Attributes:
        source: the key of the box where it begins.
        target: of the one where it ends.
        path: its path.
        step: its number on that path, from 1; 0 without a number.
        label: its text.
        is_async: whether it is asynchronous.
        references: the references that make it, from its source to its target.
    """

    source: str
    target: str
    path: StackPath
    step: int
    label: str
    is_async: bool
    references: tuple[SourceReference, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """A resource in one Region, with the references that put it there."""

    region: str
    is_replica: bool
    references: tuple[SourceReference, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A resource and the Regions that have it."""

    name: str
    type: str
    kind: str
    description: str
    copies: tuple[Copy, ...]

    @property
    def is_replicated(self) -> bool:
        """Whether any copy is a replica."""
        return any(copy.is_replica for copy in self.copies)


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic that a security group allows to a peer or from it.

    Attributes:
        peer: the name of the other group, endpoint or address range.
        peer_type: its type; "" for an address range.
        ports: ``tcp 6379``.
        egress: references of the egress rule; empty without one.
        ingress: references of the ingress rule at the other end; empty without one.
    """

    peer: str
    peer_type: str
    ports: str
    egress: tuple[SourceReference, ...]
    ingress: tuple[SourceReference, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A security group with its members and the flows that begin there."""

    name: str
    members: tuple[str, ...]
    flows: tuple[Flow, ...]
    declaration: SourceReference


@dataclass(frozen=True, slots=True)
class Picture:
    """The content of a stack's picture.

    Attributes:
        project: ``local.app_name``.
        environment: the default of ``var.environment_suffix``.
        regions: in alphabetical order.
        primary: the Region whose data paths are drawn.
        hubs: the Regions with analytics and verification, the primary first.
        nodes: its boxes.
        lines: between them.
        rows: the resources of every Region.
        groups: the security groups of the primary Region.
        counts: number of blocks of each type in all Regions.
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
