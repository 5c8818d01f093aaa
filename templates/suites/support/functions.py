"""The demands on each Lambda function: one row of `FUNCTIONS` a function, which every suite reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import demands

from support.answers import ACCOUNT
from support.places import at
from support.values import Unknown

__all__ = [
    "FUNCTIONS", "IN_VPC", "OWN", "TESTED_ELSEWHERE", "WHY", "Function", "Watch", "arn", "named",
]  # fmt: skip

OWN = f"{demands.PROJECT}-metrics-{demands.ENVIRONMENT}"
"""The namespace of the stack's own metrics."""


def named(middle: str) -> str:
    """The name of a resource by its middle."""
    return f"{demands.PROJECT}-{middle}-{demands.ENVIRONMENT}"


def arn(service: str, rest: str) -> str:
    """The ARN of a resource of the account, in any Region."""
    return f"arn:{demands.PARTITION}:{service}:*:{ACCOUNT}:{rest}"


def _table(middle: str) -> str:
    return arn("dynamodb", f"table/{named(middle)}")


def _dynamodb(*actions: str) -> set[str]:
    return {f"dynamodb:{action}" for action in actions}


TESTED_ELSEWHERE = object()
"""The value of a variable that has a test of its own, because it follows from the stack and not from the spec."""


@dataclass(frozen=True)
class Watch:
    """What an alarm has to watch, and when it must fire.

    Attributes:
        key: the middle of its name.
        namespace, metric, statistic: the metric that it watches.
        of: the metric's dimensions, with their values or the addresses that have them.
        unnamed: dimensions whose values AWS does not document, so that only a query finds the metric.
        good, bad: a value that is fine, and one that is not.
        minutes: consecutive bad periods after which it must fire.
        silence: whether missing data is bad too.
        period: in seconds, as often as AWS publishes the metric.
    """

    key: str
    namespace: str
    metric: str
    statistic: str
    of: Mapping[str, object]
    good: float
    bad: float
    minutes: int = 1
    silence: bool = False
    period: int = 60
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """The demands on one function.

    Attributes:
        name: in snake case.
        module: the module that it is in.
        seconds: the shortest and the longest timeout.
        why: the reason for that timeout.
        least_memory: in MiB, as measured: 1,769 MiB come with one vCPU, and less memory with a share of it.
        actions: what its role may do besides logs, traces and encryption, by ARN.
        variables: its environment, with the values.
        is_reserved: whether its concurrency is reserved where the spec says so; a stream limits its consumer itself.
        redis_user: the user that it signs in to Redis as, in the private subnets; "" for none.
        invoked_by: the state machine that invokes it; "" for none.
        own_alarms: on its objectives, and on what it reads and writes.
    """

    name: str
    module: str
    seconds: tuple[int, int]
    why: str
    least_memory: int
    actions: Mapping[str, set[str]]
    variables: Mapping[str, object]
    is_reserved: bool = True
    redis_user: str = ""
    invoked_by: str = ""
    own_alarms: tuple[Watch, ...] = field(default=())

    @property
    def middle(self) -> str:
        """The middle of the names of its resources."""
        return self.name.replace("_", "-")

    @property
    def of(self) -> Mapping[str, object]:
        """The dimensions of its metrics."""
        return {"FunctionName": named(self.middle)}

    @property
    def alarms(self) -> tuple[Watch, ...]:
        """Its own alarms, and those on errors and throttles."""
        errors = Watch(f"{self.middle}-errors", "AWS/Lambda", "Errors", "Sum", self.of, 0, 1, 2)
        throttles = Watch(f"{self.middle}-throttles", "AWS/Lambda", "Throttles", "Sum", self.of, 0, 1)
        return (*self.own_alarms, errors, throttles)


EVENTS, INVENTORY, SALES, LOCKS, CORRECTIONS = (
    _table(middle)
    for middle in ("events", "ticket-inventory", "ticket-sales", "distributed-locks", "corrections")
)
_TABLES: Mapping[str, object] = {
    "EVENTS_TABLE": named("events"),
    "INVENTORY_TABLE": named("ticket-inventory"),
    "SALES_TABLE": named("ticket-sales"),
    "METRICS_NAMESPACE": OWN,
}


