"""The conditions of a stack's alarms, as data points that AWS and the stack's functions publish.

The table beside this module says how. The names in the data points are those of the stack's resources, and not those of
its alarms.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from emulated_cloudwatch import CloudWatch, log_metric, metrics_in_line

from support.stack import Resource, Stack

__all__ = ["ROWS", "Publisher", "Row", "publishers", "row_of"]

_UNDOCUMENTED = "a value that AWS does not document"
_KINDS = ("published", "emitted", "counted")


@dataclass(frozen=True)
class Row:
    """A row of the table, which documents its keys."""

    metrics: Sequence[str]
    source: str
    period_s: int | str
    unit: str
    range: tuple[float, float]
    healthy: Sequence[float]
    trouble: Sequence[float]
    namespace: str = ""
    dimensions: Sequence[Sequence[str]] = ()
    undocumented: Sequence[str] = ()
    silence: bool = False
    trouble_times: int = 1
    trouble_every: int = 1
    kind: str = "published"

    def seconds(self, objectives: Any) -> int:
        """How often there is a data point."""
        return getattr(objectives, self.period_s) if isinstance(self.period_s, str) else self.period_s

    def values(self, number: int, *, trouble: bool) -> Sequence[float]:
        """The values of one period, of which there is a number."""
        if not trouble:
            return self.healthy
        return [] if number % self.trouble_every else [*self.trouble] * self.trouble_times


_TABLE = tomllib.loads((Path(__file__).parent / "published_metrics.toml").read_text("utf-8"))
ROWS = [Row(**row, kind=kind) for kind in _KINDS for row in _TABLE[kind]]


def row_of(namespace: str, metric: str) -> Row | None:
    """The row of a metric; the names of AWS's namespaces begin with ``AWS/``."""
    wanted = namespace if namespace.startswith("AWS/") else ""
    return next((row for row in ROWS if row.namespace == wanted and metric in row.metrics), None)


class Publisher:
    """Something that publishes one metric: a resource of AWS, a function, or a metric filter."""

    def __init__(self, name: str) -> None:
        self.name = name

    def publish(self, cloud: CloudWatch, at: int, value: float) -> None:
        """Publish a data point."""
        raise NotImplementedError


class _Service(Publisher):
    def __init__(self, row: Row, metric: str, named: Mapping[str, object]) -> None:
        super().__init__(f"{row.namespace} {dict(named)}")
        self._row, self._metric = row, metric
        self._named = {**named, **dict.fromkeys(row.undocumented, _UNDOCUMENTED)}

    def publish(self, cloud: CloudWatch, at: int, value: float) -> None:
        for names in self._row.dimensions:
            dimensions = {name: self._named[name] for name in names}
            cloud.put(self._row.namespace, self._metric, dimensions, at, value)


class _Function(Publisher):
    """Runs the emit of a function's own code."""

    def __init__(self, function: Resource, files: Mapping[str, str], metric: str) -> None:
        self._namespace = function.get("environment.variables.METRICS_NAMESPACE")
        super().__init__(f"{function.name} to {self._namespace}")
        self._metric = metric
        self._code: dict[str, Any] = {"__name__": "metrics"}
        exec(compile(files["metrics.py"], "metrics.py", "exec", dont_inherit=True), self._code)

    def publish(self, cloud: CloudWatch, at: int, value: float) -> None:
        self._code["time"] = SimpleNamespace(time=lambda: at)
        with contextlib.redirect_stdout(io.StringIO()) as log:
            self._code["emit"](self._namespace, **{self._metric: value})
        for found in metrics_in_line(json.loads(log.getvalue())):
            cloud.put(*found)


