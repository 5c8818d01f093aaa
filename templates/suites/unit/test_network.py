"""The network of a Region: private subnets, security groups, endpoint, and no internet."""

from __future__ import annotations

import ipaddress
import json

import demands
import pytest

from support import functions
from support.answers import ACCOUNT
from support.expressions import evaluate
from support.places import at, root
from support.stack import Body, Resource, Stack
from support.values import Unknown

FUNCTIONS = Unknown(at("region", "aws_security_group.functions.id"))
REDIS = Unknown(at("region", "aws_security_group.redis.id"))
VPC = Unknown(at("region", "aws_vpc.stack.id"))
ROUTES = Unknown(at("region", "aws_route_table.private.id"))
SUBNETS = [Unknown(at("region", f"aws_subnet.private[{number}].id")) for number in range(2)]


def _rules(stack: Stack, side: str) -> list[Resource]:
    return [
        rule
        for rule in stack.resources(f"aws_vpc_security_group_{side}_rule")
        if rule.region == demands.PRIMARY
    ]


@pytest.mark.parametrize(
    ("side", "group", "peer"),
    [("egress", FUNCTIONS, REDIS), ("ingress", REDIS, FUNCTIONS)],
    ids=["functions let it out", "Redis lets it in"],
)
def test_the_flow_from_functions_to_redis_is_open_on_both_sides(
    stack: Stack, side: str, group: Unknown, peer: Unknown
) -> None:
    port = stack.resource(at("region", "aws_elasticache_replication_group.seats")).get("port")
    rules = [
        rule
        for rule in _rules(stack, side)
        if rule.get("security_group_id") == group and rule.get("referenced_security_group_id") == peer
    ]
    assert len(rules) == 1, (
        f"modules/region/network.tf\n  {len(rules)} {side} rules for the flow\n"
        "  why: a flow that is open on one side only times out"
    )
    for attribute in ("from_port", "to_port"):
        rules[0].must(attribute, port, "Redis listens on this port")
    rules[0].must("ip_protocol", "tcp", "Redis uses TCP, and -1 would open every protocol")


def test_functions_reach_dynamodb_through_the_gateway_endpoint(stack: Stack) -> None:
    rule = stack.resource(at("region", "aws_vpc_security_group_egress_rule.functions_to_dynamodb"))
    why = "seat_cache_sync could not load a single seat map"
    rule.must("security_group_id", FUNCTIONS, why)
    rule.must("prefix_list_id", Unknown(at("region", "aws_vpc_endpoint.dynamodb.prefix_list_id")), why)
    rule.must("from_port", 443, why)
    rule.must("to_port", 443, why)
    rule.must("ip_protocol", "tcp", why)


def test_no_rule_is_open_to_addresses(stack: Stack) -> None:
    for rule in (*_rules(stack, "ingress"), *_rules(stack, "egress")):
        if rule.get("cidr_ipv4") or rule.get("cidr_ipv6") or rule.get("ip_protocol") == "-1":
            rule.fails(
                "is open to addresses or to every protocol", "functions and Redis talk to nothing else"
            )


@pytest.mark.parametrize(("side", "count"), [("ingress", 1), ("egress", 2)])
def test_there_is_no_other_rule(stack: Stack, side: str, count: int) -> None:
    rules = _rules(stack, side)
    assert len(rules) == count, f"{rules}\n  why: each rule is a hole, and there are no other flows"


@pytest.mark.parametrize(
    "name",
    [
        "aws_security_group.functions",
        "aws_security_group.redis",
        "aws_default_security_group.unused",
        "aws_route_table.private",
        "aws_vpc_endpoint.dynamodb",
        "aws_flow_log.rejected",
    ],
)
def test_the_resource_is_in_the_regions_vpc(stack: Stack, name: str) -> None:
    stack.resource(at("region", name)).must("vpc_id", VPC, "in another VPC it would protect nothing")


