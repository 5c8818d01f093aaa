"""DynamoDB tables whose KMS key cannot be used, because it is disabled or scheduled for deletion.

Such a table refuses every call for its data, and its status is `INACCESSIBLE_ENCRYPTION_CREDENTIALS`; another Region's
replica keeps working. It can still be described, changed and deleted. AWS takes minutes until the first call fails, and
over an hour until the status changes; here, both happen at once. When the key is enabled again, the table works again.
Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html#DDB-Type-TableDescription-TableStatus
and https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.kms.models import Key, kms_backends

__all__ = ["INACCESSIBLE", "check_keys", "inaccessible_tables", "is_inaccessible"]

INACCESSIBLE = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
"""The status of such a table and of such a replica. Source: DynamoDB API reference, TableDescription."""

_CAUSES = {
    "Disabled": "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {arn} is disabled.",
    "PendingDeletion": (
        "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: {arn} is pending deletion."
    ),
}
"""The refusal of a call for data, by the state of the key, as AWS words it."""

_SEEN: set[str] = set()
"""The ARNs of tables that were inaccessible at some time."""


def is_inaccessible(table: Table) -> bool:
    """Whether the key of a table cannot be used; the table is then remembered, even if it is deleted."""
    key = _key_of(table)
    if key is None or key.key_state not in _CAUSES:
        return False
    _SEEN.add(table.table_arn)
    return True


def check_keys(backend: DynamoDBBackend, request: dict[str, Any]) -> None:
    """Refuse a call for data of a table whose key cannot be used.

    Raises:
        MockValidationException: the key of one of the tables is disabled or will be deleted.
    """
    for name in _tables_of(request):
        table = backend.get_table(name)
        if is_inaccessible(table):
            key = _key_of(table)
            assert key is not None
            raise MockValidationException(_CAUSES[key.key_state].format(arn=key.arn))


def inaccessible_tables() -> list[str]:
    """The ARNs of all tables that are or were inaccessible, existing or not."""
    for regions in dynamodb_backends.values():
        for backend in regions.values():
            for table in backend.tables.values():
                is_inaccessible(table)
    return sorted(_SEEN)


def _key_of(table: Table) -> Key | None:
    setting = (table.sse_specification or {}).get("KMSMasterKeyId")
    if not setting:
        return None  # AWS's own key
    backend = kms_backends[table.account_id][table.region_name]
    return backend.keys.get(backend.any_id_to_key_id(setting))


def _tables_of(request: dict[str, Any]) -> Iterator[str]:
    """The names of the tables that a call reads or writes."""
    if "TableName" in request:
        yield request["TableName"]
    if "RequestItems" in request:
        yield from request["RequestItems"]
    for action in request.get("TransactItems", ()):
        yield from (step["TableName"] for step in action.values())
