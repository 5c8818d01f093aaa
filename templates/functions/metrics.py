"""CloudWatch metrics as log lines (embedded metric format).

They need no API call, no wait and no permission.

Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import time

__all__ = ["emit"]


def emit(namespace: str, **values: float) -> None:
    """Print one line that CloudWatch Logs turns into metrics.

    The end of each name gives its unit.
    """
    units = {
        name: next(
            (u for end, u in (("Ms", "Milliseconds"), ("Seconds", "Seconds")) if name.endswith(end)), "Count"
        )
        for name in values
    }
    directive = {
        "Namespace": namespace,
        "Dimensions": [[]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
    }
    print(
        json.dumps(
            {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}
        )
    )
