"""What AWS answers to the stack's data sources.

A lookup finds what the data root module of its own Region declares, as it would after an apply. So the wiring of root
modules, which do not refer to each other, can be checked like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from support.values import CannotEvaluate, Unknown

if TYPE_CHECKING:
    from support.stack import Resource, Root

__all__ = ["ACCOUNT", "ANSWERS"]

ACCOUNT = "123456789012"
"""Stands for the account that the stack is applied in."""


def _policy(document: Resource) -> str:
    """The JSON of an `aws_iam_policy_document`."""
    statements = []
    for block in document.blocks("statement"):
        statement: dict[str, Any] = {"Effect": block.get("effect") or "Allow", "Action": block.get("actions")}
        for key, name in (("Sid", "sid"), ("Resource", "resources"), ("NotAction", "not_actions")):
            if block.get(name) is not None:
                statement[key] = block.get(name)
        for principal in block.blocks("principals"):
            statement.setdefault("Principal", {})[principal.get("type")] = principal.get("identifiers")
        for condition in block.blocks("condition"):
            test = statement.setdefault("Condition", {}).setdefault(condition.get("test"), {})
            test[condition.get("variable")] = condition.get("values")
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, default=repr)


def _data(source: Resource) -> Root:
    return source.module.root.stack.root(f"data/{source.region}")


def _key(source: Resource) -> Unknown:
    """The ARN of the Region's key with an alias."""
    for alias in _data(source).resources("aws_kms_alias"):
        if alias.get("name") == source.get("key_id"):
            return Unknown(f"{alias.get('target_key_id').address.removesuffix('.key_id')}.arn")
    raise CannotEvaluate(f"{source.region} has no key {source.get('key_id')}")


def _stream(source: Resource) -> Unknown:
    """The stream of the Region's table with a name, or of its replica."""
    tables, replicas = (_data(source).resources(f"aws_dynamodb_table{kind}") for kind in ("", "_replica"))
    for table in tables:
        if table.get("name") == source.get("name"):
            return Unknown(f"{table.address}.stream_arn")
    for replica in replicas:
        if replica.get("global_table_arn").endswith(f":table/{source.get('name')}"):
            return Unknown(f"{replica.address}.stream_arn")
    raise CannotEvaluate(f"{source.region} has no table {source.get('name')}")


def _item(source: Resource) -> str:
    """The item with a key, which replication brings to every Region."""
    key = json.loads(source.get("key")).items()
    for item in source.module.root.stack.resources("aws_dynamodb_table_item"):
        if item.get("table_name") == source.get("table_name") and key <= json.loads(item.get("item")).items():
            return str(item.get("item"))
    raise CannotEvaluate(f"nothing puts {source.get('key')} into {source.get('table_name')}")


ANSWERS: Mapping[tuple[str, Any], Callable[[Resource], Any]] = {
    ("aws_availability_zones", "names"): lambda source: [f"{source.region}{zone}" for zone in "abc"],
    ("aws_caller_identity", "account_id"): lambda source: ACCOUNT,
    ("aws_dynamodb_table", "stream_arn"): _stream,
    ("aws_dynamodb_table_item", "item"): _item,
    ("aws_iam_policy_document", "json"): _policy,
    ("aws_kms_key", "arn"): _key,
    ("aws_partition", "partition"): lambda source: source.module.root.stack.partition,
}
"""By the data source's type and the attribute that is read."""
