"""A sold-out event in twelve Regions, verified and loaded: `make bench-functions` does it with 234,000 seats."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_functions import OBJECTIVES, cache_load, correction, verification
from full_house import FullHouse, full_house
from redis_server import RedisServer

SLACK = 4  # for a machine that is shared; the bench prints the figures as they are

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(dynamodb_port: int | None) -> Iterator[FullHouse]:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    with (
        tempfile.TemporaryDirectory() as folder,
        full_house(dynamodb_port, Path(folder), seats=24_000, new=6_000) as house,
    ):
        yield house


def test_it_is_verified_within_the_objective_and_twelve_replicas_are_one_sale(house: FullHouse) -> None:
    assert verification(house)["seconds"] < OBJECTIVES.verification_s * SLACK


def test_it_is_in_redis_within_the_objective(house: FullHouse, tmp_path: Path) -> None:
    with RedisServer.running(tmp_path) as redis:
        assert cache_load(house, redis)["seconds"] < OBJECTIVES.cache_load_s * SLACK


def test_a_full_batch_of_findings_is_corrected_within_the_objective(
    dynamodb_port: int | None, tmp_path: Path
) -> None:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    assert correction(dynamodb_port, tmp_path)["seconds"] < OBJECTIVES.correction_s * SLACK
