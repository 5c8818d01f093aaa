"""The five tables: their keys, their Regions and their protection."""

from __future__ import annotations

import demands
import pytest

from support.places import at
from support.stack import Stack
from support.values import Unknown

LOCKS = at("region", "aws_dynamodb_table.distributed_locks")
KEYS = {
    "aws_dynamodb_table.events": ("event_id", None),
    "aws_dynamodb_table.ticket_inventory": ("event_shard", "seat_id"),
    "aws_dynamodb_table.ticket_sales": ("event_shard", "sale_id"),
    "aws_dynamodb_table.corrections": ("event_id", "entry_id"),
    LOCKS: ("lock_key", None),
}
GLOBAL = [table for table in KEYS if table != LOCKS]
each_table = pytest.mark.parametrize("address", KEYS)
each_global_table = pytest.mark.parametrize("address", GLOBAL)


@each_table
def test_the_keys_are_those_that_the_code_uses(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    partition, sort = KEYS[address]
    why = "DynamoDB would refuse every request of the functions, and keys cannot be changed later"
    table.must("hash_key", partition, why)
    table.must("range_key", sort, why)
    typed = {attribute.get("name"): attribute.get("type") for attribute in table.blocks("attribute")}
    if typed != {key: "S" for key in (partition, sort) if key}:
        table.fails(
            f"declares the attributes {typed}",
            "keys are strings, and DynamoDB refuses declared attributes that are not keys",
        )


@each_table
def test_a_table_absorbs_a_sudden_on_sale(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "billing_mode", "PAY_PER_REQUEST", "provisioned capacity would throttle the first minute of a sale"
    )


@each_table
def test_a_table_can_be_restored(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "point_in_time_recovery.enabled", True, "nobody could undo the damage of a bad deployment"
    )


@each_table
def test_a_table_is_protected_where_the_spec_says_so(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "deletion_protection_enabled",
        demands.PROTECT,
        "the spec's `protect` decides whether a destroy may delete the table",
    )


@each_table
def test_a_table_is_encrypted_with_the_stacks_key(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    table.must("server_side_encryption.enabled", True, "purchases are private")
    key = Unknown(at("region", "aws_kms_key.stack.arn"))
    table.must("server_side_encryption.kms_key_arn", key, "the roles may use this key and no other")


@each_global_table
def test_a_global_table_streams_both_images(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    table.must(
        "stream_enabled",
        True,
        "global tables replicate through the stream, and without it every plan shows a difference",
    )
    table.must(
        "stream_view_type",
        "NEW_AND_OLD_IMAGES",
        "a removed seat is only in the old image, and a sold one only in the new",
    )


@each_global_table
def test_a_global_table_is_created_in_the_primary_region(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    if table.region != demands.PRIMARY:
        table.fails(f"is created in {table.region}", f"its key belongs to {demands.PRIMARY}")


@each_global_table
def test_terraform_waits_for_all_replicas(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    for action in ("create", "update"):
        given = str(table.get(f"timeouts.{action}"))
        minutes = int(given[:-1]) if given.endswith("m") and given[:-1].isdigit() else 0
        if minutes < 120:
            table.fails(
                f"timeouts.{action} is {given}",
                "AWS creates replicas one after another, and by default Terraform gives up after 30 minutes",
            )


@pytest.mark.parametrize("address", GLOBAL[:3])
def test_the_tables_that_sales_need_are_in_every_region(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    replicas = sorted(replica.get("region_name") for replica in table.blocks("replica"))
    if replicas != sorted(set(demands.REGIONS) - {demands.PRIMARY}):
        table.fails(
            f"has replicas in {replicas}",
            "each Region reads its own replicas, and may become the home of an event",
        )


def test_the_audit_is_where_verification_is_and_nowhere_else(stack: Stack) -> None:
    table = stack.resource("aws_dynamodb_table.corrections")
    replicas = [replica.get("region_name") for replica in table.blocks("replica")]
    if replicas != demands.HUBS[1:]:
        table.fails(
            f"has replicas in {replicas}",
            "only the primary and the secondary Region verify, so other replicas are wasted money",
        )


@pytest.mark.skipif(len(demands.HUBS) == 1, reason="the stack has one Region")
def test_the_audits_replica_is_kept_like_the_audit_itself(stack: Stack) -> None:
    (replica,) = stack.resource("aws_dynamodb_table.corrections").blocks("replica")
    key = Unknown(at("region", "aws_kms_key.stack.arn", demands.HUBS[1]))
    replica.must("kms_key_arn", key, "a replica can only be encrypted with a key of its own Region")
    replica.must(
        "point_in_time_recovery", True, "the replica is all that remains when the primary Region is lost"
    )
    replica.must("propagate_tags", True, "its costs could not be attributed")


def test_locks_are_not_a_global_table(stack: Stack) -> None:
    locks = stack.resource(LOCKS)
    if locks.blocks("replica"):
        locks.fails("has replicas", "in a global table the last writer wins, so a lock would lock nothing")


@pytest.mark.parametrize("region", demands.REGIONS)
def test_each_region_has_locks_of_its_own(stack: Stack, region: str) -> None:
    locks = stack.resource(at("region", "aws_dynamodb_table.distributed_locks", region))
    if locks.region != region:
        locks.fails(
            f"is created in {locks.region}", "the seats of an event are locked in its home Region's own table"
        )


def test_expired_locks_are_removed(stack: Stack) -> None:
    locks = stack.resource(LOCKS)
    locks.must(
        "ttl.attribute_name", "expiry_time", "no lock would ever be removed: the functions write expiry_time"
    )
    locks.must("ttl.enabled", True, "every hold leaves locks behind, and nothing else removes them")


def test_sales_seats_events_and_audit_do_not_expire(stack: Stack) -> None:
    for address in GLOBAL:
        table = stack.resource(address)
        if table.blocks("ttl"):
            table.fails("has a TTL", "sales, seats, events and the audit must be kept")
