"""The content of a picture, without coordinates; `extraction` builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.pictures.kinds import StackPath
from ticketgen.pictures.trails import SourceReference

__all__ = ["Box", "Copy", "Flow", "Group", "Line", "Picture", "ResourceRow"]


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the primary Region.

    Attributes:
        key: the address of the resource in the stack.
        type: the type of the resource.
        name: the name of the resource in Terraform.
        kind: the kind, which determines the colour.
        description: a short description of the type.
        column: the column, counted from the buyers inwards.
        in_vpc: whether the resource is in the VPC.
        declaration: the location of the block.
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
        source: the key of the box where the line begins.
        target: the key of the box where the line ends.
        path: the path of the line.
        step: the number of the step on the path, from 1; 0 without a number.
        label: the text.
        is_async: whether the call or delivery is asynchronous.
        references: the references that lead from the source to the target.
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
    """A resource in one Region, with the references that create it there."""

    region: str
    is_replica: bool
    references: tuple[SourceReference, ...]


@dataclass(frozen=True, slots=True)
class ResourceRow:
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
        peer: the name of the other group or endpoint, or the address range.
        peer_type: the resource type of the peer; "" for an address range.
        ports: protocol and ports, such as ``tcp 6379``.
        egress: the references of the egress rule; empty if there is none.
        ingress: the references of the ingress rule at the other end; empty if there is none.
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
        regions: all Regions, in alphabetical order.
        primary: the Region whose data paths are drawn.
        hubs: the Regions with analytics and verification, the primary first.
        nodes: the boxes.
        lines: the lines between boxes.
        rows: the resources of all Regions.
        groups: the security groups of the primary Region.
        counts: the number of blocks of each type in all Regions.
    """

    project: str
    environment: str
    regions: tuple[str, ...]
    primary: str
    hubs: tuple[str, ...]
    nodes: tuple[Box, ...]
    lines: tuple[Line, ...]
    rows: tuple[ResourceRow, ...]
    groups: tuple[Group, ...]
    counts: Mapping[str, int]
