"""The outputs: what operators and the integration suite find the stack by."""

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
def test_an_output_says_what_its_name_promises(stack: Stack, name: str) -> None:
    block = next(
        (block for block in stack.root.blocks if block.type == "output" and block.labels == (name,)), None
    )
    assert block is not None, f"outputs.tf\n  lacks {name}\n  why: whoever reads it finds nothing"
    found = stack.root.output(name)
    assert found == OUTPUTS[name], (
        f"{block.place}\n  {name} is {found!r}, and must be {OUTPUTS[name]!r}\n"
        "  why: whoever reads it works on something else"
    )


SEATS, ORDERS, DAY = demands.SEATS_PER_SECOND, demands.ORDERS_PER_SECOND, 86_400
STARTS = 60 // demands.VERIFICATION_INTERVAL_S
# The least and the most that operators may be told. A transaction costs two write units an item, and a partition
# takes 1,000: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
CAPACITY = {
    "orders_per_second": (ORDERS, ORDERS),
    "seats_per_second": (SEATS, SEATS),
    "ledger_write_units": (2 * SEATS, 2 * SEATS),
    "inventory_write_units": (2 * SEATS, 2 * SEATS),
    "lock_write_units": (2 * ORDERS, 10 * SEATS),
    "ledger_read_units": (SEATS / 10, 1000 * SEATS + 100_000),
    "inventory_read_units": (SEATS / 10, 1000 * SEATS + 100_000),
    "lock_read_units": (ORDERS / 10, 10 * ORDERS + 100),
    "event_read_units": (ORDERS / 10, 100 * ORDERS + 10_000),
    "event_shards": (2 * SEATS / 1000, 4 * SEATS / 1000 + 1),
    "ticker_starts_per_minute": (STARTS, STARTS),
    "ticker_executions_per_day": (DAY / 60, DAY / 60),
    "verification_executions_per_day": (DAY * STARTS / 60, DAY * STARTS / 60),
    "cache_memory_mib": (demands.CACHE_MEMORY_MIB, demands.CACHE_MEMORY_MIB),
}


@pytest.mark.parametrize("name", CAPACITY)
def test_operators_are_told_what_the_stack_is_sized_for(stack: Stack, name: str) -> None:
    told = stack.root.output("capacity").get(name)
    least, most = CAPACITY[name]
    assert told is not None, (
        f"outputs.tf, capacity\n  lacks {name}\n  why: operators warm tables and make events by it"
    )
    assert least <= told <= most, (
        f"outputs.tf, capacity\n  {name} is {told}, and must be {least} to {most}\n"
        "  why: operators warm tables and make events by it"
    )


def test_operators_are_told_the_concurrency_that_is_reserved(stack: Stack) -> None:
    functions = [f for f in stack.resources("aws_lambda_function") if f.region == demands.PRIMARY]
    reserved = sum(f.get("reserved_concurrent_executions") or 0 for f in functions)
    told = stack.root.output("capacity")
    most = max(
        1_000, 20 * max(reserved, ORDERS)
    )  # an account's default is 1,000: up to there, nobody asks for more
    assert reserved <= told["hub_concurrency"] <= most, (
        f"outputs.tf, capacity\n  hub_concurrency is {told['hub_concurrency']}, and {reserved} are reserved\n"
        "  why: the quota is asked for by it"
    )
    assert 0 < told["region_concurrency"] <= told["hub_concurrency"], (
        "outputs.tf, capacity\n  why: a hub runs all that a Region runs, and more"
    )


def test_every_region_is_shown_and_no_other(stack: Stack) -> None:
    shown = set(stack.root.output("regions"))
    assert shown == set(demands.REGIONS), "outputs.tf, regions\n  why: what is not shown is not tested"
