"""Outputs, by which operators and the integration suite find the stack."""

from __future__ import annotations

import demands
import pytest

from support.places import ROOTS, at, root
from support.stack import Stack
from support.values import Unknown

NAME = f"{demands.PROJECT}-{{}}-{demands.ENVIRONMENT}"


def _expected(path: str) -> dict[str, object]:
    """The outputs of a root module."""
    kind, _, region = path.partition("/")
    outputs: dict[str, object] = {"environment_suffix": demands.ENVIRONMENT}
    if kind == "global":
        return {**outputs, "capacity": demands.CAPACITY}
    outputs |= {"region": region, "locks_table_name": NAME.format("distributed-locks")}
    if kind == "data":
        pool = {
            "user_pool_id": Unknown(f"{path}:aws_cognito_user_pool.buyers.id"),
            "user_pool_client_id": Unknown(f"{path}:aws_cognito_user_pool_client.shop.id"),
        }
        has_pool = demands.AUTH == "cognito" and region == demands.PRIMARY
        key = Unknown(at("data", "aws_kms_key.stack.arn", region))
        return {**outputs, "kms_key_arn": key, **(pool if has_pool else {})}
    stage = _of("region", "aws_api_gateway_stage.live.invoke_url", region)
    outputs |= {
        "inventory_table_name": NAME.format("ticket-inventory"),
        "api_gateway_url": f"https://{demands.DOMAIN}" if demands.DOMAIN else stage,
        "redis_endpoint": _of(
            "region", "aws_elasticache_replication_group.seats.primary_endpoint_address", region
        ),
        "ticket_purchase_lambda_arn": _of("region", "aws_lambda_function.ticket_purchase.arn", region),
    }
    if region in demands.HUBS:
        outputs |= {
            "kinesis_stream_name": NAME.format("ticket-sales"),
            "kinesis_processor_lambda_arn": _of(
                "analytics", "aws_lambda_function.kinesis_processor.arn", region
            ),
            "aurora_cluster_arn": _of("analytics", "aws_rds_cluster.sales.arn", region),
            "inventory_verifier_lambda_arn": _of(
                "verification", "aws_lambda_function.inventory_verifier.arn", region
            ),
            "verification_state_machine_arn": _of(
                "verification", "aws_sfn_state_machine.verification.arn", region
            ),
            "refunds_queue_url": _of("verification", "aws_sqs_queue.refunds.url", region),
        }
    return outputs


def _of(place: str, resource: str, region: str) -> Unknown:
    return Unknown(at(place, resource, region))


OF_PRIMARY = [root(kind) for kind in ("global", "data", "regions")]
OUTPUTS = [(path, name) for path in OF_PRIMARY for name in _expected(path)]


@pytest.mark.parametrize(("path", "name"), OUTPUTS)
def test_an_output_has_the_value_that_its_name_says(stack: Stack, path: str, name: str) -> None:
    main, expected = stack.root(path).main, _expected(path)[name]
    found = main.output(name)
    assert found == expected, (
        f"{main.block('output', name).place}\n  {name} is {found!r}, and must be {expected!r}\n"
        "  why: a script that reads it would work on another resource"
    )


@pytest.mark.parametrize("path", ROOTS)
def test_a_root_has_the_outputs_that_scripts_and_suites_read(stack: Stack, path: str) -> None:
    main, expected = stack.root(path).main, _expected(path)
    names = {block.labels[0] for block in main.blocks if block.type == "output"}
    assert names == expected.keys(), (
        f"{path}/outputs.tf\n  lacks {sorted(expected.keys() - names)}, and has {sorted(names - expected.keys())}\n"
        "  why: operators, scripts and the integration suite find the stack by these names"
    )
    for name, value in expected.items():
        assert main.output(name) == value, (
            f"{main.block('output', name).place}\n  {name} is {main.output(name)!r}, and must be {value!r}\n"
            "  why: a script that reads it would work on another resource"
        )


@pytest.mark.parametrize("name", demands.CAPACITY)
def test_the_capacity_output_has_the_figures_of_the_stack(stack: Stack, name: str) -> None:
    figure, expected = _capacity(stack).get(name), demands.CAPACITY[name]
    assert figure == expected, (
        f"global/outputs.tf, capacity\n  {name} is {figure}, and must be {expected}\n"
        "  why: operators warm tables, create events and request quotas by these figures"
    )


def _capacity(stack: Stack) -> dict[str, float]:
    capacity: dict[str, float] = stack.root(root("global")).main.output("capacity")
    return capacity


# A partition of a table takes 1,000 write units a second, and a write in a transaction costs two:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ledger_write_units", 2 * demands.SEATS_PER_SECOND),
        (
            "inventory_write_units",
            4 * demands.SEATS_PER_SECOND,
        ),  # a hold checks each seat, and a purchase writes it
        ("lock_write_units", 2 * demands.ORDERS_PER_SECOND),
        ("event_shards", 4 * demands.SEATS_PER_SECOND / 1000),
    ],
)
def test_the_tables_take_every_seat_of_the_busiest_second(stack: Stack, name: str, least: float) -> None:
    figure = _capacity(stack)[name]
    assert figure >= least, (
        f"global/outputs.tf, capacity\n  {name} is {figure}, and must be at least {least:g}\n"
        f"  why: DynamoDB would throttle {demands.SEATS_PER_SECOND} seats/s"
    )


def test_the_capacity_output_covers_the_reserved_concurrency(stack: Stack) -> None:
    functions = [f for f in stack.resources("aws_lambda_function") if f.region == demands.PRIMARY]
    reserved = sum(f.get("reserved_concurrent_executions") or 0 for f in functions)
    capacity = _capacity(stack)
    assert reserved <= capacity["hub_concurrency"], (
        f"global/outputs.tf, capacity\n  hub_concurrency is {capacity['hub_concurrency']}, and {reserved} are\n"
        "  why: the quota is requested by this capacity, and AWS refuses reservations beyond the quota"
    )
    assert 0 < capacity["region_concurrency"] <= capacity["hub_concurrency"], (
        "global/outputs.tf, capacity\n  why: a hub runs everything that any other Region runs, and more"
    )
