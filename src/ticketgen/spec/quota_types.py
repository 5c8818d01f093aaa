"""Service quotas in the spec: an account's values that differ from AWS's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema

from ticketgen.aws.quotas import BY_ID, QUOTAS
from ticketgen.aws.regions import REGIONS
from ticketgen.findings.spec import GLOBAL_QUOTA, UNKNOWN_QUOTA
from ticketgen.guesses import nearest
from ticketgen.spec.string_types import RegionName, refusal

__all__ = ["MAX_QUOTA", "QUOTA_CHOICES", "Quotas"]

MAX_QUOTA: Final = 1_000_000_000
"""Ten times the largest demand that any spec can have; a larger value is a typing error."""

_NUMBER: Final = "[number]"
_BY_REGION: Final = "[by-region]"

QUOTA_CHOICES: Final = frozenset({_NUMBER, _BY_REGION})
"""Steps that pydantic adds to the path of an error, although the file does not have them."""


def _code(code: str) -> str:
    if code in BY_ID:
        return code
    of_key = QUOTAS.get(code)
    close = of_key.id if of_key else nearest(code, BY_ID)
    help = f"did you mean {close} ({BY_ID[close].name})?" if close else None
    raise refusal(UNKNOWN_QUOTA, "is not the code of a quota that a stack uses", help)


def _kind(value: object) -> str:
    return _BY_REGION if isinstance(value, Mapping) else _NUMBER


def _check_quotas(quotas: Mapping[str, int | Mapping[str, int]]) -> Mapping[str, int | Mapping[str, int]]:
    for code, value in quotas.items():
        if BY_ID[code].is_global and isinstance(value, Mapping):
            raise refusal(
                GLOBAL_QUOTA,
                f'lists Regions, but "{BY_ID[code].name}" is one number for the whole account',
                f"write {code}: {max(value.values(), default=BY_ID[code].default)}",
                (code,),
            )
    return quotas


_Value = Annotated[int, Field(ge=1, le=MAX_QUOTA)]
_SpecQuota = Annotated[
    Annotated[_Value, Tag(_NUMBER)] | Annotated[Mapping[RegionName, _Value], Tag(_BY_REGION)],
    Discriminator(_kind),
]


def _schema() -> dict[str, Any]:
    """An object with every known code, so that an editor can complete and explain it."""
    number = {"type": "integer", "minimum": 1, "maximum": MAX_QUOTA}
    regions = {
        "type": "object",
        "propertyNames": {"type": "string", "enum": sorted(REGIONS)},
        "additionalProperties": number,
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            quota.id: {
                "description": f"{quota.name} ({quota.service}), in {quota.unit}; the default is {quota.default:,}.",
                **(number if quota.is_global else {"anyOf": [number, regions]}),
            }
            for quota in QUOTAS.values()
        },
    }


Quotas = Annotated[
    Mapping[Annotated[str, AfterValidator(_code)], _SpecQuota],
    AfterValidator(_check_quotas),
    WithJsonSchema(_schema()),
]
"""The account's quotas by code: a number for every Region, or a number for each of some Regions."""
