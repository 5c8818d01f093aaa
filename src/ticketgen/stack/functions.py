"""Registry of the six Lambda functions: modules, environment variables and IAM grants.

Roles, zips and environments are rendered from this registry, and a test compares it with the code in
``templates/functions``: ``siblings`` are the modules that a function imports, directly or not; ``environment`` is
every ``os.environ["NAME"]`` in them; ``grants`` are the actions of the boto3 calls in them. Actions that AWS performs
*with* a function's role (logs, network interfaces, traces, polling a stream, ``elasticache:Connect``, sending to a
failure queue) are not here, because no code calls them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.assets import asset_folder

__all__ = ["FUNCTIONS", "RESOURCES", "Grant", "LambdaFunction", "function_source"]

RESOURCES = (
    "events_table", "inventory_table", "sales_table", "locks_table", "corrections_table", "refunds_queue",
    "aurora_cluster", "aurora_secret", "cache", "timestream_table", "timestream_any",
)  # fmt: skip
"""Resources that a grant may name. ``timestream_any`` is ``*``: DescribeEndpoints takes no ARN."""


@dataclass(frozen=True, slots=True)
class Grant:
    """IAM actions that a function's own code calls on one resource.

    DynamoDB transactions have no IAM action of their own: grant the actions that they consist of.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """

    resource: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """One function.

    Attributes:
        name: the name of its module; its handler is ``<name>.handler``.
        summary: what it does, as one sentence without a full stop.
        siblings: the other modules in its zip, without ``.py``, in alphabetical order.
        environment: the environment variables it reads, in alphabetical order, without ``AWS_REGION``, which the
            runtime sets.
        grants: the IAM actions that its code calls.
        in_vpc: whether it talks to Redis, and so runs in the private subnets.
    """

    name: str
    summary: str
    siblings: tuple[str, ...]
    environment: tuple[str, ...]
    grants: tuple[Grant, ...]
    in_vpc: bool = False


_REDIS = ("REDIS_HOST", "REDIS_PORT", "REDIS_REPLICATION_GROUP", "REDIS_USER")

FUNCTIONS: Mapping[str, LambdaFunction] = MappingProxyType(
    {
        function.name: function
        for function in (
            LambdaFunction(
                name="ticket_purchase",
                summary="Holds and sells seats in one transaction in the event's home Region",
                siblings=("api", "dynamo", "events", "ledger", "metrics", "sale"),
                environment=(
                    "AUTH", "EVENTS_TABLE", "HOLD_SECONDS", "INVENTORY_TABLE", "LEASE_SECONDS", "LOCKS_TABLE",
                    "METRICS_NAMESPACE", "SALES_TABLE", "SEATS_PER_ORDER",
                ),
                grants=(
                    Grant("events_table", ("dynamodb:GetItem",)),
                    Grant(
                        "inventory_table",
                        ("dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"),
                    ),
                    Grant("locks_table", ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")),
                    Grant("sales_table", ("dynamodb:GetItem", "dynamodb:PutItem")),
                ),
            ),
            LambdaFunction(
                name="seat_availability",
                summary="Reports which seats are available, from the Region's Redis",
                siblings=("api", "dynamo", "events", "redis_client", "seat_map"),
                environment=_REDIS,
                grants=(),
                in_vpc=True,
            ),
            LambdaFunction(
                name="seat_cache_sync",
                summary="Keeps the Region's seat maps in Redis in step with the inventory table",
                siblings=("dynamo", "events", "metrics", "redis_client", "seat_map"),
                environment=("EVENTS_TABLE", "INVENTORY_TABLE", "METRICS_NAMESPACE", *_REDIS),
                grants=(
                    Grant("events_table", ("dynamodb:Scan",)),
                    Grant("inventory_table", ("dynamodb:Query",)),
                ),
                in_vpc=True,
            ),
            LambdaFunction(
                name="kinesis_processor",
                summary="Writes every ledger change to Aurora, one row per sale",
                siblings=("dynamo", "sales_database"),
                environment=("CLUSTER_ARN", "DATABASE_NAME", "SECRET_ARN"),
                grants=(
                    Grant("aurora_cluster", ("rds-data:BatchExecuteStatement", "rds-data:ExecuteStatement")),
                    # The Data API reads the secret with the caller's permissions: the only action here that no line
                    # of code calls.
                    Grant("aurora_secret", ("secretsmanager:GetSecretValue",)),
                ),
            ),
            LambdaFunction(
                name="inventory_verifier",
                summary="Compares ledger, inventory and PMS in every Region, and reports disagreements",
                siblings=(
                    "comparison", "corrections", "dynamo", "events", "lag", "ledger", "metrics", "pms",
                    "replicas",
                ),
                environment=(
                    "CORRECTIONS_TABLE", "EVENTS_TABLE", "FUNCTION_TIMEOUT_SECONDS", "INVENTORY_TABLE",
                    "METRICS_NAMESPACE", "PMS_URL", "PRIMARY_REGION", "REGIONS", "REPLICATION_SECONDS",
                    "SALES_TABLE", "VERIFICATION_SECONDS",
                ),
                grants=(
                    Grant("corrections_table", ("dynamodb:Query", "dynamodb:UpdateItem")),
                    Grant("events_table", ("dynamodb:GetItem", "dynamodb:Scan")),
                    Grant("inventory_table", ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")),
                    Grant("sales_table", ("dynamodb:GetItem", "dynamodb:Query")),
                ),
            ),
            LambdaFunction(
                name="oversell_corrector",
                summary="Voids the losing sale of a seat sold twice, records it and requests the refund",
                siblings=("corrections", "dynamo", "events", "ledger", "metrics", "settlement"),
                environment=(
                    "AUDIT_STORE", "CORRECTIONS_TABLE", "CORRECTION_SECONDS", "EVENTS_TABLE", "INVENTORY_TABLE",
                    "LEASE_SECONDS", "METRICS_NAMESPACE", "REFUNDS_QUEUE_URL", "SALES_TABLE",
                    "TIMESTREAM_DATABASE", "TIMESTREAM_TABLE",
                ),
                grants=(
                    Grant(
                        "corrections_table", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
                    ),
                    Grant("events_table", ("dynamodb:GetItem",)),
                    Grant(
                        "inventory_table", ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")
                    ),
                    Grant("refunds_queue", ("sqs:SendMessage",)),
                    Grant(
                        "sales_table", ("dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem")
                    ),
                    # Granted only if audit.store is timestream.
                    Grant("timestream_any", ("timestream:DescribeEndpoints",)),
                    Grant("timestream_table", ("timestream:WriteRecords",)),
                ),
            ),
        )
    }
)  # fmt: skip


def function_source(name: str) -> Mapping[str, str]:
    """Map the file names of a function's zip to their text, the handler's module first.

    Raises:
        KeyError: the function does not exist.
        FileNotFoundError: the installation is incomplete.
    """
    folder = asset_folder("templates") / "functions"
    modules = (name, *FUNCTIONS[name].siblings)
    return {f"{module}.py": (folder / f"{module}.py").read_text(encoding="utf-8") for module in modules}
