"""The function that writes sales to the analytics database."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.figures.model import Amount
from ticketgen.rendering.quoted import RawExpression
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import LATE_MS, Alarm, of_aurora, of_stream
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


def _alarms(_: Environment) -> Iterator[Alarm]:
    late, age = (
        "Aurora lags more than a minute behind the ledger",
        of_stream("GetRecords.IteratorAgeMilliseconds"),
    )
    yield Alarm("analytics-late", late, age, "Maximum", LATE_MS, minutes=3)
    full, refused = "Kinesis rejects records: add shards", of_stream("WriteProvisionedThroughputExceeded")
    yield Alarm("ledger-stream-full", full, refused, "Sum", 0, minutes=3)
    busy = "Aurora uses more than 90% of its capacity"
    yield Alarm("aurora-full", busy, of_aurora("ACUUtilization"), "Average", 90, minutes=5)


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
