"""The cache of a Region, which holds its seat maps."""

from __future__ import annotations

import re

import demands
import pytest

from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

# Memory of a node in bytes, of which the cache reserves a quarter: the parameter `maxmemory` by node type.
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
NODE_MEMORY = {
    "cache.t4g.micro": 536_870_912, "cache.t4g.small": 1_471_026_299, "cache.t4g.medium": 3_317_862_236,
    "cache.m7g.large": 6_854_542_746, "cache.r7g.large": 14_037_181_030, "cache.r7g.xlarge": 28_261_849_702,
    "cache.r7g.2xlarge": 56_711_183_565, "cache.r7g.4xlarge": 113_609_865_216,
    "cache.r7g.8xlarge": 225_000_375_228, "cache.r7g.12xlarge": 341_206_346_547,
    "cache.r7g.16xlarge": 450_000_750_456,
}  # fmt: skip


@pytest.fixture
def cache(stack: Stack) -> Resource:
    """The replication group."""
    return stack.resource(at("region", "aws_elasticache_replication_group.seats"))


def test_the_engine_is_the_one_in_the_spec_and_supports_iam(cache: Resource) -> None:
    cache.must("engine", demands.CACHE_ENGINE, "the spec chooses the engine")
    version = cache.get("engine_version")
    if not re.fullmatch(r"\d+\.\d+", version):
        cache.fails(f"is version {version!r}", "the provider accepts <major>.<minor> only")
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
    major, minor = map(int, version.split("."))
    if (major, minor) < {"valkey": (7, 2), "redis": (7, 0)}[demands.CACHE_ENGINE]:
        cache.fails(f"is version {version}", "that version has no IAM authentication")


def test_only_the_stack_changes_the_version(cache: Resource) -> None:
    cache.must(
        "auto_minor_version_upgrade",
        False,
        "after an upgrade by AWS, engine_version would be a downgrade, for which the provider replaces the cache",
    )


def test_the_cache_is_in_the_private_subnets_with_its_security_group(stack: Stack, cache: Resource) -> None:
    cache.must(
        "security_group_ids",
        [Unknown(at("region", "aws_security_group.redis.id"))],
        "the rules of the functions' group lead to this group",
    )
    cache.must(
        "subnet_group_name",
        f"{demands.PROJECT}-seats-{demands.ENVIRONMENT}",
        "it would be created in the default VPC",
    )
    subnets = [Unknown(at("region", f"aws_subnet.private[{number}].id")) for number in range(2)]
    stack.resource(at("region", "aws_elasticache_subnet_group.seats")).must(
        "subnet_ids", subnets, "the seat map has to survive the loss of a zone"
    )


def test_the_cache_survives_the_loss_of_a_node_where_the_spec_says_so(cache: Resource) -> None:
    copies = cache.get("num_cache_clusters")
    if demands.PROTECT and copies < 2:
        cache.fails(
            f"num_cache_clusters is {copies}",
            "losing that node would take the seat map down in the middle of a sale",
        )
    cache.must(
        "automatic_failover_enabled",
        copies > 1,
        "a replica is useless unless it takes over, and AWS refuses failover with a single node",
    )
    cache.must(
        "multi_az_enabled",
        copies > 1,
        "a replica in the same zone is lost together with it, and AWS refuses this with a single node",
    )


def test_the_cache_has_the_memory_for_every_event_on_sale(cache: Resource) -> None:
    node = cache.get("node_type")
    if node not in NODE_MEMORY:
        cache.fails(f"its node type is {node}", "the suite does not know how much memory that node has")
    memory = NODE_MEMORY[node] / 1024 / 1024
    if memory < demands.CACHE_MEMORY_MIB:
        cache.fails(
            f"a {node} has {memory:.0f} MiB",
            f"the seat maps of all events on sale need {demands.CACHE_MEMORY_MIB} MiB",
        )


