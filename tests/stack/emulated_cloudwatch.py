"""CloudWatch's metrics and the states of its alarms, as AWS documents them."""

from __future__ import annotations

import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

__all__ = ["CloudWatch", "Rule", "log_metric", "metrics_in_line"]

Dimensions = frozenset[tuple[str, object]]
_MINUTE = 60
_MORE = 2
"""CloudWatch looks at more periods than it evaluates, and takes older values for missing ones.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": fmean, "Maximum": max, "Minimum": min, "SampleCount": len, "Sum": math.fsum,
}  # fmt: skip
_IN_QUERIES = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
_QUERY = re.compile(
    r'SELECT (?P<function>[A-Z]+)\((?P<metric>[\w.]+)\) FROM SCHEMA\("(?P<namespace>[^"]+)"(?P<keys>(?:, \w+)*)\)'
    r"(?: WHERE (?P<where>\w+ = '[^']*'(?: AND \w+ = '[^']*')*))?"
)


class CloudWatch:
    """Data points of metrics. A metric is its namespace, its name and all its dimensions."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, str, int], list[tuple[Dimensions, float, float]]] = defaultdict(list)

    def put(
        self, namespace: str, name: str, dimensions: Mapping[str, object], at: float, value: float
    ) -> None:
        """Add a data point."""
        point = frozenset(dimensions.items()), at, value
        self._points[namespace, name, int(at // _MINUTE)].append(point)

    def values(self, rule: Rule, start: float, end: float) -> list[float]:
        """The values of the metrics of an alarm from one time until before another."""
        return [
            value
            for minute in range(int(start // _MINUTE), int(-(-end // _MINUTE)))
            for dimensions, at, value in self._points.get((rule.namespace, rule.metric, minute), ())
            if start <= at < end and rule.takes(dimensions)
        ]


@dataclass(frozen=True)
class Rule:
    """What an alarm evaluates.

    Attributes:
        namespace, metric: the names of what it watches.
        keys: the names of the dimensions, of which there may be no others.
        where: the dimensions that must have a value.
        statistic: such as ``Sum`` or ``p99``.
        needed: how many of the ``periods`` must breach the threshold.
        missing: how it treats missing data.
    """

    namespace: str
    metric: str
    keys: frozenset[str]
    where: Dimensions
    statistic: str
    comparison: str
    threshold: float
    period: int
    periods: int
    needed: int
    missing: str

    @classmethod
    def of(cls, alarm: Any) -> Rule:
        """The rule of an ``aws_cloudwatch_metric_alarm``, which names either a metric or a query."""
        common = {
            "comparison": alarm.get("comparison_operator"),
            "threshold": alarm.get("threshold"),
            "periods": alarm.get("evaluation_periods"),
            "needed": alarm.get("datapoints_to_alarm") or alarm.get("evaluation_periods"),
            "missing": alarm.get("treat_missing_data") or "missing",
        }
        if query := alarm.get("metric_query"):
            assert len(query) == 1, f"{alarm} has several queries"
            assert alarm.get("metric_name") is None, f"{alarm} has both a metric and a query"
            found = _QUERY.fullmatch(query[0].get("expression"))
            assert found, f"{alarm}: no such query: {query[0].get('expression')}"
            return cls(
                namespace=found["namespace"],
                metric=found["metric"],
                keys=frozenset(found["keys"].removeprefix(", ").split(", ")),
                where=frozenset(re.findall(r"(\w+) = '([^']*)'", found["where"] or "")),
                statistic=_IN_QUERIES[found["function"]],
                period=query[0].get("period"),
                **common,
            )
        dimensions = alarm.get("dimensions") or {}
        return cls(
            namespace=alarm.get("namespace"),
            metric=alarm.get("metric_name"),
            keys=frozenset(dimensions),
            where=frozenset(dimensions.items()),
            statistic=alarm.get("statistic") or alarm.get("extended_statistic"),
            period=alarm.get("period"),
            **common,
        )

    def takes(self, dimensions: Dimensions) -> bool:
        """Whether it evaluates the metric with these dimensions: no name may be missing, and none may be more."""
        return self.keys == {name for name, _ in dimensions} and self.where <= dimensions

    def state(self, metrics: CloudWatch, now: float, before: str) -> str:
        """Its state at a time, after another state."""
        found = [
            self._statistic(values)
            for number in range(self.periods + _MORE)
            if (values := metrics.values(self, now - (number + 1) * self.period, now - number * self.period))
        ][: self.periods]
        breaching = sum(_COMPARISONS[self.comparison](value, self.threshold) for value in found)
        lacking = self.periods - len(found)
        if self.missing == "breaching":
            breaching += lacking
        elif not found and self.missing == "missing":
            return "INSUFFICIENT_DATA"
        elif lacking and self.missing == "ignore":
            return before
        return "ALARM" if breaching >= self.needed else "OK"

    def _statistic(self, values: Sequence[float]) -> float:
        if self.statistic in _STATISTICS:
            return _STATISTICS[self.statistic](values)
        rank = math.ceil(float(self.statistic.removeprefix("p")) / 100 * len(values))
        return sorted(values)[max(rank, 1) - 1]


def metrics_in_line(line: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, object], float, float]]:
    """Namespace, name, dimensions, time and value of each metric in a log line of the embedded metric format."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                dimensions = {name: line[name] for name in names}
                at, value = line["_aws"]["Timestamp"] / 1000, line[metric["Name"]]
                yield directive["Namespace"], metric["Name"], dimensions, at, value


def log_metric(pattern: str, line: Mapping[str, Any]) -> bool:
    """Whether a filter's pattern matches a line of JSON: text in quotes matches text, and a number a number."""
    found = re.fullmatch(r'\{ \$\.(\w+) = (?:"([^"]*)"|(\d+)) \}', pattern)
    assert found, f"no such pattern: {pattern}"
    key, text, number = found.groups()
    return bool(line.get(key) == (text if number is None else int(number)))
