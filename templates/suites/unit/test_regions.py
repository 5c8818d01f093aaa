"""Each Region has its own provider, module, keys, streams and address range."""

from __future__ import annotations

import ipaddress

import demands
import pytest

from support.places import alias, at
from support.stack import Body, Stack
from support.values import CannotEvaluate, Unknown

each_region = pytest.mark.parametrize("region", demands.REGIONS)
alone = pytest.param("", marks=pytest.mark.skip(reason="the stack has one Region"))
each_replica = pytest.mark.parametrize(
    "region", [region for region in demands.REGIONS if region != demands.PRIMARY] or [alone]
)
each_hub = pytest.mark.parametrize("region", demands.HUBS)


@each_region
def test_the_regions_provider_works_in_that_region_and_tags_what_it_makes(stack: Stack, region: str) -> None:
    for block in stack.root.blocks:
        provider = Body(f"provider.aws.{alias(region)}", block, stack.root, {})
        if block.type == "provider" and provider.get("alias") == alias(region):
            provider.must("region", region, "a Region's resources must not be created in another Region")
            tags = provider.get("default_tags.tags")
            expected = {
                "Application": demands.PROJECT,
                "Environment": demands.ENVIRONMENT,
                "ManagedBy": "ticketgen",
            }
            if tags != expected | demands.TAGS:
                provider.fails(f"its default tags are {tags}", "bills and searches use the tags of the spec")
            return
    pytest.fail(
        f"provider.tf\n  has no provider aws.{alias(region)}\n  why: nothing can be created in {region}"
    )


@each_region
def test_the_regions_module_is_given_that_region_and_its_provider(stack: Stack, region: str) -> None:
    call = stack.module(f"module.{alias(region)}").call
    assert call is not None
    call.must(
        "providers",
        {"aws": Unknown(f"aws.{alias(region)}")},
        "the Region's resources would be created in another Region",
    )
    call.must("region", region, "endpoints, keys and dashboards contain the name of the Region")
    call.must("source", "./modules/region", "all Regions use the same module")


@each_region
def test_the_regions_seat_map_follows_the_stream_of_its_own_replica(stack: Stack, region: str) -> None:
    inventory = "aws_dynamodb_table.ticket_inventory"
    own = (
        f"{inventory}.stream_arn"
        if region == demands.PRIMARY
        else f'{inventory}.replica["{region}"].stream_arn'
    )
    stack.resource(at("region", "aws_lambda_event_source_mapping.inventory", region)).must(
        "event_source_arn",
        Unknown(own),
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


@each_region
def test_the_outputs_show_the_region_its_own_endpoints(stack: Stack, region: str) -> None:
    shown = stack.root.output("regions")
    assert region in shown, (
        f"outputs.tf\n  regions lacks {region}\n  why: the integration suite would not test it"
    )
    module = f"module.{alias(region)}"
    url = (
        f"https://{demands.DOMAIN}"
        if demands.DOMAIN
        else Unknown(f"{module}.aws_api_gateway_stage.live.invoke_url")
    )
    expected = {
        "region": region,
        "environment_suffix": demands.ENVIRONMENT,
        "inventory_table_name": f"{demands.PROJECT}-ticket-inventory-{demands.ENVIRONMENT}",
        "locks_table_name": f"{demands.PROJECT}-distributed-locks-{demands.ENVIRONMENT}",
        "api_gateway_url": url,
        "redis_endpoint": Unknown(
            f"{module}.aws_elasticache_replication_group.seats.primary_endpoint_address"
        ),
        "ticket_purchase_lambda_arn": Unknown(f"{module}.aws_lambda_function.ticket_purchase.arn"),
    }
    found = {name: shown[region].get(name) for name in expected}
    assert found == expected, (
        f"outputs.tf, regions[{region}]\n  why: operators and tests find the Region's resources there"
    )


@each_region
def test_hub_outputs_are_set_in_hubs_and_null_elsewhere(stack: Stack, region: str) -> None:
    shown = stack.root.output("regions")[region]
    analytics, verification = (f"module.{part}_{alias(region)}" for part in ("analytics", "verification"))
    stream = f"{demands.PROJECT}-ticket-sales-{demands.ENVIRONMENT}"
    expected = {
        "kinesis_stream_name": stream,
        "kinesis_processor_lambda_arn": Unknown(f"{analytics}.aws_lambda_function.kinesis_processor.arn"),
        "aurora_cluster_arn": Unknown(f"{analytics}.aws_rds_cluster.sales.arn"),
        "inventory_verifier_lambda_arn": Unknown(
            f"{verification}.aws_lambda_function.inventory_verifier.arn"
        ),
        "verification_state_machine_arn": Unknown(f"{verification}.aws_sfn_state_machine.verification.arn"),
        "refunds_queue_url": Unknown(f"{verification}.aws_sqs_queue.refunds.url"),
    }
    if region not in demands.HUBS:
        expected = dict.fromkeys(expected)
    found = {name: shown.get(name, "no such output") for name in expected}
    assert found == expected, (
        f"outputs.tf, regions[{region}]\n  why: readers must see what runs in the Region"
    )


@each_replica
def test_the_regions_replicas_are_encrypted_with_its_own_key(stack: Stack, region: str) -> None:
    for name in ("events", "ticket_inventory", "ticket_sales"):
        table = stack.resource(f"aws_dynamodb_table.{name}")
        replicas = [one for one in table.blocks("replica") if one.get("region_name") == region]
        if len(replicas) != 1:
            table.fails(
                f"has {len(replicas)} replicas in {region}",
                "the Region would know no events and no seats",
            )
        key = Unknown(f"module.{alias(region)}.aws_kms_key.stack.arn")
        replicas[0].must("kms_key_arn", key, "a replica can only be encrypted with a key of its own Region")
        replicas[0].must("propagate_tags", True, "its costs could not be attributed")
        replicas[0].must("point_in_time_recovery", True, "a Region that survives the others needs backups")


def _alike(value: object, region: str) -> str:
    """A value without the Region's own name and addresses."""
    text = repr(value).replace(alias(region), "<region>").replace(region, "<region>")
    # The primary has the table itself, the others a replica of it.
    return text.replace('.replica["<region>"].stream_arn', ".stream_arn")


@each_region
def test_the_regions_module_gets_the_same_arguments_as_the_others(stack: Stack, region: str) -> None:
    call, example = (
        stack.module(f"module.{alias(region)}").call,
        stack.module(f"module.{alias(demands.PRIMARY)}").call,
    )
    assert call is not None
    assert example is not None
    lacks = {block.labels[0] for block in stack.module(call.address).blocks if block.type == "variable"}
    lacks -= set(call.block.attributes)
    if lacks:
        call.fails(f"does not get {sorted(lacks)}", "Terraform refuses a call without them")
    for name in example.block.attributes.keys() - {"vpc_cidr"}:
        own_value, others = _alike(call.get(name), region), _alike(example.get(name), demands.PRIMARY)
        if own_value != others:
            call.fails(
                f"{name} is {own_value}, and the primary's {others}",
                "a Region with other arguments would behave differently",
            )


@each_hub
@pytest.mark.parametrize("part", ["analytics", "verification"])
def test_a_hub_gets_all_its_arguments(stack: Stack, region: str, part: str) -> None:
    module = stack.module(f"module.{part}_{alias(region)}")
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
            Unknown(f"module.{alias(region)}.aws_subnet.private[{number}].id") for number in range(2)
        ],
    }
    for name in variables & expected.keys():
        module.call.must(name, expected[name], "a hub with other arguments would behave differently")


