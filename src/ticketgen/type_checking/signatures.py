"""The signatures of Terraform's functions: a snapshot of Terraform 1.11, and the names of OpenTofu's functions.

``scripts/function_signatures.py`` writes the snapshot. It maps a name to the type of the result, the parameters, and
the parameter of all further arguments. A parameter is a type and whether it may be null.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from ticketgen.type_checking.cty_types import CtyType

__all__ = ["OPENTOFU_FUNCTIONS", "SNAPSHOT", "Parameter", "Signature", "signatures"]

SNAPSHOT: Final = Path(__file__).with_name("function_signatures.json.gz")
OPENTOFU_FUNCTIONS: Final = frozenset({"base64gunzip", "cidrcontains", "urldecode"})
"""Functions that only OpenTofu has. Source: https://opentofu.org/docs/language/functions/"""


class Parameter(NamedTuple):
    """A parameter: its type, and whether the argument may be null."""

    type: CtyType
    nullable: bool


class Signature(NamedTuple):
    """A function: the type of its result, its parameters, and the one of all further arguments."""

    result: CtyType
    parameters: tuple[Parameter, ...]
    rest: Parameter | None


@cache
def signatures() -> Mapping[str, Signature]:
    """All signatures by name."""
    import gzip
    import json

    document = json.loads(gzip.decompress(SNAPSHOT.read_bytes()))
    return {
        name: Signature(
            result, tuple(Parameter(*each) for each in parameters), Parameter(*rest) if rest else None
        )
        for name, (result, parameters, rest) in document.items()
    }
