"""Security groups that are open to the whole internet."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.network import Traffic, is_anywhere, traffic
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

_PUBLIC = frozenset({80, 443})
_PING = frozenset({"icmp", "icmpv6"})


def _check(subject: Subject) -> Iterator[Problem]:
    for rule in traffic(subject):
        open_to = sorted(filter(is_anywhere, set(rule.cidrs)))
        if rule.ingress and open_to and not _is_allowed(rule):
            group = rule.group.resource.address if rule.group else "a security group"
            yield Problem(f"{group} allows {rule.ports} from {open_to[0]}", rule.location)


def _is_allowed(rule: Traffic) -> bool:
    ports = rule.ports
    if ports.protocol in _PING:
        return True
    if ports.protocol is None:
        return False
    if ports.first is None or ports.last is None:
        return True  # the ports are unknown, so a problem is not certain
    return ports.first == ports.last and ports.first in _PUBLIC


RULE = Rule(
    id="open-security-group",
    severity=Severity.WARNING,
    summary="Only ports 80 and 443 are open to the whole internet",
    why="Attackers find an open port within minutes, and try common passwords and known exploits on it.",
    fix="allow only the security group or the address range that needs access",
    check=_check,
    sources=("https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-18",),
)