class _Filter(Publisher):
    """Counts lines of the access log, which API Gateway writes in the stage's format."""

    def __init__(self, counter: Resource, stage: Resource) -> None:
        super().__init__(counter.address)
        self._counter = counter
        self._format = stage.get("access_log_settings.format")

    def publish(self, cloud: CloudWatch, at: int, value: float) -> None:
        line = re.sub(r"\$context\.[\w.]+", "-", self._format.replace("$context.status", str(value)))
        if log_metric(self._counter.get("pattern"), json.loads(line)):
            transformed = self._counter.blocks("metric_transformation")[0]
            assert transformed.get("dimensions") is None
            cloud.put(
                transformed.get("namespace"), transformed.get("name"), {}, at, float(transformed.get("value"))
            )


def publishers(stack: Stack, region: str, row: Row, metric: str) -> list[Publisher]:
    """Everything in a Region that publishes a metric."""
    resources = [each for root in stack.roots.values() if root.region == region for each in root.resources()]
    if row.kind == "published":
        return [_Service(row, metric, named) for named in _named(row.namespace, resources)]
    if row.kind == "counted":
        return list(_filters(resources, metric))
    functions = [
        (each, _package(stack, region, each)) for each in resources if each.type == "aws_lambda_function"
    ]
    return [
        _Function(each, files, metric)
        for each, files in functions
        if any(metric in _emitted(text) for text in files.values())
    ]


def _named(namespace: str, resources: Sequence[Resource]) -> Iterator[dict[str, object]]:
    """The dimensions of each resource of a service."""
    for each in resources:
        match namespace, each.type:
            case "AWS/ApiGateway", "aws_api_gateway_stage":
                (api,) = (other for other in resources if other.type == "aws_api_gateway_rest_api")
                yield {"ApiName": api.get("name"), "Stage": each.get("stage_name")}
            case "AWS/DynamoDB", "aws_dynamodb_table":
                yield {"TableName": each.get("name")}
            case "AWS/DynamoDB", "aws_dynamodb_table_replica":
                yield {"TableName": each.get("global_table_arn").rpartition("/")[2]}
            case "AWS/ElastiCache", "aws_elasticache_replication_group":
                for node in range(1, each.get("num_cache_clusters") + 1):
                    group = each.get("replication_group_id")
                    yield {"CacheClusterId": f"{group}-{node:03d}", "CacheNodeId": "0001"}
            case "AWS/Kinesis", "aws_kinesis_stream":
                yield {"StreamName": each.get("name")}
            case "AWS/Lambda", "aws_lambda_function":
                yield {"FunctionName": each.get("function_name"), "Resource": each.get("function_name")}
            case "AWS/RDS", "aws_rds_cluster_instance":
                (cluster,) = (other for other in resources if other.type == "aws_rds_cluster")
                yield {
                    "DBClusterIdentifier": cluster.get("cluster_identifier"),
                    "DBInstanceIdentifier": each.get("identifier"),
                }
            case "AWS/SQS", "aws_sqs_queue":
                yield {"QueueName": each.get("name")}
            case "AWS/States", "aws_sfn_state_machine":
                yield {"StateMachineArn": each.step("arn")}


def _filters(resources: Sequence[Resource], metric: str) -> Iterator[Publisher]:
    groups = {
        each.get("name"): each.step("arn") for each in resources if each.type == "aws_cloudwatch_log_group"
    }
    for stage in resources:
        if stage.type == "aws_api_gateway_stage":
            for each in resources:
                if (
                    each.type == "aws_cloudwatch_log_metric_filter"
                    and each.get("metric_transformation.name") == metric
                    and groups[each.get("log_group_name")] == stage.get("access_log_settings.destination_arn")
                ):
                    yield _Filter(each, stage)


def _package(stack: Stack, region: str, function: Resource) -> dict[str, str]:
    archive = stack.resource(f"regions/{region}:module.code.data.archive_file.{function.name}")
    return {source.get("filename"): source.get("content") for source in archive.blocks("source")}


@cache
def _emitted(text: str) -> frozenset[str]:
    """The metrics that a file of a function emits to the namespace in the function's environment."""
    return frozenset(
        str(keyword.arg)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "metrics.emit"
        if ast.unparse(node.args[0]) == "METRICS_NAMESPACE"
        for keyword in node.keywords
    )
