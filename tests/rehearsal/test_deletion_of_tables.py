"""The emulator's DynamoDB refuses deletions as AWS does, and a table whose key cannot be used is inaccessible."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ticketgen.rehearsal.emulator_client import EmulatedAws

HERE, THERE, FAR = "us-east-1", "eu-west-1", "ap-south-1"


def new_key(aws: EmulatedAws, region: str) -> str:
    """The ARN of a new key."""
    arn: str = aws.client("kms", region).create_key()["KeyMetadata"]["Arn"]
    return arn


class Table:
    """A table in one Region and its replica in another, each with a key of its own."""

    def __init__(self, aws: EmulatedAws, protect: bool = False) -> None:
        self.aws, self.name = aws, f"table-{uuid.uuid4().hex}"
        self.keys = {region: new_key(aws, region) for region in (HERE, THERE)}
        self.client(HERE).create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.keys[HERE]},
            DeletionProtectionEnabled=protect,
        )
        self.update(HERE, {"Create": {"RegionName": THERE, "KMSMasterKeyId": self.keys[THERE]}})

    def schedule_key_deletion(self, region: str) -> None:
        self.aws.client("kms", region).schedule_key_deletion(KeyId=self.key_id(region), PendingWindowInDays=7)

    def key_id(self, region: str) -> str:
        """The ID of a Region's key; moto takes no ARN here."""
        return self.keys[region].rpartition("/")[2]

    def client(self, region: str) -> Any:
        return self.aws.client("dynamodb", region, retries={"total_max_attempts": 1})

    def update(self, region: str, change: dict[str, Any]) -> None:
        """Add or remove a replica, asked for in a Region."""
        self.client(region).update_table(TableName=self.name, ReplicaUpdates=[change])

    def protect(self, region: str, protected: bool) -> None:
        self.client(region).update_table(TableName=self.name, DeletionProtectionEnabled=protected)

    def delete(self, region: str) -> None:
        self.client(region).delete_table(TableName=self.name)

    def put(self, region: str) -> None:
        self.client(region).put_item(TableName=self.name, Item={"id": {"S": "seat"}})

    def describe(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client(region).describe_table(TableName=self.name)["Table"]
        return found

    def exists(self, region: str) -> bool:
        return self.name in self.client(region).list_tables()["TableNames"]

    def was_inaccessible(self) -> list[str]:
        """The Regions whose table was inaccessible at some time."""
        found = self.aws.control("state")["inaccessible"]
        return [arn.split(":")[3] for arn in found if arn.endswith(f"table/{self.name}")]


@pytest.fixture
def table(aws: EmulatedAws) -> Table:
    return Table(aws)


def refused(words: str) -> AbstractContextManager[Any]:
    return pytest.raises(ClientError, match=rf"ValidationException.*{words}")


DELETIONS: list[Callable[[Table], None]] = [
    lambda table: table.update(HERE, {"Delete": {"RegionName": THERE}}),
    lambda table: table.delete(THERE),
]
"""The two ways to delete a replica."""


@pytest.mark.parametrize("delete", DELETIONS)
def test_a_protected_replica_is_deleted_only_without_its_protection(
    table: Table, delete: Callable[[Table], None]
) -> None:
    table.protect(THERE, True)
    with refused(f"in region {THERE} because it has deletion protection enabled"):
        delete(table)
    assert table.exists(THERE)
    table.protect(THERE, False)
    delete(table)
    assert not table.exists(THERE)
    assert "Replicas" not in table.describe(HERE)


def test_each_replica_has_its_own_protection(aws: EmulatedAws) -> None:
    table = Table(aws, protect=True)
    assert table.describe(THERE)["DeletionProtectionEnabled"] is False
    table.update(HERE, {"Delete": {"RegionName": THERE}})
    with refused("currently protected against deletion"):
        table.delete(HERE)
    table.protect(HERE, False)
    table.delete(HERE)
    assert not table.exists(HERE)


def test_a_table_is_deleted_only_after_the_replicas_that_were_added_from_it(table: Table) -> None:
    table.update(THERE, {"Create": {"RegionName": FAR}})
    for region in (HERE, THERE):
        with refused("acted as a source region"):
            table.delete(region)
    with refused("acted as a source region"):
        table.update(HERE, {"Delete": {"RegionName": THERE}})
    with refused("was not found"):
        table.update(HERE, {"Delete": {"RegionName": "eu-north-1"}})
    for region in (FAR, THERE, HERE):
        table.delete(region)
        assert not table.exists(region)


def test_a_replica_without_its_key_is_inaccessible_and_the_others_are_not(table: Table) -> None:
    assert table.was_inaccessible() == []
    table.schedule_key_deletion(THERE)

    client = table.client(THERE)
    key = {"id": {"S": "seat"}}
    calls: list[Callable[[], Any]] = [
        lambda: table.put(THERE),
        lambda: client.get_item(TableName=table.name, Key=key),
        lambda: client.scan(TableName=table.name),
        lambda: client.batch_get_item(RequestItems={table.name: {"Keys": [key]}}),
        lambda: client.batch_write_item(RequestItems={table.name: [{"PutRequest": {"Item": key}}]}),
        lambda: client.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": key}}]),
    ]
    for call in calls:
        with refused("is pending deletion"):
            call()
    assert table.describe(THERE)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    found = table.describe(HERE)
    assert found["TableStatus"] == "ACTIVE"
    assert [replica["ReplicaStatus"] for replica in found["Replicas"]] == [
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    ]
    table.put(HERE)
    assert table.was_inaccessible() == [THERE]

    kms = table.aws.client("kms", THERE)
    kms.cancel_key_deletion(KeyId=table.key_id(THERE))  # leaves it disabled
    with refused("is disabled"):
        table.put(THERE)
    kms.enable_key(KeyId=table.key_id(THERE))
    table.put(THERE)
    assert table.describe(THERE)["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("delete", DELETIONS)
def test_a_key_that_goes_before_its_replica_is_noticed_even_after_both_are_gone(
    table: Table, delete: Callable[[Table], None]
) -> None:
    table.schedule_key_deletion(THERE)
    delete(table)
    assert not table.exists(THERE)
    assert table.was_inaccessible() == [THERE]


@pytest.mark.parametrize("delete", DELETIONS)
def test_a_key_that_goes_after_its_replica_is_no_harm(table: Table, delete: Callable[[Table], None]) -> None:
    delete(table)
    table.schedule_key_deletion(THERE)
    assert table.was_inaccessible() == []
