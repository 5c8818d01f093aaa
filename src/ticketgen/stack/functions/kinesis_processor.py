"""The function that writes sales to the analytics database."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.figures.model import Amount
from ticketgen.rendering.quoted import RawExpression
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import LATE_MS, Alarm, of_stream, of_streaming
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
)
from ticketgen.stack.functions.resources import AURORA_CLUSTER, WRITER_SECRET
from ticketgen.stack.policy import Statement, arn, name
from ticketgen.wording import counted

__all__ = ["FUNCTION", "processor_concurrency", "processor_memory_mib", "processor_timeout_s"]

_NAME, _MODULE = "kinesis_processor", FunctionModule.ANALYTICS


@formulas.stream_concurrency(_MODULE)
def processor_concurrency(kinesis_shards: int, kinesis_parallelization_factor: int) -> Amount[int]:
    """Concurrency of kinesis_processor: the consumers of the ledger's stream."""
    return Amount(
        kinesis_shards * kinesis_parallelization_factor,
        f"{counted(kinesis_shards, 'shards')} × {counted(kinesis_parallelization_factor, 'concurrent batches')}",
    )


@formulas.memory(_NAME, _MODULE)
def processor_memory_mib(kinesis_batch_size: int) -> Amount[int]:
    """Memory of kinesis_processor: a batch as records, items and SQL parameters."""
    return formulas.memory_for(
        formulas.BASE_MIB + kinesis_batch_size * 16 / 1024,
        f"{formulas.BASE_MIB} MiB + {counted(kinesis_batch_size, 'records')} × 16 KiB",
    )


@formulas.timeout(_NAME, _MODULE, "templates/functions/sales_database.py")
def processor_timeout_s() -> Amount[int]:
    """Timeout of kinesis_processor: two attempts at the Data API take up to 44 s."""
    return Amount(60, "two attempts at the Data API, which take up to 44 s")


_LEDGER = RawExpression("var.sales_table_name")


def _alarms(_: Environment) -> Iterator[Alarm]:
    yield Alarm(
        "analytics-late",
        "Aurora lags more than a minute behind the ledger",
        "Read the function's log. If Aurora is at its capacity, raise it; if it is unavailable, rows wait on the "
        "stream for a week.",
        of_stream("GetRecords.IteratorAgeMilliseconds"),
        "Maximum",
        LATE_MS,
        minutes=3,
    )
    yield Alarm(
        "ledger-stream-full",
        "Kinesis rejects records of the ledger",
        "Add shards: raise event_scale in the spec, and apply. DynamoDB tries again meanwhile.",
        of_stream("WriteProvisionedThroughputExceeded"),
        "Sum",
        0,
        minutes=3,
    )
    yield Alarm(
        "ledger-not-streamed",
        "DynamoDB could not send records of the ledger to Kinesis, and does not try again",
        "Look at the stream's state and at its key's policy. Then compare the rows of Aurora with the ledger.",
        of_streaming(_LEDGER, "FailedToReplicateRecordCount"),
        "Sum",
        0,
        period=300,
    )
    yield Alarm(
        "ledger-stream-late",
        "DynamoDB sends records of the ledger to Kinesis more than a minute late",
        "Look at the stream: it rejects records, or DynamoDB lacks the right to use its key.",
        of_streaming(_LEDGER, "AgeOfOldestUnreplicatedRecord"),
        "Maximum",
        LATE_MS,
        period=300,
    )


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Writes every ledger change to Aurora, one row per sale",
    capacity=Capacity(processor_concurrency, processor_memory_mib, processor_timeout_s),
    trigger=Trigger(
        TriggerSource.STREAM,
        (
            Statement(
                "Stream",
                (
                    "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                    "kinesis:GetShardIterator", "kinesis:ListShards",
                ),
                (arn("kinesis", f"stream/{name('ticket-sales')}"),),
            ),
        ),
    ),
    environment={
        "CLUSTER_ARN": AURORA_CLUSTER,
        "DATABASE_NAME": RawExpression("aws_rds_cluster.sales.database_name"),
        "SECRET_ARN": WRITER_SECRET,
    },
    grants=(
        Grant(AURORA_CLUSTER, ("rds-data:BatchExecuteStatement", "rds-data:ExecuteStatement")),
        # The Data API reads the secret with the caller's permissions: no line of code calls this action.
        Grant(WRITER_SECRET, ("secretsmanager:GetSecretValue",)),
    ),
    alarms=_alarms,
)  # fmt: skip
