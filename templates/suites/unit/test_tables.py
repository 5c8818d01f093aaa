"""The five tables: their keys, their Regions and their protection."""

from __future__ import annotations

import demands
import pytest

from support.answers import ACCOUNT
from support.places import at, root, table
from support.stack import Resource, Stack
from support.values import Unknown

LOCKS = at("data", "aws_dynamodb_table.distributed_locks")
SHARED = {
    "events": ("event_id", "item"),
    "inventory": ("event_shard", "seat_id"),
    "sales": ("event_shard", "sale_id"),
    "corrections": ("event_id", "entry_id"),
}
KEYS = {**{table(key): keys for key, keys in SHARED.items()}, LOCKS: ("lock_key", None)}
GLOBAL = [address for address in KEYS if address != LOCKS]
each_table = pytest.mark.parametrize("address", KEYS, ids=[*SHARED, "locks"])
each_global_table = pytest.mark.parametrize("address", GLOBAL, ids=list(SHARED))
alone = pytest.param("", marks=pytest.mark.skip(reason="the stack has one Region"))
each_replica = pytest.mark.parametrize(
    "region", [region for region in demands.REGIONS if region != demands.PRIMARY] or [alone]
)


@each_table
def test_the_keys_are_those_that_the_code_uses(stack: Stack, address: str) -> None:
    found = stack.resource(address)
    partition, sort = KEYS[address]
    why = "DynamoDB would refuse every request of the functions, and keys cannot be changed later"
    found.must("hash_key", partition, why)
    found.must("range_key", sort, why)
    typed = {attribute.get("name"): attribute.get("type") for attribute in found.blocks("attribute")}
    if typed != {key: "S" for key in (partition, sort) if key}:
        found.fails(
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
    found = stack.resource(address)
    found.must("server_side_encryption.enabled", True, "purchases are private")
    key = Unknown(at("data", "aws_kms_key.stack.arn"))
    found.must("server_side_encryption.kms_key_arn", key, "the roles may use this key and no other")


@each_global_table
def test_a_global_table_streams_both_images(stack: Stack, address: str) -> None:
    found = stack.resource(address)
    found.must(
        "stream_enabled",
        True,
        "global tables replicate through the stream, and without it every plan shows a difference",
    )
    found.must(
        "stream_view_type",
        "NEW_AND_OLD_IMAGES",
        "a removed seat is only in the old image, and a sold one only in the new",
    )


@each_global_table
def test_replicas_are_left_to_their_own_regions(stack: Stack, address: str) -> None:
    found = stack.resource(address)
    why = "an apply in the primary Region would remove the replicas, which their own Regions' roots manage"
    if found.blocks("replica"):
        found.fails("has replicas of its own", why)
    kept = [
        "".join(map(str, block.attributes["ignore_changes"].scan_values(lambda _: True)))
        for block in found.block.blocks
        if block.type == "lifecycle" and "ignore_changes" in block.attributes
    ]
    if kept != ["[replica]"]:
        found.fails(f"ignores the changes {kept}", why)


def test_the_primary_region_has_the_tables_and_nothing_else_declares_one(stack: Stack) -> None:
    shared = [found for found in stack.resources("aws_dynamodb_table") if found.name != "distributed_locks"]
    assert sorted(found.address for found in shared) == sorted(GLOBAL), (
        "modules/data/tables.tf\n  why: two tables with one name cannot become one global table"
    )


def _replicas(stack: Stack, region: str) -> list[Resource]:
    return stack.root(root("data", region)).resources("aws_dynamodb_table_replica")


@each_replica
def test_the_region_has_replicas_of_the_tables_that_it_needs(stack: Stack, region: str) -> None:
    keys = [key for key in SHARED if key != "corrections" or region in demands.HUBS]
    wanted = {
        f"arn:{demands.PARTITION}:dynamodb:{demands.PRIMARY}:{ACCOUNT}:table/{stack.resource(table(key)).get('name')}"
        for key in keys
    }
    found = {replica.get("global_table_arn") for replica in _replicas(stack, region)}
    assert found == wanted, (
        f"modules/data/replicas.tf, in {region}\n"
        f"  lacks {sorted(wanted - found)}, and has {sorted(found - wanted)}\n"
        "  why: each Region may become the home of an event, and only the primary and the secondary verify"
    )


@each_replica
def test_a_replica_is_kept_like_the_table(stack: Stack, region: str) -> None:
    key = Unknown(at("data", "aws_kms_key.stack.arn", region))
    for replica in _replicas(stack, region):
        # By this reference, Terraform destroys the replica before its key.
        replica.must("kms_key_arn", key, "a replica can only be encrypted with a key of its own Region")
        replica.must("point_in_time_recovery", True, "a Region that survives the others needs backups")
        replica.must(
            "deletion_protection_enabled",
            demands.PROTECT,
            "the spec's `protect` decides this for every replica",
        )


@each_replica
def test_terraform_waits_for_the_other_replicas(stack: Stack, region: str) -> None:
    for replica in _replicas(stack, region):
        for action in ("create", "update", "delete"):
            given = str(replica.get(f"timeouts.{action}"))
            minutes = int(given[:-1]) if given.endswith("m") and given[:-1].isdigit() else 0
            if minutes < 120:
                replica.fails(
                    f"timeouts.{action} is {given}",
                    "AWS creates replicas one after another, and by default Terraform gives up after 30 minutes",
                )


def test_locks_are_not_a_global_table(stack: Stack) -> None:
    locks = stack.resource(LOCKS)
    if locks.blocks("replica"):
        locks.fails("has replicas", "in a global table the last writer wins, so a lock would lock nothing")


@pytest.mark.parametrize("region", demands.REGIONS)
def test_each_region_has_locks_of_its_own(stack: Stack, region: str) -> None:
    locks = stack.resource(at("data", "aws_dynamodb_table.distributed_locks", region))
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
        found = stack.resource(address)
        if found.blocks("ttl"):
            found.fails("has a TTL", "sales, seats, events and the audit must be kept")
