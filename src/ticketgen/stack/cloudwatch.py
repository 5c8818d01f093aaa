"""CloudWatch metrics, AWS's own and those of our functions, and alarms on them."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.rendering.quoted import RawExpression

__all__ = [
    "LATE_MS", "METRICS_NAMESPACE", "Alarm", "Metric", "of_api", "of_aurora", "of_cache", "of_function",
    "of_machine", "of_queue", "of_stream", "of_table", "own",
]  # fmt: skip

METRICS_NAMESPACE = RawExpression('"${var.app_name}-metrics-${var.environment_suffix}"')
"""The namespace of our functions' metrics."""

LATE_MS = 60_000
"""A stream consumer that lags this far behind will not catch up by itself soon."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One CloudWatch metric with its dimensions.

    Attributes:
        namespace: an HCL string.
        name: CloudWatch's name for the metric.
        dimensions: pairs of a name and an HCL expression.
    """

    namespace: RawExpression
    name: str
    dimensions: tuple[tuple[str, RawExpression], ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm on one metric.

    Missing data counts as good for metrics that are only emitted on trouble, and as bad for a heartbeat.

    Attributes:
        key: the middle of the alarm's name.
        description: what is wrong when the alarm fires; on-call reads it first.
        metric: the metric it evaluates, in periods of one minute.
        statistic: ``Sum``, ``Maximum``, ..., or a percentile such as ``p99``.
        limit: the threshold in the metric's unit; the alarm fires above it, or below it if ``below``.
        below: whether values below the limit fire.
        minutes: how many consecutive minutes must breach the limit.
        pulse: whether missing data fires too.
    """

    key: str
    description: str
    metric: Metric
    statistic: str
    limit: float
    below: bool = False
    minutes: int = 1
    pulse: bool = False

    @property
    def threshold(self) -> RawExpression:
        """The limit as an HCL number."""
        return RawExpression(f"{self.limit:.6f}".rstrip("0").rstrip("."))

    @property
    def comparison(self) -> str:
        """CloudWatch's name for the comparison."""
        return "LessThanThreshold" if self.below else "GreaterThanThreshold"

    @property
    def missing(self) -> str:
        """How CloudWatch treats missing data."""
        return "breaching" if self.pulse else "notBreaching"


def own(name: str) -> Metric:
    """A metric without dimensions that our functions emit (``templates/functions``)."""
    return Metric(METRICS_NAMESPACE, name)


def _aws(service: str, name: str, **dimensions: str) -> Metric:
    named = tuple((dimension, RawExpression(value)) for dimension, value in dimensions.items())
    return Metric(RawExpression(f'"AWS/{service}"'), name, named)


def of_function(function: str, name: str) -> Metric:
    """A metric of a Lambda function.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return _aws("Lambda", name, FunctionName=f"aws_lambda_function.{function}.function_name")


def of_api(name: str) -> Metric:
    """A metric of the Region's API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    """
    api, stage = "aws_api_gateway_rest_api.tickets.name", "aws_api_gateway_stage.live.stage_name"
    return _aws("ApiGateway", name, ApiName=api, Stage=stage)


def of_table(table: RawExpression, name: str) -> Metric:
    """A metric of the table that an HCL expression names.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    return Metric(RawExpression('"AWS/DynamoDB"'), name, (("TableName", table),))


def of_cache(name: str) -> Metric:
    """A metric of the first cache node.

    ElastiCache reports per node; the first represents all of them, because every node holds the whole map.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    """
    node = '"${aws_elasticache_replication_group.seats.replication_group_id}-001"'
    return _aws("ElastiCache", name, CacheClusterId=node)


def of_queue(queue: str, name: str) -> Metric:
    """A metric of a queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    return _aws("SQS", name, QueueName=f"aws_sqs_queue.{queue}.name")


def of_stream(name: str) -> Metric:
    """A metric of the ledger's stream.

    https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
    """
    return _aws("Kinesis", name, StreamName="aws_kinesis_stream.sales.name")


def of_aurora(name: str) -> Metric:
    """A metric of the database.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
    """
    return _aws("RDS", name, DBClusterIdentifier="aws_rds_cluster.sales.cluster_identifier")


def of_machine(machine: str, name: str) -> Metric:
    """A metric of a state machine.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    return _aws("States", name, StateMachineArn=f"aws_sfn_state_machine.{machine}.arn")
