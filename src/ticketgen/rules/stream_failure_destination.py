"""Stream consumers without a failure destination."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for mapping in subject.resources("aws_lambda_event_source_mapping"):
        # Only streams have a starting position. Kafka is exempt: a bad record does not block a shard there for long.
        if not mapping.has("starting_position") or mapping.has("topics"):
            continue
        loops = mapping.loops("destination_config")
        destinations = mapping.nested_blocks("destination_config")
        if loops or any(each.has("on_failure") for each in destinations):
            continue
        yield Problem(f"{mapping.address} has no failure destination", mapping.location)


RULE = Rule(
    id="stream-failure-destination",
    severity=Severity.WARNING,
    summary="Every consumer of a stream sends records that it cannot process to a failure destination",
    why=(
        "By default, Lambda retries a bad record until it expires. Until then the record blocks its shard, and "
        "afterwards it is lost without a trace."
    ),
    fix="add destination_config with on_failure, and set maximum_retry_attempts",
    check=_check,
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html",),
)
