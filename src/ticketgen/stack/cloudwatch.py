"""CloudWatch metrics, AWS's own and those of our functions, and alarms on them."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.rendering.quoted import RawExpression

__all__ = [
    "LATE_MS", "METRICS_NAMESPACE", "Alarm", "Metric", "of_api", "of_aurora", "of_cache", "of_function",
    "of_machine", "of_queue", "of_stream", "of_streaming", "of_table", "own",
]  # fmt: skip

METRICS_NAMESPACE = RawExpression('"${var.app_name}-metrics-${var.environment_suffix}"')
"""The namespace of our functions' metrics."""

LATE_MS = 60_000
"""A stream consumer that lags this far behind will not catch up by itself soon."""


_FUNCTIONS = {"Average": "AVG", "Maximum": "MAX", "Minimum": "MIN", "Sum": "SUM"}
"""The statistics by their names in queries."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One CloudWatch metric with its dimensions.

    Attributes:
        namespace: an HCL string.
        name: CloudWatch's name for the metric.
        dimensions: pairs of a name and an HCL expression.
        unnamed: more dimensions that AWS publishes it with, whose values AWS does not document.
    """

    namespace: RawExpression
    name: str
    dimensions: tuple[tuple[str, RawExpression], ...] = ()
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm on one metric.

    Missing data counts as good for metrics that are only emitted on trouble, and as bad for a heartbeat. An alarm on a
    metric with a dimension of unknown value is one on a query.

    Attributes:
        key: the middle of the alarm's name.
        description: what is wrong when the alarm fires; on-call reads it first.
        remedy: what to look at, and what to run; the runbook has it.
        metric: the metric it evaluates.
        statistic: ``Sum``, ``Maximum``, ..., or a percentile such as ``p99``.
        limit: the threshold in the metric's unit; the alarm fires above it, or below it if ``below``.
        below: whether values below the limit fire.
        minutes: how many consecutive periods must breach the limit.
        period: in seconds; as long as AWS takes to publish the metric.
        pulse: whether missing data fires too.
    """

    key: str
    description: str
    remedy: str
    metric: Metric
    statistic: str
    limit: float
    below: bool = False
    minutes: int = 1
    period: int = 60
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
    def query(self) -> RawExpression | None:
        """The query that finds the metric whatever the values of its unnamed dimensions are.

        A Region may have 200 alarms on queries, and each reads the last three hours:
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
        """
        metric = self.metric
        if not metric.unnamed:
            return None
        namespace = metric.namespace.text.replace('"', '\\"')
        schema = ", ".join((namespace, *(name for name, _ in metric.dimensions), *metric.unnamed))
        where = " AND ".join(f"{name} = '${{{value.text}}}'" for name, value in metric.dimensions)
        function = _FUNCTIONS[self.statistic]
        return RawExpression(f'"SELECT {function}({metric.name}) FROM SCHEMA({schema}) WHERE {where}"')

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


def of_cache(name: str, node: int = 1) -> Metric:
    """A metric of a cache node, which ElastiCache numbers from 1.

    ElastiCache reports per node. Every node holds the whole map, but only the primary, which may be any of them, is
    written to.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    """
    cluster = f'"${{aws_elasticache_replication_group.seats.replication_group_id}}-{node:03d}"'
    return _aws("ElastiCache", name, CacheClusterId=cluster)


def of_streaming(table: RawExpression, name: str) -> Metric:
    """A metric of DynamoDB's own streaming of a table to Kinesis.

    AWS names the dimension DelegatedOperation, but not the value that it has for the streaming.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    return Metric(RawExpression('"AWS/DynamoDB"'), name, (("TableName", table),), ("DelegatedOperation",))


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


def of_aurora(name: str, instance: int) -> Metric:
    """A metric of an instance of the database, which the stack numbers from 0.

    Those of the cluster are an average: a busy writer would hide behind an idle reader.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/dimensions.html
    """
    return _aws("RDS", name, DBInstanceIdentifier=f"aws_rds_cluster_instance.sales[{instance}].identifier")


def of_machine(machine: str, name: str) -> Metric:
    """A metric of a state machine.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    return _aws("States", name, StateMachineArn=f"aws_sfn_state_machine.{machine}.arn")
