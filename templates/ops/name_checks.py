"""Names of the stack that are taken: creating a second resource with the same name fails.

Not checked are names for which a second creation changes the first resource (alarms, topics, event rules), and those of
parts that only exist beside a resource that is checked (subnet and parameter groups, cache users, the firewall).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console import Stack
from botocore.exceptions import ClientError
from checking import OK, PROBLEM, UNKNOWN, Result, aws, code_of, is_absent, is_ours

__all__ = ["names_taken"]

Tags = Mapping[str, str]


def names_taken(stack: Stack, region: str, place: str) -> Iterator[Result]:
    """Check the names that the stack gives resources at a place.

    Args:
        stack: the stack.
        region: where to ask.
        place: `account`, `hubs` or `regions`.
    """
    where = "" if place == "account" else region
    free = existing = 0
    for kind, patterns in stack.preflight["names"][place].items():
        for pattern in patterns:
            name = re.sub(r"\{(.+?)\}", lambda what: stack.name(what[1]), pattern)
            try:
                tags = _FINDERS[kind](region, name)
            except ClientError as error:
                if not is_absent(error):
                    reason = f"{error.operation_name} was refused: {code_of(error)}"
                    yield Result(where, "names", UNKNOWN, f"{kind} {name}: {reason}")
                    continue
                tags = None
            if tags is None:
                free += 1
            elif is_ours(tags, stack.app_name, stack.environment_suffix):
                existing += 1
            else:
                text = _TAKEN.get(
                    kind, "{} exists and does not have the tags of this stack: delete it or import it"
                )
                text = text.format(f"{kind} {name}")
                yield Result(where, "names", PROBLEM, text)
    if free or existing:
        text = f"free: {free}" + (f", existing in this stack: {existing}" if existing else "")
        yield Result(where, "names", OK, text)


def _role(region: str, name: str) -> Tags | None:
    return _pairs(aws("iam", region).get_role(RoleName=name)["Role"].get("Tags", []))


def _table(region: str, name: str) -> Tags | None:
    dynamodb = aws("dynamodb", region)
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return _pairs(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"])


def _alias(region: str, name: str) -> Tags | None:
    kms = aws("kms", region)
    key = kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"]
    return {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}


def _log_group(region: str, name: str) -> Tags | None:
    logs = aws("logs", region)
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return dict(logs.list_tags_for_resource(resourceArn=arn)["tags"])
    return None


def _function(region: str, name: str) -> Tags | None:
    return dict(aws("lambda", region).get_function(FunctionName=name).get("Tags", {}))


def _stream(region: str, name: str) -> Tags | None:
    return _pairs(aws("kinesis", region).list_tags_for_stream(StreamName=name)["Tags"])


def _queue(region: str, name: str) -> Tags | None:
    sqs = aws("sqs", region)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return dict(sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))


def _cluster(region: str, name: str) -> Tags | None:
    found = aws("rds", region).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
    return _pairs(found[0].get("TagList", [])) if found else None


def _cache(region: str, name: str) -> Tags | None:
    elasticache = aws("elasticache", region)
    found = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    return (
        _pairs(elasticache.list_tags_for_resource(ResourceName=found[0]["ARN"])["TagList"]) if found else None
    )


def _machine(region: str, name: str) -> Tags | None:
    states = aws("stepfunctions", region)
    for page in states.get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            if machine["name"] == name:
                tags = states.list_tags_for_resource(resourceArn=machine["stateMachineArn"])["tags"]
                return {tag["key"]: tag["value"] for tag in tags}
    return None


def _secret(region: str, name: str) -> Tags | None:
    """No tags are those of another stack: a deleted secret keeps its name until its recovery window ends."""
    found = aws("secretsmanager", region).describe_secret(SecretId=name)
    return {} if found.get("DeletedDate") else _pairs(found.get("Tags", []))


def _pairs(tags: Any) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags}


_FINDERS = {
    "cache": _cache,
    "database cluster": _cluster,
    "function": _function,
    "key alias": _alias,
    "log group": _log_group,
    "queue": _queue,
    "role": _role,
    "secret": _secret,
    "state machine": _machine,
    "stream": _stream,
    "table": _table,
}

_TAKEN = {
    "secret": "{} belongs to another stack, or is deleted and can be restored: wait until its recovery window ends, or "
    "restore it and import it"
}
