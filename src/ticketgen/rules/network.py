"""Rules of security groups, and the traffic that they allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.values import ResourceReference, Value
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["Ports", "Traffic", "is_anywhere", "traffic"]

_WIDEST_PRIVATE_4, _WIDEST_PRIVATE_6 = 8, 7
"""Bits of 10.0.0.0/8 and fc00::/7."""


def is_anywhere(cidr: str) -> bool:
    """Whether a range is the whole internet, or larger than every private range.

    Source: https://www.iana.org/assignments/ipv6-address-space. All public IPv6 addresses are in 2000::/3.
    """
    address, _, bits = cidr.rpartition("/")
    private = _WIDEST_PRIVATE_6 if ":" in address else _WIDEST_PRIVATE_4
    return bits.isdecimal() and len(bits) < 4 and int(bits) < private


@dataclass(frozen=True, slots=True)
class Ports:
    """A protocol and a range of ports.

    A protocol of None means all traffic; a port of None means an unknown port.
    """

    protocol: str | None
    first: int | None
    last: int | None

    def covers(self, other: Ports) -> bool:
        """Whether these ports include the others; True if that is unknown."""
        if self.protocol is None:
            return True
        if other.protocol is None or self.protocol != other.protocol:
            return False
        if None in (self.first, self.last, other.first, other.last):
            return True
        assert self.first is not None
        assert self.last is not None
        assert other.first is not None
        assert other.last is not None
        return self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        if self.protocol is None:
            return "all traffic"
        if self.first is None or self.last is None:
            return self.protocol
        return f"{self.protocol} {self.first}" + (f"–{self.last}" if self.last != self.first else "")


@dataclass(frozen=True, slots=True)
class Traffic:
    """One rule of one security group.

    Attributes:
        group: the security group of the rule; None if it is unknown.
        ingress: whether the rule is an ingress rule.
        ports: the traffic that it allows.
        peers: the peer security groups.
        cidrs: the known address ranges of the peers.
        open_ended: whether some peers are unknown.
        location: the location of the rule.
        scope: the scope of the rule.
    """

    group: ResourceReference | None
    ingress: bool
    ports: Ports
    peers: tuple[ResourceReference, ...]
    cidrs: tuple[str, ...]
    open_ended: bool
    location: Location
    scope: Scope


def traffic(subject: Subject) -> Iterator[Traffic]:
    """Every rule of every security group."""
    for owner in subject.resources("aws_security_group", "aws_default_security_group"):
        itself = ResourceReference(owner.scope, owner.declared)
        for ingress, name in ((True, "ingress"), (False, "egress")):
            for rule in owner.nested_blocks(name):
                yield _from_block(rule, itself, ingress)
            items = owner.value(name)
            if isinstance(items, list):
                for item in items:
                    if isinstance(item, dict):
                        yield _from_list_item(owner, item, itself, ingress, name)
    for rule in subject.resources("aws_security_group_rule"):
        kind, group = rule.value("type"), _group(rule, "security_group_id")
        if kind in ("ingress", "egress"):
            yield _from_block(rule, group, kind == "ingress")
        else:  # unknown: it may be any rule of either direction
            for ingress in (True, False):
                yield Traffic(
                    group, ingress, Ports(None, None, None), (), (), True, rule.location, rule.scope
                )
    for ingress, type in (
        (True, "aws_vpc_security_group_ingress_rule"),
        (False, "aws_vpc_security_group_egress_rule"),
    ):
        for rule in subject.resources(type):
            yield _from_resource(rule, ingress)


def _from_block(rule: BlockInstance, group: ResourceReference | None, ingress: bool) -> Traffic:
    peers, unknown = _links(rule, "security_groups")
    source = rule.expression("source_security_group_id")
    if source is not None:
        link = _group(rule, "source_security_group_id")
        peers, unknown = (*peers, *([link] if link else [])), unknown or link is None
    if rule.value("self") is True and group is not None:
        peers = (*peers, group)
    cidrs: tuple[str, ...] = ()
    for name in ("cidr_blocks", "ipv6_cidr_blocks"):
        known, more = _cidrs(rule.value(name))
        cidrs, unknown = cidrs + known, unknown or more
    ports = _ports(rule.value("protocol"), rule.value("from_port"), rule.value("to_port"))
    return Traffic(group, ingress, ports, peers, cidrs, unknown, rule.location, rule.scope)


def _from_resource(rule: BlockInstance, ingress: bool) -> Traffic:
    peer = rule.expression("referenced_security_group_id")
    link = _group(rule, "referenced_security_group_id") if peer is not None else None
    cidrs: tuple[str, ...] = ()
    unknown = peer is not None and link is None
    for name in ("cidr_ipv4", "cidr_ipv6"):
        known, more = _cidrs([rule.value(name)] if rule.has(name) else None)
        cidrs, unknown = cidrs + known, unknown or more
    ports = _ports(rule.value("ip_protocol"), rule.value("from_port"), rule.value("to_port"))
    group = _group(rule, "security_group_id")
    return Traffic(group, ingress, ports, (link,) if link else (), cidrs, unknown, rule.location, rule.scope)


def _from_list_item(
    group: BlockInstance, item: dict[str, Value], itself: ResourceReference, ingress: bool, name: str
) -> Traffic:
    """Read one object of ``ingress = [{ … }]``."""
    groups = item.get("security_groups")
    items = groups if isinstance(groups, list) else []
    peers = tuple(each for each in items if isinstance(each, ResourceReference))
    unknown = len(peers) < len(items) or not (groups is None or isinstance(groups, list))
    cidrs: tuple[str, ...] = ()
    for key in ("cidr_blocks", "ipv6_cidr_blocks"):
        known, more = _cidrs(item.get(key))
        cidrs, unknown = cidrs + known, unknown or more
    if item.get("self") is True:
        peers = (*peers, itself)
    ports = _ports(item.get("protocol"), item.get("from_port"), item.get("to_port"))
    return Traffic(itself, ingress, ports, peers, cidrs, unknown, group.at(name), group.scope)


def _group(rule: BlockInstance, name: str) -> ResourceReference | None:
    link = rule.link(name)
    return (
        link if link and link.resource.type in {"aws_security_group", "aws_default_security_group"} else None
    )


def _links(rule: BlockInstance, name: str) -> tuple[tuple[ResourceReference, ...], bool]:
    """The known security groups in a list, and whether it may contain others."""
    expression = rule.expression(name)
    if expression is None:
        return (), False
    value = rule.subject.values.of(expression, rule.where)
    if value is None:
        return (), False
    items = value if isinstance(value, list) else [value]
    rule.subject.spend(len(items))
    found = tuple(
        item
        for item in items
        if isinstance(item, ResourceReference) and item.resource.type == "aws_security_group"
    )
    return found, len(found) < len(items)


def _cidrs(value: Value) -> tuple[tuple[str, ...], bool]:
    if value is None:
        return (), False
    if not isinstance(value, list):
        return (), True
    known = tuple(item for item in value if isinstance(item, str))
    return known, len(known) < len(value)


def _ports(protocol: Value, first: Value, last: Value) -> Ports:
    # Protocol numbers: https://www.iana.org/assignments/protocol-numbers. AWS uses -1 for all traffic.
    names = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
    name = (
        str(protocol).lower()
        if isinstance(protocol, str | int) and not isinstance(protocol, bool)
        else "unknown"
    )
    name = names.get(name, name)
    if name == "-1":
        return Ports(None, None, None)
    return Ports(name, _port(first), _port(last))


def _port(value: Value) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 6:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
