"""Each Region has root modules of its own, which find each other by names and by lookups in their Region."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import demands
import pytest

from support import iam
from support.answers import ACCOUNT
from support.places import ROOTS, at, root, table
from support.stack import Body, Resource, Stack
from support.values import CannotEvaluate, Unknown

each_region = pytest.mark.parametrize("region", demands.REGIONS)
each_hub = pytest.mark.parametrize("region", demands.HUBS)


def test_every_root_calls_its_modules_and_no_others(stack: Stack) -> None:
    found = {
        path: {module.folder for module in root.modules if module.call} for path, root in stack.roots.items()
    }
    expected: dict[str, set[str]] = {root("global"): set()}
    for region in demands.REGIONS:
        hub = ("analytics", "verification") if region in demands.HUBS else ()
        expected[root("data", region)] = {"modules/data"}
        expected[root("regions", region)] = {f"modules/{name}" for name in ("code", "region", *hub)}
    assert found == expected, "main.tf\n  why: a surplus Region costs money, a missing one cannot sell"


@each_region
def test_the_regions_data_is_its_own(stack: Stack, region: str) -> None:
    call = stack.module(f"{root('data', region)}:module.data").call
    assert call is not None
    expected = {
        "app_name": demands.PROJECT,
        "environment_suffix": demands.ENVIRONMENT,
        "region": region,
        "primary_region": demands.PRIMARY,
        "audits": region in demands.HUBS,
        "account_id": ACCOUNT,
        "partition": demands.PARTITION,
    }
    for name, value in expected.items():
        call.must(name, value, "the Region would get other tables, or the key of another Region")


@each_region
def test_the_region_uses_its_own_key_and_the_tables_and_roles_that_exist(stack: Stack, region: str) -> None:
    main = stack.root(root("regions", region)).main
    keys = ("events", "inventory", "sales", "corrections")
    tables = {key: stack.resource(table(key)).get("name") for key in keys}
    locks = stack.resource(at("data", "aws_dynamodb_table.distributed_locks", region)).get("name")
    where = f"{main.folder}/main.tf"
    assert main.local("tables") == tables | {"locks": locks}, (
        f"{where}, local.tables\n  why: the functions would work on tables that do not exist"
    )
    for name, arn in main.local("roles").items():
        found = iam.role_of(stack, arn).name
        assert found == name, (
            f"{where}, local.roles\n  {name} is {found}\n  why: that role has other permissions"
        )
    used = [module.call for module in stack.root(root("regions", region)).modules if module.call]
    for call in used:
        if "kms_key_arn" in call.block.attributes:
            call.must(
                "kms_key_arn",
                Unknown(at("data", "aws_kms_key.stack.arn", region)),
                "a key works only within its Region",
            )


@each_region
def test_the_regions_seat_map_follows_the_stream_of_its_own_replica(stack: Stack, region: str) -> None:
    stack.resource(at("region", "aws_lambda_event_source_mapping.inventory", region)).must(
        "event_source_arn",
        Unknown(f"{table('inventory', region)}.stream_arn"),
        "a function cannot read another Region's stream, so the seat map would never change",
    )


@each_region
def test_the_regions_network_does_not_overlap_with_any_other(stack: Stack, region: str) -> None:
    ranges = {
        other: ipaddress.ip_network(stack.resource(at("region", "aws_vpc.stack", other)).get("cidr_block"))
        for other in demands.REGIONS
    }
    vpc = stack.resource(at("region", "aws_vpc.stack", region))
    for other, network in ranges.items():
        if other != region and network.overlaps(ranges[region]):
            vpc.fails(
                f"its range {ranges[region]} overlaps with that of {other}",
                "overlapping VPCs can never be peered",
            )
    if not ranges[region].is_private or ranges[region].prefixlen != 16:
        vpc.fails(f"its range is {ranges[region]}", "a private /16 leaves room for subnets")


def _mentions(body: Body) -> Iterator[tuple[Body, str, str]]:
    """Every value in a resource as a text, with its block and the attribute's name."""
    for name in body.block.attributes:
        if name != "depends_on":
            value = body.get(name)
            parts = value.items() if isinstance(value, dict) else [(name, value)]
            yield from ((body, str(part), repr(each)) for part, each in parts)
    for kind in {block.type for block in body.block.blocks} - {"dynamic", "lifecycle"}:
        for inner in body.blocks(kind):
            yield from _mentions(inner)


# Names of all Regions, which the verifier reads, and of the pool that buyers of all Regions sign in to.
OF_ALL = {"PRIMARY_REGION", "REGIONS", "provider_arns"}


