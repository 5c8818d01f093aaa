"""The operator's scripts: names, and facts about the stack.

They are copied unchanged from ``templates/ops``, together with the modules that they share with the functions, so that
the protocol of a sale is written only once.
"""

from __future__ import annotations

from ticketgen.aws import limits
from ticketgen.sizing import Sizing
from ticketgen.sizing.demand import inventory_read_units, ledger_read_units
from ticketgen.sizing.hot_partitions import (
    event_shards,
    inventory_warm_write_units,
    ledger_warm_write_units,
    lock_warm_write_units,
)
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.admission_queue import admitted_per_minute
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS
from ticketgen.stack.operator_rights import RIGHTS

__all__ = ["PARTS", "QUEUE_SCRIPT", "QUEUE_SHARED", "SCRIPTS", "SHARED", "SKEW_SECONDS", "stack_facts"]

SHARED = ("buyer_seats", "corrections", "dynamo", "events", "heartbeat", "ledger", "progress", "sale")
"""Function modules that the scripts import."""

QUEUE_SHARED = ("admission_keys", "queue_ticket")
"""Function modules that the script of queues imports."""

QUEUE_SCRIPT = "queue_keys"
"""The script of stacks with queues."""

PARTS = (
    "account_checks", "checking", "console", "event_answers", "event_deletion", "event_file", "event_options",
    "event_replicas", "event_steps", "home_copy", "moves", "name_checks", "ready_functions", "region_checks",
    "table_items", "withheld_seats",
)  # fmt: skip
"""Other modules of the scripts."""

SCRIPTS = tuple(sorted(RIGHTS))

SKEW_SECONDS = 2
"""Allowed difference between the clocks of two machines."""


def stack_facts(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The content of ``ops/stack.json``.

    Its list of Regions ends with the primary, so that adding a Region adds exactly one line.

    ``quiet_seconds`` is the time after every Region has seen a move in which a function may still commit an
    earlier write: the lease, plus the timeout of a function that writes under it (its process may be paused
    between checking the clock and sending, but cannot outlive its timeout), plus the clock skew.
    """
    writers = (
        function for function in functions_of(environment).values() if "LEASE_SECONDS" in function.environment
    )
    longest = max(sizing[writer.capacity.timeout].value for writer in writers)
    writes = {
        "distributed-locks": sizing[lock_warm_write_units].value,
        "ticket-inventory": sizing[inventory_warm_write_units].value,
        "ticket-sales": sizing[ledger_warm_write_units].value,
    }
    reads = {
        "ticket-inventory": sizing[inventory_read_units].value,
        "ticket-sales": sizing[ledger_read_units].value,
    }
    cold = (
        limits.DYNAMODB_COLD_READ_UNITS.value
    )  # enough for the locks: warm partitions serve more reads than writes
    return {
        "app_name": environment.project,
        "environment_suffix": environment.name,
        "regions": [region for region in environment.regions if region != environment.primary_region],
        "primary_region": environment.primary_region,
        "secondary_region": environment.secondary_region,
        "quiet_seconds": LEASE_SECONDS + longest + SKEW_SECONDS,
        "event_shards": sizing[event_shards].value,
        "seats_per_event": environment.event_scale.seats_per_event,
        "provisioned_concurrency": {
            function.what: sizing[function.capacity.provisioned].value
            for function in functions_of(environment).values()
            if function.capacity.provisioned is not None
        },
        "seats_per_buyer": environment.event_scale.seats_per_buyer or 0,
        **({"admitted_per_minute": sizing[admitted_per_minute].value} if environment.admission else {}),
        "warm_throughput": {
            table: [units, max(cold, reads.get(table, 0))] for table, units in writes.items()
        },
    }