def _redis(user: str) -> Mapping[str, set[str]]:
    arns = (f"replicationgroup:{named('seats')}", f"user:{named(user)}")
    return {arn("elasticache", each): {"elasticache:Connect"} for each in arns}


_ENDPOINTS = {"reader": "reader_endpoint_address", "writer": "primary_endpoint_address"}


def _redis_variables(user: str) -> Mapping[str, object]:
    return {
        "REDIS_HOST": Unknown(at("region", f"aws_elasticache_replication_group.seats.{_ENDPOINTS[user]}")),
        "REDIS_PORT": 6379,
        "REDIS_REPLICATION_GROUP": named("seats"),
        "REDIS_USER": named(user),
    }


def _throttled(key: str, middle: str, kind: str) -> Watch:
    of = {"TableName": named(middle)}
    metric = f"{kind.title()}ThrottleEvents"
    return Watch(f"{key}-{kind}s-throttled", "AWS/DynamoDB", metric, "Sum", of, 0, 1)


def _problem(key: str, metric: str, minutes: int = 1) -> Watch:
    """A count that should be 0; over several minutes, in every run."""
    statistic = "Minimum" if minutes > 1 else "Maximum"
    return Watch(key, OWN, metric, statistic, {}, 0, 1, minutes)


def _slow(key: str, metric: str, objective: float, minutes: int = 1) -> Watch:
    return Watch(f"{key}-slow", OWN, metric, "Maximum", {}, objective, objective + 0.1, minutes)


_STREAM = {"StreamName": named("ticket-sales")}
_LEDGER = {"TableName": named("ticket-sales")}
_SYNC = {"FunctionName": named("seat-cache-sync")}
_WRITER = arn("secretsmanager", f"secret:{named('sales-writer')}-??????")
_IN_TIMESTREAM = demands.AUDIT_STORE == "timestream"

FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function(
            name="ticket_purchase",
            module="region",
            seconds=(6, 15),
            why="its attempts take up to 5 s, and the verifier waits for the whole timeout before it checks a sale",
            least_memory=512,
            actions={
                EVENTS: _dynamodb("Query"),
                INVENTORY: _dynamodb("ConditionCheckItem", "GetItem", "PutItem"),
                LOCKS: _dynamodb("DeleteItem", "GetItem", "PutItem"),
                SALES: _dynamodb("GetItem", "PutItem"),
            },
            variables={
                **_TABLES,
                **({"ADMISSION_SECONDS": demands.TICKET_SECONDS} if demands.TICKET_SECONDS else {}),
                "AUTH": demands.AUTH,
                "CORS_ORIGINS": " ".join(demands.CORS_ORIGINS),
                "HOLD_SECONDS": demands.HOLD_SECONDS,
                "LEASE_SECONDS": demands.LEASE_SECONDS,
                "LOCKS_TABLE": named("distributed-locks"),
                "SEATS_PER_ORDER": demands.SEATS_PER_ORDER,
            },
            own_alarms=(
                Watch("lock-slow", OWN, "LockMs", "p99", {}, demands.LOCK_MS, demands.LOCK_MS + 1, 3),
                Watch(
                    "api-server-errors",
                    "AWS/ApiGateway",
                    "5XXError",
                    "Average",
                    {"ApiName": named("tickets"), "Stage": demands.ENVIRONMENT},
                    0.005,
                    0.02,
                    2,
                ),
                _throttled("events", "events", "read"),
                *(
                    _throttled(key, middle, kind)
                    for key, middle in (
                        ("locks", "distributed-locks"),
                        ("inventory", "ticket-inventory"),
                        ("ledger", "ticket-sales"),
                    )
                    for kind in ("read", "write")
                ),
            ),
        ),
        *(
            (
                Function(
                    name="admission_queue",
                    module="region",
                    seconds=(6, 15),
                    why="its calls take up to 10 s, and a claim of a place lasts as long",
                    least_memory=256,
                    actions={
                        EVENTS: _dynamodb("Query"),
                        LOCKS: _dynamodb("GetItem", "PutItem", "UpdateItem"),
                    },
                    variables={
                        "ADMISSION_SECONDS": demands.TICKET_SECONDS,
                        "ADMITTED_PER_MINUTE": demands.CAPACITY["admitted_per_minute"],
                        "AUTH": demands.AUTH,
                        "CORS_ORIGINS": " ".join(demands.CORS_ORIGINS),
                        "EVENTS_TABLE": named("events"),
                        "LEASE_SECONDS": demands.LEASE_SECONDS,
                        "LOCKS_TABLE": named("distributed-locks"),
                        "QUEUE_LINES": demands.CAPACITY["queue_lines"],
                        "REGIONS": ",".join(demands.REGIONS),
                    },
                ),
            )
            if demands.TICKET_SECONDS
            else ()
        ),
        Function(
            name="seat_availability",
            module="region",
            seconds=(3, 29),
            why="API Gateway gives up after 29 s",
            least_memory=256,
            actions=_redis("reader"),
            variables={"CORS_ORIGINS": " ".join(demands.CORS_ORIGINS), **_redis_variables("reader")},
            redis_user="reader",
        ),
        Function(
            name="seat_cache_sync",
            module="region",
            seconds=(30, 300),
            why="loading a whole seat map takes a while",
            least_memory=512,
            actions={
                EVENTS: _dynamodb("Scan"),
                INVENTORY: _dynamodb("Query"),
                f"{INVENTORY}/stream/*": _dynamodb(
                    "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"
                ),
                **_redis("writer"),
            },
            variables={
                **{name: value for name, value in _TABLES.items() if name != "SALES_TABLE"},
                **_redis_variables("writer"),
            },
            is_reserved=False,
            redis_user="writer",
            own_alarms=(
                _slow("cache-load", "CacheLoadSeconds", demands.CACHE_LOAD_S),
                Watch("seat-map-late", "AWS/Lambda", "IteratorAge", "Maximum", _SYNC, 30_000, 61_000),
                Watch(
                    "seat-map-old", OWN, "CacheMapAgeSeconds", "Maximum", {}, 1_200, 1_900, 5, silence=True
                ),
            ),
        ),
        Function(
            name="kinesis_processor",
            module="analytics",
            seconds=(30, 300),
            why="two attempts at the Data API take up to 44 s",
            least_memory=256,
            actions={
                arn("rds", f"cluster:{named('sales')}"): {
                    "rds-data:BatchExecuteStatement",
                    "rds-data:ExecuteStatement",
                },
                _WRITER: {"secretsmanager:GetSecretValue"},
                arn("kinesis", f"stream/{named('ticket-sales')}"): {
                    f"kinesis:{action}"
                    for action in (
                        "DescribeStream",
                        "DescribeStreamSummary",
                        "GetRecords",
                        "GetShardIterator",
                        "ListShards",
                    )
                },
            },
            variables={
                "CLUSTER_ARN": Unknown(at("analytics", "aws_rds_cluster.sales.arn")),
                "DATABASE_NAME": "sales",
                "SECRET_ARN": Unknown(at("analytics", "aws_secretsmanager_secret.sales_writer.arn")),
            },
            is_reserved=False,
            own_alarms=(
                Watch(
                    "analytics-late",
                    "AWS/Kinesis",
                    "GetRecords.IteratorAgeMilliseconds",
                    "Maximum",
                    _STREAM,
                    30_000,
                    61_000,
                    3,
                ),
                Watch(
                    "ledger-stream-full",
                    "AWS/Kinesis",
                    "WriteProvisionedThroughputExceeded",
                    "Sum",
                    _STREAM,
                    0,
                    1,
                    3,
                ),
                Watch(
                    "ledger-not-streamed",
                    "AWS/DynamoDB",
                    "FailedToReplicateRecordCount",
                    "Sum",
                    _LEDGER,
                    0,
                    1,
                    period=300,
                    unnamed=("DelegatedOperation",),
                ),
                Watch(
                    "ledger-stream-late",
                    "AWS/DynamoDB",
                    "AgeOfOldestUnreplicatedRecord",
                    "Maximum",
                    _LEDGER,
                    1_000,
                    61_000,
                    period=300,
                    unnamed=("DelegatedOperation",),
                ),
            ),
        ),
        Function(
            name="sales_writer_rotation",
            module="analytics",
            seconds=(60, 300),
            why="its longest step makes eight calls to the Data API and to Secrets Manager",
            least_memory=256,
            actions={
                arn("rds", f"cluster:{named('sales')}"): {"rds-data:ExecuteStatement"},
                arn("secretsmanager", "secret:rds!cluster-*"): {"secretsmanager:GetSecretValue"},
                _WRITER: {
                    f"secretsmanager:{action}"
                    for action in (
                        "DescribeSecret",
                        "GetSecretValue",
                        "PutSecretValue",
                        "UpdateSecretVersionStage",
                    )
                },
            },
            variables={
                "CLUSTER_ARN": Unknown(at("analytics", "aws_rds_cluster.sales.arn")),
                "DATABASE_NAME": "sales",
                "MASTER_SECRET_ARN": Unknown(
                    at("analytics", "aws_rds_cluster.sales.master_user_secret[0].secret_arn")
                ),
            },
        ),
        Function(
            name="inventory_verifier",
            module="verification",
            seconds=(demands.VERIFICATION_S, demands.VERIFICATION_S),
            why="the objective is the timeout",
            least_memory=512,
            actions={
                CORRECTIONS: _dynamodb("Query", "UpdateItem"),
                EVENTS: _dynamodb("GetItem", "PutItem", "Query", "Scan"),
                INVENTORY: _dynamodb("BatchGetItem", "GetItem", "Query"),
                SALES: _dynamodb("GetItem", "Query"),
            },
            variables={
                **_TABLES,
                "CORRECTIONS_TABLE": named("corrections"),
                "EVENTS_AT_ONCE": TESTED_ELSEWHERE,
                "FUNCTION_TIMEOUT_SECONDS": TESTED_ELSEWHERE,
                "MOST_EVENTS": TESTED_ELSEWHERE,
                "PMS_URL": demands.PMS_URL or "",
                "PRIMARY_REGION": demands.PRIMARY,
                "REGIONS": ",".join(demands.REGIONS),
                "REPLICATION_SECONDS": demands.REPLICATION_S,
                "VERIFICATION_INTERVAL_SECONDS": demands.VERIFICATION_INTERVAL_S,
                "VERIFICATION_SECONDS": demands.VERIFICATION_S,
            },
            invoked_by="verification",
            own_alarms=(
                Watch("oversold", OWN, "Oversold", "Maximum", {}, 0, 1),
                _slow("replication", "ReplicationLagSeconds", demands.REPLICATION_S, 3),
                _slow("verification", "VerificationSeconds", demands.VERIFICATION_S),
                Watch(
                    "verification-old", OWN, "HeartbeatAgeSeconds", "Maximum", {}, 60, 400, 3, silence=True
                ),
                Watch("slices-old", OWN, "SliceAgeRuns", "Maximum", {}, 40, 100, 3),
                _problem("events-not-verified", "EventsNotVerified", 3),
                _problem("regions-not-verified", "RegionsNotVerified", 3),
                _problem("malformed-events", "MalformedEvents"),
                _problem("malformed-items", "MalformedItems"),
                _problem("misplaced-seats", "Misplaced"),
                _problem("undecided-seats", "Undecided", 5),
                _problem("pms-disagrees", "PmsDisagreements", 5),
                _problem("pms-down", "PmsDown", 5),
            ),
        ),
        Function(
            name="oversell_corrector",
            module="verification",
            seconds=(demands.CORRECTION_S, demands.CORRECTION_S),
            why="the objective is the timeout",
            least_memory=256,
            actions={
                CORRECTIONS: _dynamodb("GetItem", "PutItem", "UpdateItem"),
                EVENTS: _dynamodb("Query"),
                INVENTORY: _dynamodb("DeleteItem", "GetItem", "PutItem"),
                SALES: _dynamodb("ConditionCheckItem", "GetItem", "PutItem"),
                arn("sqs", f"{named('refunds')}.fifo"): {"sqs:SendMessage"},
                **(
                    {
                        arn("timestream", f"database/{named('audit')}/table/{named('corrections')}"): {
                            "timestream:WriteRecords"
                        },
                        "*": {"timestream:DescribeEndpoints"},
                    }
                    if _IN_TIMESTREAM
                    else {}
                ),
            },
            variables={
                **_TABLES,
                "AUDIT_STORE": demands.AUDIT_STORE,
                "CORRECTIONS_TABLE": named("corrections"),
                "CORRECTION_SECONDS": demands.CORRECTION_S,
                "LEASE_SECONDS": demands.LEASE_SECONDS,
                "REFUNDS_QUEUE_URL": Unknown(at("verification", "aws_sqs_queue.refunds.url")),
                **(
                    {"TIMESTREAM_DATABASE": named("audit"), "TIMESTREAM_TABLE": named("corrections")}
                    if _IN_TIMESTREAM
                    else {}
                ),
            },
            invoked_by="verification",
            own_alarms=(_slow("correction", "CorrectionSeconds", demands.CORRECTION_S),),
        ),
    )
}