def test_a_full_cache_refuses_writes_and_evicts_nothing(stack: Stack, cache: Resource) -> None:
    group = stack.resource(at("region", "aws_elasticache_parameter_group.seats"))
    cache.must("parameter_group_name", group.get("name"), "its parameters come from this group")
    settings = {parameter.get("name"): parameter.get("value") for parameter in group.blocks("parameter")}
    if settings.get("maxmemory-policy") != "noeviction":
        group.fails(
            f"maxmemory-policy is {settings.get('maxmemory-policy')!r}",
            "an evicted seat would be shown as available",
        )
    major = cache.get("engine_version").split(".")[0]
    group.must("family", f"{demands.CACHE_ENGINE}{major}", "AWS refuses a group of another family")
    group.must(
        "lifecycle.create_before_destroy", True, "AWS does not delete a parameter group that a cache uses"
    )


def test_a_change_waits_for_the_maintenance_window_where_the_spec_says_so(cache: Resource) -> None:
    cache.must("apply_immediately", not demands.PROTECT, "changing nodes interrupts the seat map")


@pytest.mark.parametrize("kind", ["slow-log", "engine-log"])
def test_the_cache_delivers_its_slow_log_and_its_engine_log(cache: Resource, kind: str) -> None:
    logs = {log.get("log_type"): log for log in cache.blocks("log_delivery_configuration")}
    if kind not in logs:
        cache.fails(f"delivers no {kind}", "nobody could find the cause of an incident")
    logs[kind].must(
        "destination",
        f"/aws/elasticache/{demands.PROJECT}-seats-{demands.ENVIRONMENT}",
        "its log group is encrypted and has a retention",
    )
    logs[kind].must("destination_type", "cloudwatch-logs", "the destination is a log group")
    logs[kind].must("log_format", "json", "logs are searched by field")


def test_only_the_stacks_own_users_sign_in(stack: Stack, cache: Resource) -> None:
    group = stack.resource(at("region", "aws_elasticache_user_group.seats"))
    # Both ways to refer to the group are right.
    names = (group.get("user_group_id"), Unknown(f"{group.address}.id"))
    if cache.get("user_group_ids") not in [[name] for name in names]:
        cache.fails(
            f"its user groups are {cache.get('user_group_ids')}",
            "without a user group, anybody who reaches the port has access",
        )
    users = {f"{demands.PROJECT}-{user}-{demands.ENVIRONMENT}" for user in ("nobody", "reader", "writer")}
    if set(group.get("user_ids")) != users:
        group.fails(
            f"has the users {group.get('user_ids')}",
            "the functions sign in as reader and writer, and a group needs a user named default",
        )


def test_the_default_user_is_disabled(stack: Stack) -> None:
    user = stack.resource(at("region", "aws_elasticache_user.default"))
    user.must(
        "user_name", "default", "otherwise ElastiCache adds a default user of its own that may do everything"
    )
    user.must(
        "authentication_mode.type",
        "no-password-required",
        "ElastiCache refuses a user without an authentication mode",
    )
    words = user.get("access_string").split()
    if words[0] != "off" or "-@all" not in words or "+@all" in words:
        user.fails(f"may do {user.get('access_string')!r}", "this user signs in without a password")


@pytest.mark.parametrize("name", ["reader", "writer"])
def test_a_function_signs_in_with_iam_under_its_users_id(stack: Stack, name: str) -> None:
    user = stack.resource(at("region", f"aws_elasticache_user.{name}"))
    user.must("authentication_mode.type", "iam", "the functions have no password")
    user.must("user_name", user.get("user_id"), "with IAM, ElastiCache requires that the name equals the id")


@pytest.mark.parametrize("name", ["user.default", "user.reader", "user.writer", "user_group.seats"])
def test_users_and_their_group_have_the_engine_redis(stack: Stack, name: str) -> None:
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
    stack.resource(at("region", f"aws_elasticache_{name}")).must(
        "engine",
        "redis",
        "a cache of either engine accepts it, and a group of the engine valkey refuses the disabled default user, "
        "which has neither a password nor IAM",
    )