def _evaluated(body: Body) -> None:
    for name in body.block.attributes:
        if name not in ("provider", "providers", "depends_on"):
            body.get(name)
    for kind in {block.type for block in body.block.blocks} - {"dynamic", "lifecycle", "precondition"}:
        for inner in body.blocks(kind):
            _evaluated(inner)


@pytest.mark.parametrize("region", ["", *demands.REGIONS])
def test_every_expression_has_a_value(stack: Stack, region: str) -> None:
    """Every expression in the Region's modules, or in the root module, can be evaluated."""
    parts = (
        [f"module.{prefix}{alias(region)}" for prefix in ("", "analytics_", "verification_")]
        if region
        else [""]
    )
    for module in stack.modules:
        if module.address in parts:
            for resource in module.resources():
                try:
                    _evaluated(resource)
                except CannotEvaluate as error:
                    resource.fails(
                        str(error), "Terraform refuses the expression, or the suite does not support it"
                    )


@each_hub
@pytest.mark.parametrize("part", ["analytics", "verification"])
def test_a_hub_is_wired_to_its_own_region(stack: Stack, region: str, part: str) -> None:
    call = stack.module(f"module.{part}_{alias(region)}").call
    assert call is not None
    home = f"module.{alias(region)}"
    call.must("providers", {"aws": Unknown(f"aws.{alias(region)}")}, f"{part} would run in another Region")
    call.must("source", f"./modules/{part}", "all hubs use the same modules")
    wiring = {
        "kms_key_arn": Unknown(f"{home}.aws_kms_key.stack.arn"),
        "dead_letter_queue_arn": Unknown(f"{home}.aws_sqs_queue.dead_letters.arn"),
        "alarm_topic_arn": demands.ALARM_TOPIC_ARN.replace("{region}", region)
        if demands.ALARM_TOPIC_ARN
        else Unknown(f"{home}.aws_sns_topic.alarms.arn"),
    }
    if part == "analytics":
        wiring["vpc_id"] = Unknown(f"{home}.aws_vpc.stack.id")
    for name, value in wiring.items():
        call.must(name, value, "keys, queues, topics and networks work only within their Region")


def test_there_is_one_module_call_for_each_region_and_hub(stack: Stack) -> None:
    found = {module.address for module in stack.modules if module.address}
    expected = {f"module.{alias(region)}" for region in demands.REGIONS}
    expected |= {
        f"module.{part}_{alias(hub)}" for hub in demands.HUBS for part in ("analytics", "verification")
    }
    assert found == expected, (
        "regions.tf, analytics.tf, verification.tf\n  why: a surplus Region costs money, a missing one cannot sell"
    )
