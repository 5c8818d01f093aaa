"""Find the security groups with their members and allowed flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.hcl.syntax import Block
from ticketgen.pictures.picture import Box, Flow, Group
from ticketgen.pictures.trails import ScopedResource, SourceReference, literal_text
from ticketgen.pictures.view import View

__all__ = ["security_groups"]

_GROUPS = {"aws_security_group", "aws_default_security_group"}
_EGRESS, _INGRESS = "aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"
_PEERS = {"referenced_security_group_id", "prefix_list_id"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule: traffic that a group allows to a peer or from it."""

    is_egress: bool
    group: str
    peer: str
    name: str
    type: str
    ports: str
    references: tuple[SourceReference, ...]

    def is_counterpart_of(self, other: _Rule) -> bool:
        """Whether the rule is the other side of the same flow."""
        ends = (self.group, self.peer, self.ports)
        return self.is_egress != other.is_egress and ends == (other.peer, other.group, other.ports)


def security_groups(view: View, nodes: Mapping[str, Box]) -> Iterator[Group]:
    """Yield the groups of the primary Region."""
    rules = [rule for resource in view.primary_resources() if (rule := _rule(view, resource)) is not None]
    for group in view.primary_resources():
        if group.type not in _GROUPS:
            continue
        members = sorted(
            nodes[resource.key].name
            for resource in view.primary_resources()
            if resource.key in nodes and any(use.target.key == group.key for use in view.uses(resource))
        )
        own = [rule for rule in rules if rule.group == group.key]
        yield Group(group.name, tuple(members), tuple(_flows(own, rules)), group.declaration)


def _flows(own: list[_Rule], rules: list[_Rule]) -> Iterator[Flow]:
    """Yield outbound flows, and inbound flows without an egress rule."""
    for rule in own:
        other = next((each for each in rules if each.is_counterpart_of(rule)), None)
        if rule.is_egress:
            yield Flow(rule.name, rule.type, rule.ports, rule.references, other.references if other else ())
        elif other is None:
            yield Flow(rule.name, rule.type, rule.ports, (), rule.references)


def _rule(view: View, resource: ScopedResource) -> _Rule | None:
    if resource.type not in {_EGRESS, _INGRESS}:
        return None
    own = next((use for use in view.uses(resource) if use.attribute == "security_group_id"), None)
    if own is None:
        return None
    is_egress, ports = resource.type == _EGRESS, _ports(resource.block)
    peer = next((use for use in view.uses(resource) if use.attribute in _PEERS), None)
    if peer is not None:
        target = peer.target
        references = (*own.trail, *peer.trail)
        return _Rule(is_egress, own.target.key, target.key, target.name, target.type, ports, references)
    block = resource.block
    address_range = literal_text(block.value("cidr_ipv4" if block.attribute("cidr_ipv4") else "cidr_ipv6"))
    return _Rule(is_egress, own.target.key, address_range, address_range, "", ports, own.trail)


def _ports(rule: Block) -> str:
    protocol, first, last = (
        literal_text(rule.value(name)) for name in ("ip_protocol", "from_port", "to_port")
    )
    return f"{protocol} {first}" if first == last else f"{protocol} {first}–{last}"
