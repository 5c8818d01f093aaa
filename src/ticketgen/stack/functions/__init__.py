"""The Lambda functions of a stack, one module each with everything about it.

Roles, zips, environments, alarms and quotas follow from `FUNCTIONS`. Tests compare each function with its code in
``templates/functions``: the variables that it reads, and the API calls that its grants allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# In this form, Python names a module that is missing.
import ticketgen.stack.functions.admission_queue as admission_queue
import ticketgen.stack.functions.inventory_verifier as inventory_verifier
import ticketgen.stack.functions.kinesis_processor as kinesis_processor
import ticketgen.stack.functions.oversell_corrector as oversell_corrector
import ticketgen.stack.functions.sales_writer_rotation as sales_writer_rotation
import ticketgen.stack.functions.seat_availability as seat_availability
import ticketgen.stack.functions.seat_cache_sync as seat_cache_sync
import ticketgen.stack.functions.ticket_purchase as ticket_purchase
from ticketgen.spec.model import Environment
from ticketgen.stack.functions.model import LambdaFunction

__all__ = ["FUNCTIONS", "FUNCTION_MODULES", "functions_of"]

FUNCTION_MODULES = (
    ticket_purchase,
    admission_queue,
    seat_availability,
    seat_cache_sync,
    kinesis_processor,
    sales_writer_rotation,
    inventory_verifier,
    oversell_corrector,
)
"""One module a function, in the order in which the functions are rendered."""

FUNCTIONS: Mapping[str, LambdaFunction] = MappingProxyType(
    {module.FUNCTION.name: module.FUNCTION for module in FUNCTION_MODULES}
)
"""By their names, in the order in which they are rendered."""


def functions_of(environment: Environment) -> Mapping[str, LambdaFunction]:
    """Those that an environment has."""
    return {name: function for name, function in FUNCTIONS.items() if function.wanted(environment)}
