"""Global tables that hold locks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_LOCK = re.compile(r"(?:^|[^a-z])(?:dist)?(?:locks?|mutex(?:es)?|leases?|semaphores?)(?:[^a-z]|$)")


def _check(subject: Subject) -> Iterator[Problem]:
    for table in subject.resources("aws_dynamodb_table"):
        replicas = table.nested_blocks("replica")
        strong = any(replica.value("consistency_mode") == "STRONG" for replica in replicas)
        if replicas and not strong and _holds_locks(table):
            yield _problem(table, replicas[0])
    for replica in subject.resources("aws_dynamodb_table_replica"):
        link = replica.link("global_table_arn")
        source = subject.first_instance(link) if link and link.resource.type == "aws_dynamodb_table" else None
        if source is not None and _holds_locks(source):
            yield _problem(source, replica)


def _problem(table: BlockInstance, replica: BlockInstance) -> Problem:
    message = f"{table.address} holds locks, but is a global table, where the last writer wins"
    return Problem(message, replica.location)


def _holds_locks(table: BlockInstance) -> bool:
    """Whether the name or the key of a table suggests that it holds locks."""
    candidates = [
        table.declared.name,
        table.value_with_defaults("name"),
        table.value_with_defaults("hash_key"),
    ]
    # At most 255 characters: botocore 1.44 dynamodb TableName, KeySchemaAttributeName.
    words = [
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each).lower()
        for each in candidates
        if isinstance(each, str) and len(each) <= 255
    ]
    return any(_LOCK.search(re.sub(r"(?<=[a-z])_|_(?=[a-z])", "-", word)) for word in words)


RULE = Rule(
    id="global-table-lock",
    severity=Severity.ERROR,
    summary="A table that holds locks is not a global table",
    why=(
        "A conditional write checks only the replica in its own Region. When two Regions take the same lock at the "
        "same time, both succeed, and the later write silently replaces the earlier one: the lock locks nothing."
    ),
    fix="give each Region its own lock table, and take each lock only in the home Region of the data that it protects",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html",
    ),
)
