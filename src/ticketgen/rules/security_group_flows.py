"""Failure 7: a flow between security groups with a rule on one side only."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.values import ResourceReference
from ticketgen.rules.network import Traffic, traffic
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    rules = list(traffic(subject))

    def loops(group: ResourceReference, ingress: bool) -> bool:
        key = "loops", group.resource, ingress
        return subject.memoized(key, lambda: _loops(group, ingress))

    # A rule of an unknown group may be the missing rule of any flow.
    uncertain = {(id(rule.scope.root), rule.ingress) for rule in rules if rule.group is None}
    by_group: dict[tuple[Scope, Declaration, bool], list[Traffic]] = {}
    for rule in rules:
        if rule.group is not None:
            by_group.setdefault(_key(rule.group, rule.ingress), []).append(rule)
    for rule in rules:
        if rule.group is None or not _is_managed(rule.group):
            continue
        for peer in rule.peers:
            subject.spend()
            if _same(peer, rule.group) or (id(rule.scope.root), not rule.ingress) in uncertain:
                continue
            if not _is_managed(peer) or loops(peer, not rule.ingress):
                continue
            candidates = by_group.get(_key(peer, not rule.ingress), [])
            if not any(_is_counterpart(subject, other, rule) for other in candidates):
                yield _problem(rule, peer)


def _is_managed(group: ResourceReference) -> bool:
    """Whether the configuration declares the group: a data source reads one whose rules are elsewhere."""
    return group.resource.address.kind == "resource" and group.resource.type == "aws_security_group"


def _problem(rule: Traffic, peer: ResourceReference) -> Problem:
    assert rule.group is not None
    own, other = rule.group.resource.address, peer.resource.address
    if rule.ingress:
        message = f"{own} allows {rule.ports} from {other}, but {other} has no matching egress rule"
        help = f"add the egress rule to {other}: Terraform removes the default one that AWS creates"
    else:
        message = f"{own} allows {rule.ports} to {other}, but {other} has no matching ingress rule"
        help = f"add the ingress rule to {other}"
    return Problem(message, rule.location, help)


def _is_counterpart(subject: Subject, other: Traffic, rule: Traffic) -> bool:
    subject.spend(1 + len(other.peers))
    assert rule.group is not None
    if not other.ports.covers(rule.ports):
        return False
    return other.open_ended or bool(other.cidrs) or any(_same(peer, rule.group) for peer in other.peers)


def _loops(group: ResourceReference, ingress: bool) -> bool:
    """Whether the group may have other rules, from a ``dynamic`` block or a list."""
    name = "ingress" if ingress else "egress"
    block = group.resource.block
    return block.attribute(name) is not None or any(
        inner.type == "dynamic" and inner.labels == (name,) for inner in block.blocks()
    )


def _key(group: ResourceReference, ingress: bool) -> tuple[Scope, Declaration, bool]:
    return group.scope, group.resource, ingress


def _same(one: ResourceReference, other: ResourceReference) -> bool:
    return one.scope is other.scope and one.resource is other.resource


RULE = Rule(
    id="security-group-flows",
    severity=Severity.ERROR,
    summary="Every flow between two security groups has both an egress and an ingress rule",
    why=(
        "Traffic between two groups needs an egress rule on one and an ingress rule on the other. With only one of "
        "them, the apply succeeds and every connection times out."
    ),
    fix="write both rules, side by side",
    check=_check,
    sources=(
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group#argument-reference",
    ),
)
