"""Read and write items of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

import dynamo
from dynamo import Client

__all__ = ["conditional", "query"]


def query(client: Client, table: str, key: str, value: str, names: str = "", **more: Any) -> Iterator[Any]:
    """The items of a partition, in DynamoDB's notation; `names` are their attributes, or else all."""
    pages = dynamo.pages(
        client.query,
        TableName=table,
        KeyConditionExpression=f"{key} = :value",
        ExpressionAttributeValues={":value": {"S": value}},
        ConsistentRead=True,
        **({"ProjectionExpression": names} if names else {}),
        **more,
    )
    return (item for page in pages for item in page["Items"])


def conditional(call: Any, **request: object) -> bool:
    """Make a write unless the item has changed.

    A change means that another run of this script was faster.
    """
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
