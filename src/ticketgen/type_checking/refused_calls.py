"""Calls with known arguments that Terraform refuses.

Each check gets the arguments, converted to the types of the parameters, and raises `Refused` for what Terraform surely
refuses. What it is not sure about passes.
Sources: https://github.com/hashicorp/terraform/tree/main/internal/lang/funcs and
https://github.com/zclconf/go-cty/tree/main/cty/function/stdlib
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ticketgen.type_checking.refused_collection_calls import COLLECTION_REFUSALS
from ticketgen.type_checking.refused_network_calls import NETWORK_REFUSALS
from ticketgen.type_checking.refused_text_calls import TEXT_REFUSALS

__all__ = ["REFUSALS", "WHOLE_NUMBERS"]

REFUSALS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {**COLLECTION_REFUSALS, **NETWORK_REFUSALS, **TEXT_REFUSALS}
)
"""The checks by the name of the function."""

WHOLE_NUMBERS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "bcrypt": (1,),
        "chunklist": (1,),
        "cidrhost": (1,),
        "cidrsubnet": (1, 2),
        "element": (1,),
        "indent": (0,),
        "signum": (0,),
        "substr": (1, 2),
    }
)
"""The parameters that must be whole numbers, by the name of the function."""
