"""The report about a stack to adopt, for programs."""

from __future__ import annotations

from ticketgen.adopt.adoption import Adoption
from ticketgen.adopt.counterpart_table import data_advice
from ticketgen.adopt.counterparts import table_consequence
from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.findings import Location

__all__ = ["adoption_document"]


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
                "data": data_advice(each.type) or None,
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
                "consequence": table_consequence(each),
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
