"""The Lambda functions of a stack, one module each with everything about it.

Roles, zips, environments, alarms and quotas follow from `FUNCTIONS`. Tests compare each function with its code in
``templates/functions``: the variables that it reads, and the API calls that its grants allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.stack.functions import (
    inventory_verifier,
    kinesis_processor,
    oversell_corrector,
    seat_availability,
    seat_cache_sync,
    ticket_purchase,
)
from ticketgen.stack.functions.model import LambdaFunction

__all__ = ["FUNCTIONS", "FUNCTION_MODULES"]

FUNCTION_MODULES = (
    ticket_purchase,
    seat_availability,
    seat_cache_sync,
    kinesis_processor,
    inventory_verifier,
    oversell_corrector,
)
"""One module a function, in the order in which the functions are rendered."""

FUNCTIONS: Mapping[str, LambdaFunction] = MappingProxyType(
    {module.FUNCTION.name: module.FUNCTION for module in FUNCTION_MODULES}
)
"""By their names, in the order in which they are rendered."""
