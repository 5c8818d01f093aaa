"""The resources that functions use: ARNs for grants, references for variables."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.rendering.quoted import RawExpression
from ticketgen.stack.policy import ANY, Condition, arn, name

__all__ = [
    "AURORA_CLUSTER", "CORRECTIONS_TABLE", "EVENTS_TABLE", "INVENTORY_TABLE", "LOCKS_TABLE", "MASTER_SECRET",
    "REFUNDS_QUEUE", "SALES_TABLE", "TIMESTREAM_ANY", "TIMESTREAM_TABLE", "WRITER_SECRET", "Resource",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that functions use.

    Attributes:
        name: in snake case; the sid of a statement follows from it.
        arn: for a grant, in the root module ``global``.
        reference: for an environment variable or a metric, in the function's module.
        condition: further restricts a grant.
    """

    name: str
    arn: RawExpression
    reference: RawExpression
    condition: Condition | None = None

    @property
    def sid(self) -> str:
        """The sid of its statement."""
        return "".join(word.title() for word in self.name.split("_"))


def _table(name_in_snake_case: str, key: str, what: str) -> Resource:
    """A table: its key in ``var.tables``, and the middle of its name."""
    return Resource(
        name_in_snake_case, arn("dynamodb", f"table/{name(what)}"), RawExpression(f"var.tables.{key}")
    )


EVENTS_TABLE = _table("events_table", "events", "events")
INVENTORY_TABLE = _table("inventory_table", "inventory", "ticket-inventory")
SALES_TABLE = _table("sales_table", "sales", "ticket-sales")
CORRECTIONS_TABLE = _table("corrections_table", "corrections", "corrections")
LOCKS_TABLE = _table("locks_table", "locks", "distributed-locks")
REFUNDS_QUEUE = Resource(
    "refunds_queue", arn("sqs", f"{name('refunds')}.fifo"), RawExpression("aws_sqs_queue.refunds.url")
)
AURORA_CLUSTER = Resource(
    "aurora_cluster", arn("rds", f"cluster:{name('sales')}"), RawExpression("aws_rds_cluster.sales.arn")
)
# RDS names the secret that it creates rds!cluster-<resource id>-<random>, and tags it with the ARN of its cluster.
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
MASTER_SECRET = Resource(
    "master_secret",
    arn("secretsmanager", "secret:rds!cluster-*"),
    RawExpression("aws_rds_cluster.sales.master_user_secret[0].secret_arn"),
    Condition("StringLike", "aws:ResourceTag/aws:rds:primaryDBClusterArn", AURORA_CLUSTER.arn),
)
# Secrets Manager adds a hyphen and six random characters to the name.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
WRITER_SECRET = Resource(
    "writer_secret",
    arn("secretsmanager", f"secret:{name('sales-writer')}-??????"),
    RawExpression("aws_secretsmanager_secret.sales_writer.arn"),
)
TIMESTREAM_TABLE = Resource(
    "timestream_table",
    arn("timestream", f"database/{name('audit')}/table/{name('corrections')}"),
    RawExpression("aws_timestreamwrite_table.corrections.table_name"),
)
TIMESTREAM_ANY = Resource("timestream_any", ANY, ANY)  # DescribeEndpoints takes no ARN