@pytest.mark.parametrize(
    "name", ["aws_security_group.functions", "aws_security_group.redis", "aws_default_security_group.unused"]
)
def test_a_security_group_has_no_rules_inside(stack: Stack, name: str) -> None:
    group = stack.resource(at("region", name))
    if group.blocks("ingress") or group.blocks("egress"):
        group.fails(
            "has rules inside",
            "inline rules conflict with separate rule resources, and the default group must let nothing through",
        )


def test_two_subnets_lie_in_two_zones_and_do_not_overlap(stack: Stack) -> None:
    subnets = [stack.resource(at("region", f"aws_subnet.private[{number}]")) for number in range(2)]
    zones = [subnet.get("availability_zone") for subnet in subnets]
    assert len(set(zones)) == 2, (
        f"modules/region/network.tf\n  both subnets are in {zones[0]}\n"
        "  why: Redis fails over to another zone, and Aurora requires two"
    )
    first, second = (ipaddress.ip_network(subnet.get("cidr_block")) for subnet in subnets)
    vpc = ipaddress.ip_network(stack.resource(at("region", "aws_vpc.stack")).get("cidr_block"))
    assert not first.overlaps(second), "modules/region/network.tf\n  why: AWS refuses subnets that overlap"
    assert first.subnet_of(vpc), "modules/region/network.tf\n  why: AWS refuses a subnet outside its VPC"
    assert first.num_addresses >= 1024, (
        "modules/region/network.tf\n  why: each of thousands of function environments needs an address"
    )
    for subnet in subnets:
        subnet.must("vpc_id", VPC, "the subnet would belong to another VPC")
        ignored = [
            str(block.attributes["ignore_changes"])
            for block in subnet.block.blocks
            if block.type == "lifecycle"
        ]
        if not ignored or "availability_zone" not in ignored[0]:
            subnet.fails(
                "moves when AWS adds a zone",
                "Terraform would replace Redis and Aurora in the middle of a sale",
            )
        if subnet.get("map_public_ip_on_launch"):
            subnet.fails("assigns public addresses", "nothing in the VPC may be reachable from the internet")


@pytest.mark.parametrize("number", [0, 1])
def test_each_subnet_has_the_route_table_with_the_endpoint(stack: Stack, number: int) -> None:
    association = stack.resource(at("region", f"aws_route_table_association.private[{number}]"))
    association.must("subnet_id", SUBNETS[number], "functions in this zone could not reach DynamoDB")
    association.must("route_table_id", ROUTES, "functions in this zone could not reach DynamoDB")


def test_no_route_leads_to_the_internet(stack: Stack) -> None:
    for type_ in ("aws_internet_gateway", "aws_nat_gateway", "aws_route", "aws_egress_only_internet_gateway"):
        found = stack.resources(type_)
        assert not found, (
            f"{found}\n  why: functions in the VPC need no internet, and stolen data must not get out"
        )
    table = stack.resource(at("region", "aws_route_table.private"))
    if table.get("route"):
        table.fails("has routes of its own", "the gateway endpoint adds the only route that is needed")


def test_the_endpoint_is_a_gateway_endpoint_of_this_region(stack: Stack) -> None:
    endpoint = stack.resource(at("region", "aws_vpc_endpoint.dynamodb"))
    endpoint.must(
        "service_name",
        f"com.amazonaws.{demands.PRIMARY}.dynamodb",
        "a gateway endpoint works only within its own Region",
    )
    endpoint.must(
        "vpc_endpoint_type", "Gateway", "an interface endpoint is charged by the hour and has no route"
    )
    endpoint.must("route_table_ids", [ROUTES], "functions could not reach the endpoint without a route")