IN_VPC = tuple(name for name, function in FUNCTIONS.items() if function.redis_user)
"""The functions in the private subnets, which talk to Redis."""

_TABLE = "the function would work on another table, or on another deployment's"
WHY: Mapping[str, str] = {
    "ADMISSION_SECONDS": "two functions would disagree about which tickets have expired",
    "ADMITTED_PER_MINUTE": "a slow event would have as many lines as a fast one, and long waits in each",
    "AUDIT_STORE": "corrections would be recorded in the wrong store",
    "AUTH": "the function would read the buyer's identity from the wrong place",
    "CLUSTER_ARN": "sales would be written to another database",
    "CORRECTIONS_TABLE": _TABLE,
    "CORS_ORIGINS": "browsers would keep its answers from the pages that the spec names",
    "CORRECTION_SECONDS": "its calls would not be given up within the objective",
    "DATABASE_NAME": "sales would be written to another database",
    "EVENTS_TABLE": _TABLE,
    "HOLD_SECONDS": "the spec sets how long a seat is held",
    "INVENTORY_TABLE": _TABLE,
    "LEASE_SECONDS": "a planned move of home waits for the lease, and a longer one would sell on in the old home",
    "LOCKS_TABLE": _TABLE,
    "MASTER_SECRET_ARN": "only the master user may create users",
    "METRICS_NAMESPACE": "the alarms watch this namespace",
    "PMS_URL": "the spec names the system of record, or leaves it out",
    "PRIMARY_REGION": "both hubs would verify, or neither",
    "QUEUE_LINES": "an item would get more writes than DynamoDB takes",
    "REDIS_HOST": "a replica takes no writes, and buyers' reads would take the primary's time",
    "REDIS_PORT": "Redis listens on this port",
    "REDIS_REPLICATION_GROUP": "the token is valid for this group only",
    "REDIS_USER": "the token is valid for this user only",
    "REFUNDS_QUEUE_URL": "buyers would not get refunds",
    "REGIONS": "oversells in a Region that is not read would go unnoticed, and queues would admit too many",
    "REPLICATION_SECONDS": "the objective is the lag that is reported",
    "SALES_TABLE": _TABLE,
    "SEATS_PER_ORDER": "the spec limits the seats of an order",
    "SECRET_ARN": "the function would write as a user that may do everything, or as none",
    "TIMESTREAM_DATABASE": "corrections would not be recorded",
    "TIMESTREAM_TABLE": "corrections would not be recorded",
    "VERIFICATION_INTERVAL_SECONDS": "an event on sale is due again after this time",
    "VERIFICATION_SECONDS": "a run divides the objective between its steps",
}
"""What goes wrong if an environment variable has another value."""
