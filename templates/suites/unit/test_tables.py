"""The five tables: what they are keyed by, where they are, and what protects them."""

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
def test_keys_are_what_the_code_reads_and_writes_by(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    partition, sort = KEYS[address]
    why = "every key that the functions send would be refused, and a key cannot be changed later"
    table.must("hash_key", partition, why)
    table.must("range_key", sort, why)
    typed = {attribute.get("name"): attribute.get("type") for attribute in table.blocks("attribute")}
    if typed != {key: "S" for key in (partition, sort) if key}:
        table.fails(
            f"declares the attributes {typed}",
            "keys are text, and DynamoDB refuses attributes that are no keys",
        )


@each_table
def test_a_table_takes_a_sudden_on_sale(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "billing_mode", "PAY_PER_REQUEST", "provisioned capacity throttles the first minute of a sale"
    )


@each_table
def test_a_table_can_be_restored(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "point_in_time_recovery.enabled", True, "a wrong deployment could not be undone"
    )


@each_table
def test_a_table_is_protected_where_the_spec_says_so(stack: Stack, address: str) -> None:
    stack.resource(address).must(
        "deletion_protection_enabled",
        demands.PROTECT,
        "the spec's `protect` decides whether a destroy may take it",
    )


@each_table
def test_a_table_is_encrypted_with_the_stacks_key(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    table.must("server_side_encryption.enabled", True, "who bought what is nobody else's business")
    key = Unknown(at("region", "aws_kms_key.stack.arn"))
    table.must("server_side_encryption.kms_key_arn", key, "the roles are granted this key, and none else")


@each_global_table
def test_a_global_table_streams_both_images(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    table.must(
        "stream_enabled",
        True,
        "global tables replicate over it, and every plan shows a difference without it",
    )
    table.must(
        "stream_view_type",
        "NEW_AND_OLD_IMAGES",
        "a removed seat is only in the old image, a sold one in the new",
    )


@each_global_table
def test_a_global_table_lives_in_the_primary_region_first(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    if table.region != demands.PRIMARY:
        table.fails(f"is made in {table.region}", f"its key is {demands.PRIMARY}'s")


@each_global_table
def test_a_dozen_replicas_have_the_time_they_need(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    for action in ("create", "update"):
        given = str(table.get(f"timeouts.{action}"))
        minutes = int(given[:-1]) if given.endswith("m") and given[:-1].isdigit() else 0
        if minutes < 120:
            table.fails(
                f"timeouts.{action} is {given}",
                "replicas are made one after another; the default gives up after 30 minutes",
            )


@pytest.mark.parametrize("address", GLOBAL[:3])
def test_what_is_sold_by_is_in_every_region(stack: Stack, address: str) -> None:
    table = stack.resource(address)
    replicas = sorted(replica.get("region_name") for replica in table.blocks("replica"))
    if replicas != sorted(set(demands.REGIONS) - {demands.PRIMARY}):
        table.fails(
            f"has replicas in {replicas}", "each Region reads its own replica, and may become an event's home"
        )


def test_the_audit_is_where_verification_is_and_nowhere_else(stack: Stack) -> None:
    table = stack.resource("aws_dynamodb_table.corrections")
    replicas = [replica.get("region_name") for replica in table.blocks("replica")]
    if replicas != demands.HUBS[1:]:
        table.fails(
            f"has replicas in {replicas}",
            "only primary and secondary verify; every other replica costs for nothing",
        )


@pytest.mark.skipif(len(demands.HUBS) == 1, reason="the stack has one Region, and so no replica")
def test_the_audits_replica_is_kept_like_the_audit_itself(stack: Stack) -> None:
    (replica,) = stack.resource("aws_dynamodb_table.corrections").blocks("replica")
    key = Unknown(at("region", "aws_kms_key.stack.arn", demands.HUBS[1]))
    replica.must("kms_key_arn", key, "a replica can be encrypted with a key of its own Region only")
    replica.must("point_in_time_recovery", True, "it is what remains when the primary Region is lost")
    replica.must("propagate_tags", True, "what it costs would be nobody's")


def test_locks_are_no_global_table(stack: Stack) -> None:
    locks = stack.resource(LOCKS)
    if locks.blocks("replica"):
        locks.fails(
            "has replicas", "a global table settles conflicts last-writer-wins: a lock in it locks nothing"
        )


@pytest.mark.parametrize("region", demands.REGIONS)
def test_each_region_has_locks_of_its_own(stack: Stack, region: str) -> None:
    locks = stack.resource(at("region", "aws_dynamodb_table.distributed_locks", region))
    if locks.region != region:
        locks.fails(f"is made in {locks.region}", "an event is locked in its home Region's own table")


def test_expired_locks_are_swept_up(stack: Stack) -> None:
    locks = stack.resource(LOCKS)
    locks.must(
        "ttl.attribute_name", "expiry_time", "no lock would ever be removed: the functions write expiry_time"
    )
    locks.must("ttl.enabled", True, "every hold leaves locks behind that nobody else removes")


def test_nothing_that_must_be_kept_expires(stack: Stack) -> None:
    for address in GLOBAL:
        table = stack.resource(address)
        if table.blocks("ttl"):
            table.fails("has a TTL", "sales, seats, events and the audit are kept")
