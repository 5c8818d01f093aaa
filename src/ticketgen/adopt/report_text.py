"""The report about a stack to adopt, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.adopt.adoption import Adoption
from ticketgen.adopt.counterparts import ResourceGroup, TableMatch
from ticketgen.adopt.found_values import FoundValue, LeftOut, place_text
from ticketgen.adopt.seven_failures import FailureReport
from ticketgen.escaping import visible
from ticketgen.findings import Finding, Location
from ticketgen.wording import counted

__all__ = ["adoption_document", "adoption_text"]

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
    yield "Other rules that it breaks"
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
        yield f"    {_consequence(table)}"


def _consequence(table: TableMatch) -> str:
    if not table.ours:
        return "nothing like it: keep the table in a root module of your own"
    our = f"{table.our_name} ({', '.join(table.our_keys)})"
    if not table.same_keys:
        return (
            f"most like {our}: the keys differ, so it can neither be renamed nor imported; load its data anew"
        )
    if table.name == table.our_name:
        return f"the same name and keys as {our}: import it, after its items have ticketgen's attributes"
    return f"the same keys as {our}, but another name: restore a backup under the new name, or load its data anew"


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
    if findings:
        yield ""
        yield "Before you render"
        for finding in findings:
            yield f"  {finding.severity.value}: {finding.message}" + (
                f"; {finding.help}" if finding.help else ""
            )


def adoption_document(adoption: Adoption) -> dict[str, object]:
    """The report for programs."""
    return {
        "directory": adoption.directory,
        "roots": list(adoption.roots),
        "environments": [{"name": name, "basis": basis} for name, basis in adoption.environments],
        "failures": [
            {
                "number": each.number,
                "title": each.title,
                "rule": each.rule,
                "status": each.status.value,
                "reason": each.reason,
                "places": [
                    {**_place(finding.location), "message": finding.message} for finding in each.findings
                ],
            }
            for each in adoption.failures
        ],
        "rules": [
            {
                "rule": each.rule,
                "severity": each.severity.value,
                "count": each.count,
                "message": each.message,
                "places": [_place(location) for location in each.places],
            }
            for each in adoption.rules
        ],
        "resources": [
            {
                "type": each.type,
                "counterpart": each.counterpart or None,
                "advice": each.advice or None,
                "addresses": [
                    {"address": address, **_place(location)} for address, location in each.addresses
                ],
            }
            for each in adoption.groups
        ],
        "tables": [
            {
                "address": each.address,
                **_place(each.location),
                "name": each.name,
                "keys": list(each.keys),
                "counterpart": each.our_name or None,
                "counterpart_keys": list(each.our_keys),
                "consequence": _consequence(each),
            }
            for each in adoption.tables
        ],
        "left_out": [_left(each) for each in adoption.left_out],
        "values": [
            {"environment": name or None, **_value(found)}
            for name, values in (adoption.draft.values if adoption.draft else {}).items()
            for found in values.values()
        ],
        "spec": adoption.draft.text if adoption.draft else None,
    }


def _place(location: Location | None) -> dict[str, object]:
    return {"file": location.file if location else None, "line": location.line if location else None}


def _left(each: LeftOut) -> dict[str, object]:
    return {"what": each.what, "reason": each.reason, **_place(each.location)}


def _value(found: FoundValue) -> dict[str, object]:
    value = list(found.value) if isinstance(found.value, tuple) else found.value
    return {"path": ".".join(found.path), "value": value, "basis": found.basis, **_place(found.location)}
