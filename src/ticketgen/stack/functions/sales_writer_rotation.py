"""The function that rotates the password of the database user that writes sales."""

from __future__ import annotations

from ticketgen.figures.model import Amount
from ticketgen.rendering.quoted import RawExpression
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
)
from ticketgen.stack.functions.resources import AURORA_CLUSTER, MASTER_SECRET, WRITER_SECRET

__all__ = ["FUNCTION", "rotation_concurrency", "rotation_memory_mib", "rotation_timeout_s"]

_NAME, _MODULE = "sales_writer_rotation", FunctionModule.ANALYTICS


@formulas.concurrency(_NAME, _MODULE, "templates/functions/sales_writer_rotation.py")
def rotation_concurrency() -> Amount[int]:
    """Concurrent steps of a rotation: Secrets Manager takes one after the other."""
    return Amount(1, "one step of a rotation after the other")


@formulas.memory(_NAME, _MODULE)
def rotation_memory_mib() -> Amount[int]:
    """Memory of sales_writer_rotation, which handles one password."""
    return formulas.memory_for(0, "the minimum is enough for one password")


@formulas.timeout(_NAME, _MODULE, "templates/functions/sales_writer_rotation.py")
def rotation_timeout_s() -> Amount[int]:
    """Timeout of sales_writer_rotation: its longest step makes eight calls, each of which may need a second attempt."""
    return Amount(120, "eight calls, one of which may take two attempts of up to 22 s, and a margin")


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Rotates the password of the database user that writes sales",
    capacity=Capacity(rotation_concurrency, rotation_memory_mib, rotation_timeout_s),
    trigger=Trigger(TriggerSource.ROTATION),
    environment={
        "CLUSTER_ARN": AURORA_CLUSTER,
        "DATABASE_NAME": RawExpression("aws_rds_cluster.sales.database_name"),
        "MASTER_SECRET_ARN": MASTER_SECRET,
    },
    grants=(
        Grant(AURORA_CLUSTER, ("rds-data:ExecuteStatement",)),
        # The Data API reads the secret with the caller's permissions: no line of code calls this action.
        Grant(MASTER_SECRET, ("secretsmanager:GetSecretValue",)),
        Grant(
            WRITER_SECRET,
            (
                "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ),
        ),
    ),
)  # fmt: skip
