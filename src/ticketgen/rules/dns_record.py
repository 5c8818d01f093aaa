"""Records that Route 53 rejects."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_MAX_SHOWN = 100
_MAX_CHARACTERS = 4000  # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
_MX = re.compile(r"\d{1,5}[ \t]+\S+")
_SRV = re.compile(r"(?:\d{1,5}[ \t]+){3}\S+")
_CAA = re.compile(r'\d{1,3}[ \t]+[a-zA-Z0-9]+[ \t]+"?[^"]*"?')


def _is_address(version: int) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version
        except ValueError:
            return False

    return accepts


def _fits(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
_VALUES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "A": (_is_address(4), "an IPv4 address"),
    "AAAA": (_is_address(6), "an IPv6 address"),
    "MX": (_fits(_MX), "a priority and a name, such as 10 mail.example.com"),
    "SRV": (_fits(_SRV), "a priority, weight, port and name"),
    "CAA": (_fits(_CAA), 'flags, a tag and a value, such as 0 issue "amazon.com"'),
}


def _check(subject: Subject) -> Iterator[Problem]:
    for record in subject.resources("aws_route53_record"):
        type, values = record.value("type"), record.value("records")
        if not isinstance(type, str):
            continue
        texts = [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
        subject.spend(len(texts))
        accepts, what = _VALUES.get(type, (None, ""))
        for text in texts:
            if accepts is not None and len(text) <= _MAX_CHARACTERS and not accepts(text.strip()):
                message = f"the value {quoted(text[:_MAX_SHOWN])} of a record of type {type} is not {what}"
                yield Problem(message, record.at("records"), f"write {what}")
        if type != "CNAME":
            continue
        if isinstance(values, list) and len(values) > 1 and not record.has("set_identifier"):
            message = f"a record of type CNAME has {len(values)} values"
            yield Problem(message, record.at("records"), "keep one value")
        if _is_apex(record):
            message = f"{record.address} is a CNAME of the zone's own name, which has other records"
            yield Problem(message, record.at("name"), "use an alias of type A")


def _is_apex(record: BlockInstance) -> bool:
    name, link = record.value("name"), record.link("zone_id")
    if not isinstance(name, str):
        return False
    if not name:
        return True
    if link is None or link.resource.type != "aws_route53_zone":
        return False
    if any(link.resource.value(each) is not None for each in ("count", "for_each")):
        return False
    zone = record.subject.first_instance(link)
    apex = zone.value("name") if zone is not None else None
    return isinstance(apex, str) and name.rstrip(".").lower() == apex.rstrip(".").lower()


RULE = Rule(
    id="dns-record",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="Route 53 accepts the values of every record",
    why="Terraform accepts any string as the value of a record. Route 53 rejects a value that does not fit its type.",
    fix="write the value in the form that the type of the record requires",
    check=_check,
    sources=("https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html",),
)