@each_region
def test_the_loss_of_another_region_blocks_no_plan_of_this_one(stack: Stack, region: str) -> None:
    others = "|".join(re.escape(other) for other in demands.REGIONS if other != region)
    foreign = re.compile(rf"(?<![a-z0-9-])({others or '(?!)'})(?![0-9])")
    for module in stack.root(root("regions", region)).modules:
        sources = (block for block in module.blocks if block.type == "data")
        looked_up = [module.instances("data", *block.labels) for block in sources]
        lookups = [one for one in looked_up if isinstance(one, Resource)]
        for resource in (*module.resources(), *lookups):
            if resource.type in ("aws_dynamodb_table", "aws_dynamodb_table_replica") and resource in set(
                module.resources()
            ):
                resource.fails("is in a root of regions/", "its refresh asks other Regions")
            if resource.type == "archive_file":
                continue
            for body, name, value in _mentions(resource):
                if name not in OF_ALL and (found := foreign.search(value)):
                    body.fails(
                        f"{name} mentions {found[1]}", "a plan must work whichever other Region is down"
                    )


def _alike(value: object, region: str) -> str:
    """A value without the Region's own name."""
    # The primary has the table itself, the others a replica of it.
    return repr(value).replace(region, "<region>").replace("aws_dynamodb_table_replica", "aws_dynamodb_table")


@each_region
def test_the_regions_module_gets_the_same_arguments_as_the_others(stack: Stack, region: str) -> None:
    module, example = (
        stack.module(f"{root('regions', each)}:module.region") for each in (region, demands.PRIMARY)
    )
    call = module.call
    assert call is not None
    assert example.call is not None
    call.must("region", region, "endpoints and dashboards contain the name of the Region")
    lacks = {block.labels[0] for block in module.blocks if block.type == "variable"}
    lacks -= set(call.block.attributes)
    if lacks:
        call.fails(f"does not get {sorted(lacks)}", "Terraform refuses a call without them")
    # The user pool is the same one everywhere; test_identity.py compares it.
    for name in example.call.block.attributes.keys() - {"vpc_cidr", "packages", "user_pool_arn"}:
        own_value, others = _alike(call.get(name), region), _alike(example.call.get(name), demands.PRIMARY)
        if own_value != others:
            call.fails(
                f"{name} is {own_value}, and the primary's {others}",
                "a Region with other arguments would behave differently",
            )


@each_hub
@pytest.mark.parametrize("part", ["analytics", "verification"])
def test_a_hub_gets_all_its_arguments(stack: Stack, region: str, part: str) -> None:
    module = stack.module(f"{root('regions', region)}:module.{part}")
    variables = {block.labels[0] for block in module.blocks if block.type == "variable"}
    assert module.call is not None
    lacks = variables - set(module.call.block.attributes)
    if lacks:
        module.call.fails(f"does not get {sorted(lacks)}", "Terraform refuses a call without them")
    expected = {
        "app_name": demands.PROJECT,
        "environment_suffix": demands.ENVIRONMENT,
        "primary_region": demands.PRIMARY,
        "regions": demands.REGIONS,
        "partition": demands.PARTITION,
        "sales_table_name": f"{demands.PROJECT}-ticket-sales-{demands.ENVIRONMENT}",
        "subnet_ids": [
            Unknown(at("region", f"aws_subnet.private[{number}].id", region)) for number in range(2)
        ],
        "vpc_id": Unknown(at("region", "aws_vpc.stack.id", region)),
        "dead_letter_queue_arn": Unknown(at("region", "aws_sqs_queue.dead_letters.arn", region)),
        "alarm_topic_arn": demands.ALARM_TOPIC_ARN.replace("{region}", region)
        if demands.ALARM_TOPIC_ARN
        else Unknown(at("region", "aws_sns_topic.alarms.arn", region)),
    }
    for name in sorted(variables & expected.keys()):
        module.call.must(name, expected[name], "a hub with other arguments would behave differently")


def _evaluated(body: Body) -> None:
    for name in body.block.attributes:
        if name != "depends_on":
            body.get(name)
    for kind in {block.type for block in body.block.blocks} - {"dynamic", "lifecycle", "precondition"}:
        for inner in body.blocks(kind):
            _evaluated(inner)


@pytest.mark.parametrize("path", ROOTS)
def test_every_expression_has_a_value(stack: Stack, path: str) -> None:
    """Every expression in a root module and in the modules that it calls can be evaluated."""
    for module in stack.root(path).modules:
        for resource in module.resources():
            try:
                _evaluated(resource)
            except CannotEvaluate as error:
                resource.fails(
                    str(error), "Terraform refuses the expression, or the suite does not support it"
                )
