"""The operator's scripts: which they are, what they have to know of the stack, and what their user must be allowed.

They are copied unchanged from ``templates/ops``, together with the modules that they share with the functions:
the protocol of a sale is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment

__all__ = ["RIGHTS", "SCRIPTS", "SHARED", "stack_facts"]

SHARED = ("dynamo", "events", "ledger")
"""Modules of the functions that the scripts import."""

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
"""Each script, and what its user must be allowed: actions on the resource whose name has that middle."""

SCRIPTS = tuple(sorted(RIGHTS))

SKEW_SECONDS = 2
"""By which the clocks of two machines may differ."""

READS_PER_WRITE = 1
"""Read units to warm a table up for, per write unit: verifier and seat maps read what was written, once each."""


def stack_facts(
    environment: Environment, sizing: Sizing, lease: int, timeouts: Mapping[str, int]
) -> dict[str, object]:
    """What ``ops/stack.json`` says. Its list of Regions ends with the primary, so that one more is one line more.

    ``quiet_seconds`` is how long after the word ``moving`` somebody may still write what they decided before it:
    the lease, then the life of a function that writes on it (its process may be paused between looking at the
    clock and sending, but not outlive its time-out), then the skew of clocks.
    """
    writers = ("oversell_corrector", "ticket_purchase")
    writes = {
        "distributed-locks": sizing.lock_write_units.value,
        "ticket-inventory": sizing.inventory_write_units.value,
        "ticket-sales": sizing.ledger_write_units.value,
    }
    return {
        "app_name": environment.project,
        "environment_suffix": environment.name,
        "regions": [region for region in environment.regions if region != environment.primary_region],
        "primary_region": environment.primary_region,
        "secondary_region": environment.secondary_region,
        "quiet_seconds": lease + max(timeouts[writer] for writer in writers) + SKEW_SECONDS,
        "warm_throughput": {table: [units, units * READS_PER_WRITE] for table, units in writes.items()},
    }
