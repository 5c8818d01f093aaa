"""Outputs, by which operators and the integration suite find the stack."""

from __future__ import annotations

import demands
import pytest

from support.places import at
from support.stack import Stack
from support.values import Unknown

NAME = f"{demands.PROJECT}-{{}}-{demands.ENVIRONMENT}"
URL = (
    f"https://{demands.DOMAIN}"
    if demands.DOMAIN
    else Unknown(at("region", "aws_api_gateway_stage.live.invoke_url"))
)
OUTPUTS = {
    "inventory_table_name": NAME.format("ticket-inventory"),
    "locks_table_name": NAME.format("distributed-locks"),
    "api_gateway_url": URL,
    "kinesis_stream_name": NAME.format("ticket-sales"),
    "redis_endpoint": Unknown(
        at("region", "aws_elasticache_replication_group.seats.primary_endpoint_address")
    ),
    "ticket_purchase_lambda_arn": Unknown(at("region", "aws_lambda_function.ticket_purchase.arn")),
    "inventory_verifier_lambda_arn": Unknown(
        at("verification", "aws_lambda_function.inventory_verifier.arn")
    ),
    "kinesis_processor_lambda_arn": Unknown(at("analytics", "aws_lambda_function.kinesis_processor.arn")),
    "aurora_cluster_arn": Unknown(at("analytics", "aws_rds_cluster.sales.arn")),
    "region": demands.PRIMARY,
    "environment_suffix": demands.ENVIRONMENT,
}
if demands.AUTH == "cognito":
    OUTPUTS |= {
        "user_pool_id": Unknown("aws_cognito_user_pool.buyers.id"),
        "user_pool_client_id": Unknown("aws_cognito_user_pool_client.shop.id"),
    }


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_has_the_value_that_its_name_says(stack: Stack, name: str) -> None:
    block = next(
        (block for block in stack.root.blocks if block.type == "output" and block.labels == (name,)), None
    )
    assert block is not None, f"outputs.tf\n  lacks {name}\n  why: scripts that read it would fail"
    found = stack.root.output(name)
    assert found == OUTPUTS[name], (
        f"{block.place}\n  {name} is {found!r}, and must be {OUTPUTS[name]!r}\n"
        "  why: a script that reads it would work on another resource"
    )


@pytest.mark.parametrize("name", demands.CAPACITY)
def test_the_capacity_output_has_the_figures_of_the_stack(stack: Stack, name: str) -> None:
    figure, expected = stack.root.output("capacity").get(name), demands.CAPACITY[name]
    assert figure == expected, (
        f"outputs.tf, capacity\n  {name} is {figure}, and must be {expected}\n"
        "  why: operators warm tables, create events and request quotas by these figures"
    )


# A partition of a table takes 1,000 write units a second, and a write in a transaction costs two:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ledger_write_units", 2 * demands.SEATS_PER_SECOND),
        ("inventory_write_units", 2 * demands.SEATS_PER_SECOND),
        ("lock_write_units", 2 * demands.ORDERS_PER_SECOND),
        ("event_shards", 2 * demands.SEATS_PER_SECOND / 1000),
    ],
)
def test_the_tables_take_every_seat_of_the_busiest_second(stack: Stack, name: str, least: float) -> None:
    figure = stack.root.output("capacity")[name]
    assert figure >= least, (
        f"outputs.tf, capacity\n  {name} is {figure}, and must be at least {least:g}\n"
        f"  why: DynamoDB would throttle {demands.SEATS_PER_SECOND} seats/s"
    )


def test_the_capacity_output_covers_the_reserved_concurrency(stack: Stack) -> None:
    functions = [f for f in stack.resources("aws_lambda_function") if f.region == demands.PRIMARY]
    reserved = sum(f.get("reserved_concurrent_executions") or 0 for f in functions)
    capacity = stack.root.output("capacity")
    assert reserved <= capacity["hub_concurrency"], (
        f"outputs.tf, capacity\n  hub_concurrency is {capacity['hub_concurrency']}, and {reserved} are reserved\n"
        "  why: the quota is requested by this capacity, and AWS refuses reservations beyond the quota"
    )
    assert 0 < capacity["region_concurrency"] <= capacity["hub_concurrency"], (
        "outputs.tf, capacity\n  why: a hub runs everything that any other Region runs, and more"
    )


def test_the_outputs_cover_exactly_the_regions(stack: Stack) -> None:
    shown = set(stack.root.output("regions"))
    assert shown == set(demands.REGIONS), (
        "outputs.tf, regions\n  why: a Region that is not listed is not tested"
    )
