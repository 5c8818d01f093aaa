"""A sold-out event of 234,000 seats in twelve Regions; `make bench-scale` prints the figures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_functions import OBJECTIVES, cache_load, correction, lock_ms, verification
from bench_move import stop_of_a_move
from sold_out_event import SoldOutEvent, sold_out_event

from support.redis_server import ENGINES, RedisServer

SLACK = 4  # for a shared machine; the benchmark prints the actual figures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sold_out(dynamodb_port: int | None) -> Iterator[SoldOutEvent]:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    with (
        tempfile.TemporaryDirectory() as folder,
        sold_out_event(dynamodb_port, Path(folder)) as sold_out,
    ):
        yield sold_out


def test_verification_meets_the_objective_and_counts_replicas_once(sold_out: SoldOutEvent) -> None:
    assert verification(sold_out, SLACK)["seconds"] < OBJECTIVES.verification_s * SLACK


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cache_load_meets_the_objective(sold_out: SoldOutEvent, engine: str) -> None:
    with RedisServer.running(engine) as redis:
        assert cache_load(sold_out, redis)["seconds"] < OBJECTIVES.cache_load_s * SLACK


def test_a_move_stops_sales_for_at_most_twice_the_wait_of_the_protocol(sold_out: SoldOutEvent) -> None:
    move = stop_of_a_move(sold_out)
    assert move["waits"] < move["seconds"] < 2 * move["waits"]


def test_locking_meets_the_objective(dynamodb_port: int | None, tmp_path: Path) -> None:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    assert lock_ms(dynamodb_port, tmp_path)["p99"] < OBJECTIVES.lock_ms * SLACK


def test_correcting_a_full_batch_meets_the_objective(dynamodb_port: int | None, tmp_path: Path) -> None:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    assert correction(dynamodb_port, tmp_path)["seconds"] < OBJECTIVES.correction_s * SLACK
