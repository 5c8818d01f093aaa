"""Changes of moto's DynamoDB: calls one at a time, replicas, deletion, fast queries, items that Regions share."""

from __future__ import annotations

import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from ticketgen.rehearsal.emulator import change_streams
from ticketgen.rehearsal.emulator.key_schemas import INACCESSIBLE, is_inaccessible
from ticketgen.rehearsal.emulator.patching import replace
from ticketgen.rehearsal.emulator.replication import LINKS, LOCK, Replica

__all__ = ["patch"]


def patch() -> None:
    """Add global tables to moto, and start the replication."""
    _patch_handler()
    _patch_tables()
    change_streams.LISTENERS.append(LINKS.changed)
    threading.Thread(target=LINKS.run_delivery, name="replication", daemon=True).start()


def _patch_handler() -> None:
    answer, update = DynamoHandler.call_action, DynamoHandler.update_table

    def in_turn(handler: DynamoHandler) -> Any:
        with LOCK:
            return answer(handler)

    def updated(handler: DynamoHandler) -> ActionResult:
        backend = handler.dynamodb_backend
        table = backend.get_table(handler.body["TableName"])
        for change in handler.body.get("ReplicaUpdates", ()):
            if "Create" in change:
                LINKS.add_replica(backend, table, change["Create"])
            elif "Delete" in change:
                LINKS.remove_replica(backend, table, change["Delete"]["RegionName"])
        if handler.body.get("SSESpecification"):
            table.sse_specification = handler.body["SSESpecification"]
        return update(handler)

    replace(
        DynamoHandler,
        "no: replicas that lag are this emulator's own",
        call_action=in_turn,
        update_table=updated,
    )


def _patch_tables() -> None:
    describe, query, delete, update, tagged, untagged = (
        Table.describe,
        Table.query,
        DynamoDBBackend.delete_table,
        DynamoDBBackend.update_item,
        DynamoDBBackend.tag_resource,
        DynamoDBBackend.untag_resource,
    )

    def described(table: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        found = describe(table, base_key)
        if is_inaccessible(table):
            found[base_key]["TableStatus"] = INACCESSIBLE
        group = LINKS.replicas(table.account_id, table.name)
        if len(group) > 1:
            found[base_key]["GlobalTableVersion"] = "2019.11.21"
            found[base_key]["Replicas"] = [
                _description(table, region, replica)
                for region, replica in group.items()
                if region != table.region_name
            ]
        return found

    def deleted(backend: DynamoDBBackend, name: str) -> Table:
        table = backend.get_table(name)
        LINKS.check_deletion(table)
        is_inaccessible(table)  # remembers it
        LINKS.deleted(table)
        change_streams.forget_streams(table)
        return delete(backend, name)

    def queried(table: Any, hash_key: DynamoType | None, *arguments: Any, **options: Any) -> Any:
        """Query only the items of the partition, unless an index is used; moto scans the whole table."""
        index_name = arguments[6] if len(arguments) > 6 else options.get("index_name")
        if hash_key is None or index_name:
            return query(table, hash_key, *arguments, **options)
        all_items = table.items
        try:
            table.items = {hash_key: all_items[hash_key]} if hash_key in all_items else {}
            return query(table, hash_key, *arguments, **options)
        finally:
            table.items = all_items

    def updated(
        backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *arguments: Any, **options: Any
    ) -> Any:
        """Update a copy of the item, because Regions share items and moto updates them in place."""
        table: Any = backend.get_table(table_name)
        found = backend.get_item(table_name, key)
        if found is not None:
            item = found.__deepcopy__({})
            if table.range_key_attr:
                table.items[item.hash_key][item.range_key] = item
            else:
                table.items[item.hash_key] = item
        return update(backend, table_name, key, *arguments, **options)

    def set_tags(backend: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
        """Overwrite existing tags; moto would store a key twice."""
        untagged(backend, arn, list(tags))
        tagged(backend, arn, tags)

    replace(Table, "no: the replicas are this emulator's own", describe=described)
    replace(DynamoDBBackend, "no: the replicas are this emulator's own", delete_table=deleted)
    replace(Table, "yes: a query of a partition need not scan the table", query=queried)
    replace(DynamoDBBackend, "no: moto's Regions share no items", update_item=updated)
    replace(DynamoDBBackend, "yes: TagResource overwrites a tag", tag_resource=set_tags)


def _description(table: Table, region: str, replica: Replica) -> dict[str, str]:
    """A replica as DescribeTable of another Region shows it."""
    copy = dynamodb_backends[table.account_id][region].tables[table.name]
    key = {"KMSMasterKeyId": replica.key} if replica.key else {}
    return {
        "RegionName": region,
        "ReplicaStatus": INACCESSIBLE if is_inaccessible(copy) else "ACTIVE",
        **key,
    }