def test_the_endpoint_allows_the_calls_of_functions_in_the_vpc(stack: Stack) -> None:
    endpoint = stack.resource(at("region", "aws_vpc_endpoint.dynamodb"))
    (statement,) = json.loads(endpoint.get("policy"))["Statement"]
    grants = [
        (table.replace(":*:", f":{demands.PRIMARY}:"), actions)
        for name in functions.IN_VPC
        for table, actions in functions.FUNCTIONS[name].actions.items()
        if ":dynamodb:" in table and "/stream/" not in table
    ]
    why = (
        "modules/region/network.tf, aws_vpc_endpoint.dynamodb\n"
        "  why: it must let the functions in the VPC use their tables, and must not let data reach others"
    )
    assert set(statement["Action"]) == set[str]().union(*(actions for _, actions in grants)), why
    assert set(statement["Resource"]) == {table for table, _ in grants}, why
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, why
    assert statement["Effect"] == "Allow", why


def test_names_resolve_inside_the_vpc(stack: Stack) -> None:
    vpc = stack.resource(at("region", "aws_vpc.stack"))
    vpc.must("enable_dns_support", True, "the functions reach DynamoDB and Redis by name")
    vpc.must("enable_dns_hostnames", True, "the endpoint of Redis is a name inside the VPC")


def test_every_account_may_use_the_zones(stack: Stack) -> None:
    zones = stack.resource(at("region", "data.aws_availability_zones.available"))
    zones.must("state", "available", "AWS refuses subnets in a zone that is not available")
    zones.must("filter.name", "opt-in-status", "Local Zones offer neither ElastiCache nor Aurora")
    zones.must("filter.values", ["opt-in-not-required"], "Local Zones offer neither ElastiCache nor Aurora")
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html#rds-proxy.limitations
    if "use1-az3" not in (zones.get("exclude_zone_ids") or ()):
        zones.fails(
            "does not exclude use1-az3",
            "this zone of us-east-1 lacks services, and each account calls it by another name",
        )


def test_rejected_traffic_is_logged(stack: Stack) -> None:
    log = stack.resource(at("region", "aws_flow_log.rejected"))
    log.must(
        "traffic_type",
        "REJECT",
        "people look for rejected traffic, and logging all of it would cost more than the rest of the VPC",
    )
    log.must(
        "log_destination",
        Unknown(at("region", "aws_cloudwatch_log_group.flows.arn")),
        "flow logs have a group of their own",
    )
    log.must("log_destination_type", "cloud-watch-logs", "the destination is a log group")


@pytest.mark.parametrize("name", functions.IN_VPC)
def test_functions_that_talk_to_redis_are_in_the_private_subnets(stack: Stack, name: str) -> None:
    function = stack.resource(at("region", f"aws_lambda_function.{name}"))
    function.must("vpc_config.subnet_ids", SUBNETS, "Redis is reachable only from these subnets")
    function.must(
        "vpc_config.security_group_ids", [FUNCTIONS], "Redis accepts connections from this group only"
    )


@pytest.mark.parametrize("name", sorted(set(functions.FUNCTIONS) - set(functions.IN_VPC)))
def test_functions_that_talk_to_other_regions_or_services_are_outside_the_vpc(
    stack: Stack, name: str
) -> None:
    function = stack.resource(at(functions.FUNCTIONS[name].module, f"aws_lambda_function.{name}"))
    if function.blocks("vpc_config"):
        function.fails("is in the VPC", "the VPC has no route to other Regions, to SQS or to the Data API")


@pytest.mark.parametrize(
    ("cidr", "is_refused"), [("10.0.0.0/16", True), ("10.0.0.0/28", True), ("10.0.0.0/29", False)]
)
def test_a_range_without_room_for_subnets_is_refused(stack: Stack, cidr: str, is_refused: bool) -> None:
    module = stack.module(f"{root('regions')}:module.region")
    block = module.block("variable", "vpc_cidr")
    (validation,) = block.blocks
    assumed = Body("var.vpc_cidr", validation, module, {"var": {"vpc_cidr": cidr}})
    assert evaluate(validation.attributes["condition"], assumed) is is_refused, (
        f"{block.place}\n  {cidr} is {'refused' if is_refused else 'accepted'}\n  why: sixteen subnets have to fit"
    )
