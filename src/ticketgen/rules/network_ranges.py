"""Subnets outside their VPC, or that overlap."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.values import ResourceReference
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_SHORTEST, _LONGEST = 16, 28
_MAX_CHARACTERS = 64
_MORE_BLOCKS = "aws_vpc_ipv4_cidr_block_association"
_Network = ipaddress.IPv4Network


def _check(subject: Subject) -> Iterator[Problem]:
    extended = any(True for _ in subject.resources(_MORE_BLOCKS))
    subnets: dict[tuple[int, int], list[tuple[_Network, BlockInstance]]] = {}
    for subnet in subject.resources("aws_subnet"):
        network = _network(subnet)
        if network is None:
            continue
        if not _SHORTEST <= network.prefixlen <= _LONGEST:
            message = f"the block {network} of {subnet.address} is not between /{_SHORTEST} and /{_LONGEST}"
            yield Problem(message, subnet.at("cidr_block"), "use another prefix length")
            continue
        link = subnet.link("vpc_id")
        if link is None or link.path != ("id",) or link.resource.address.kind != "resource" or _repeats(link):
            continue
        vpc = subject.first_instance(link)
        whole = _network(vpc) if vpc is not None else None
        if whole is not None and not extended and not network.subnet_of(whole):
            message = f"the block {network} of {subnet.address} is not in {whole}, the block of {link.resource.address}"
            yield Problem(message, subnet.at("cidr_block"), f"use a part of {whole}")
        if subnet.is_conditional:
            continue  # another one may stand in its place, as with `count = var.x ? 1 : 0`
        subnets.setdefault((id(link.resource), id(link.scope)), []).append((network, subnet))
    for group in subnets.values():
        yield from _overlaps(group)


def _overlaps(group: list[tuple[_Network, BlockInstance]]) -> Iterator[Problem]:
    ordered = sorted(group, key=lambda each: (each[0].network_address, each[0].prefixlen))
    widest = None
    for network, subnet in ordered:
        if widest is not None and network.overlaps(widest[0]):
            other = widest[1].address
            name = "another instance of it" if other == subnet.address else other
            message = f"the block {network} of {subnet.address} overlaps with {widest[0]} of {name}"
            yield Problem(message, subnet.at("cidr_block"), "use a block that is free")
        if widest is None or network.broadcast_address > widest[0].broadcast_address:
            widest = network, subnet


def _repeats(link: ResourceReference) -> bool:
    return any(link.resource.value(name) is not None for name in ("count", "for_each"))


def _network(found: BlockInstance) -> _Network | None:
    text = found.value("cidr_block")
    if not isinstance(text, str) or len(text) > _MAX_CHARACTERS:
        return None
    try:
        return _Network(text)
    except ValueError:
        return None


RULE = Rule(
    id="network-ranges",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="Every subnet is a part of its VPC, and no two overlap",
    why="Terraform does not compare address ranges. AWS rejects such a subnet when the VPC exists already.",
    fix="compute the blocks with cidrsubnet()",
    check=_check,
    sources=("https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",),
)
