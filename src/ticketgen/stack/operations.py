"""The operator's scripts: names, facts about the stack, and IAM actions.

They are copied unchanged from ``templates/ops``, together with the modules that they share with the functions, so that
the protocol of a sale is written only once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ticketgen.sizing import Sizing
from ticketgen.sizing.demand import inventory_write_units, ledger_write_units, lock_write_units
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS

__all__ = ["RIGHTS", "SCRIPTS", "SHARED", "SKEW_SECONDS", "stack_facts"]

SHARED = ("dynamo", "events", "ledger")
"""Function modules that the scripts import."""

_QUEUE = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")

RIGHTS: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "move_home": (
            ("events", ("dynamodb:GetItem", "dynamodb:UpdateItem")),
            ("ticket-inventory", ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query")),
            ("ticket-sales", ("dynamodb:GetItem", "dynamodb:Query")),
        ),
        "prewarm": (
            ("distributed-locks", ("dynamodb:DescribeTable", "dynamodb:UpdateTable")),
            ("ticket-inventory", ("dynamodb:DescribeTable", "dynamodb:UpdateTable")),
            ("ticket-sales", ("dynamodb:DescribeTable", "dynamodb:UpdateTable")),
        ),
        "redrive": (
            ("dead-letters", _QUEUE),
            ("failed-refunds.fifo", _QUEUE),
            ("kinesis-processor", ("lambda:InvokeFunction",)),
            ("refunds.fifo", ("sqs:GetQueueUrl", "sqs:SendMessage")),
            ("ticket-sales stream", ("kinesis:GetRecords", "kinesis:GetShardIterator")),
        ),
        "takeover": (("events", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan")),),
    }
)
"""IAM actions that each script's user needs, by the middle of the resource's name."""

SCRIPTS = tuple(sorted(RIGHTS))

SKEW_SECONDS = 2
"""Allowed difference between the clocks of two machines."""

_READS_PER_WRITE = 1
"""Read units to warm a table up for, per write unit: verifier and seat maps each read every write once."""


def stack_facts(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The content of ``ops/stack.json``.

    Its list of Regions ends with the primary, so that adding a Region adds exactly one line.

    ``quiet_seconds`` is the time after an event was marked ``moving`` in which a function may still commit an
    earlier write: the lease, plus the timeout of a function that writes under it (its process may be paused
    between checking the clock and sending, but cannot outlive its timeout), plus the clock skew.
    """
    writers = (function for function in FUNCTIONS.values() if "LEASE_SECONDS" in function.environment)
    longest = max(sizing[writer.capacity.timeout].value for writer in writers)
    writes = {
        "distributed-locks": sizing[lock_write_units].value,
        "ticket-inventory": sizing[inventory_write_units].value,
        "ticket-sales": sizing[ledger_write_units].value,
    }
    return {
        "app_name": environment.project,
        "environment_suffix": environment.name,
        "regions": [region for region in environment.regions if region != environment.primary_region],
        "primary_region": environment.primary_region,
        "secondary_region": environment.secondary_region,
        "quiet_seconds": LEASE_SECONDS + longest + SKEW_SECONDS,
        "warm_throughput": {table: [units, units * _READS_PER_WRITE] for table, units in writes.items()},
    }
