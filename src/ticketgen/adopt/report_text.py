"""The report about a stack to adopt, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.adopt.adoption import Adoption
from ticketgen.adopt.counterpart_table import data_advice
from ticketgen.adopt.counterparts import ResourceGroup, TableMatch, table_consequence
from ticketgen.adopt.found_values import place_text
from ticketgen.adopt.seven_failures import FailureReport
from ticketgen.escaping import visible
from ticketgen.findings import Finding, Location, errors
from ticketgen.wording import counted

__all__ = ["adoption_text"]

_MAX_PLACES: Final = 5
_MAX_ADDRESSES: Final = 8


def adoption_text(adoption: Adoption, *, with_spec: bool) -> str:
    """The report for people.

    Args:
        adoption: what was found.
        with_spec: whether the report ends with the spec.
    """
    return "".join(f"{visible(line)}\n" for line in _lines(adoption)) + (
        f"\nThe spec\n\n{adoption.draft.text}" if with_spec and adoption.draft else ""
    )


def _lines(adoption: Adoption) -> Iterator[str]:
    roots = ", ".join(adoption.roots[:_MAX_ADDRESSES])
    more = (
        "" if len(adoption.roots) <= _MAX_ADDRESSES else f" and {len(adoption.roots) - _MAX_ADDRESSES} more"
    )
    yield f"{adoption.directory}: {counted(len(adoption.roots), 'root modules')} ({roots}{more})"
    for name, basis in adoption.environments:
        yield f"  environment {name}: {basis}"
    yield ""
    yield "The seven usual failures"
    for failure in adoption.failures:
        yield from _failure(failure)
    yield ""
    yield "Other rules that the stack breaks"
    for rule in adoption.rules:
        places = ", ".join(map(place_text, rule.places[:3]))
        rest = f" and {rule.count - 3} more" if rule.count > 3 else ""
        yield f"  {rule.severity.value} {rule.rule}, {counted(rule.count, 'places')}: {rule.message}"
        if places:
            yield f"    {places}{rest}"
    if not adoption.rules:
        yield "  none"
    yield from _resources(adoption)
    yield from _tables(adoption.tables)
    yield from _stateful(adoption)
    yield from _left_out(adoption)


def _failure(failure: FailureReport) -> Iterator[str]:
    reason = f" ({failure.reason})" if failure.reason else ""
    count = f", {counted(len(failure.findings), 'places')}" if failure.findings else ""
    yield f"  {failure.number}. {failure.title}: {failure.status.value}{count}{reason}"
    for finding in failure.findings[:_MAX_PLACES]:
        yield f"     {_of(finding)}"
    if len(failure.findings) > _MAX_PLACES:
        yield f"     and {len(failure.findings) - _MAX_PLACES} more: run `ticketgen validate --select {failure.rule}`"


def _of(finding: Finding) -> str:
    return f"{place_text(finding.location)}: {finding.message}" if finding.location else finding.message


def _resources(adoption: Adoption) -> Iterator[str]:
    ours = [each for each in adoption.groups if each.counterpart]
    others = [each for each in adoption.groups if not each.counterpart]
    yield ""
    yield "Resources with a counterpart in ticketgen's stack"
    by_counterpart: dict[str, list[str]] = {}
    for group in ours:
        by_counterpart.setdefault(group.counterpart, []).append(f"{group.type} ({len(group.addresses)})")
    for counterpart, types in by_counterpart.items():
        yield f"  {counterpart}: {', '.join(types)}"
    if not ours:
        yield "  none"
    yield ""
    yield "Resources without a counterpart"
    for group in others:
        yield f"  {group.type} ({len(group.addresses)}): {group.advice}"
        yield from _addresses(group)
    if not others:
        yield "  none"


def _addresses(group: ResourceGroup) -> Iterator[str]:
    places: dict[Location, list[str]] = {}
    for address, location in group.addresses:
        places.setdefault(location, []).append(address)
    for location, addresses in list(places.items())[:_MAX_ADDRESSES]:
        more = (
            f" and {counted(len(addresses) - 1, 'other calls of its module')}" if len(addresses) > 1 else ""
        )
        yield f"    {place_text(location)}: {addresses[0]}{more}"
    if len(places) > _MAX_ADDRESSES:
        yield f"    and {len(places) - _MAX_ADDRESSES} more"


def _tables(tables: tuple[TableMatch, ...]) -> Iterator[str]:
    if not tables:
        return
    yield ""
    yield "Tables: ticketgen creates its own, beside these"
    for table in tables:
        keys = ", ".join(table.keys) or "unknown keys"
        yield f"  {place_text(table.location)}: {table.address}, {table.name or 'name unknown'} ({keys})"
        yield f"    {table_consequence(table)}"


def _stateful(adoption: Adoption) -> Iterator[str]:
    found = [(group, advice) for group in adoption.groups if (advice := data_advice(group.type))]
    if found:
        yield ""
        yield "Other data to move"
    for group, advice in found:
        yield f"  {group.type} ({len(group.addresses)}): {advice}"


def _left_out(adoption: Adoption) -> Iterator[str]:
    yield ""
    yield "What the spec leaves out"
    places: dict[tuple[str, str], list[str]] = {}
    for each in adoption.left_out:
        places.setdefault((each.what, each.reason), []).append(place_text(each.location))
    for (what, reason), found in places.items():
        place = f"{found[0]}: " if found[0] else ""
        more = f" (and in {counted(len(found) - 1, 'other places')})" if len(found) > 1 else ""
        yield f"  {place}{what}: {reason}{more}"
    if not adoption.left_out:
        yield "  nothing that was found"
    findings = adoption.draft.findings if adoption.draft else ()
    wrong = errors(findings)
    if findings:
        yield ""
        yield "Before you render"
        for finding in wrong:
            yield f"  {finding.message}; {finding.help}"
        if len(findings) > len(wrong):
            yield f"  run `ticketgen size`: it gives {counted(len(findings) - len(wrong), 'warnings')} about the scale"
