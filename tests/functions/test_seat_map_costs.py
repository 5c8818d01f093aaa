"""A buyer's read costs Redis about what a GET of as many bytes costs; `make bench-scale` prints the figures."""

from __future__ import annotations

import pytest
from bench_seat_map import WRITES, read_costs

from support.redis_server import ENGINES, RedisServer

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sections", [20, 1000])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_read_costs_at_most_three_gets_while_the_map_is_written(engine: str, sections: int) -> None:
    with RedisServer.running(engine) as server:
        costs = read_costs(server, sections)
    assert costs["overview"]["ratio"] <= 3, costs
    assert costs["section"]["ratio"] <= 3, costs
    # Otherwise the reads were compared without writes. A busy machine does not reach the full rate.
    assert costs["writes"]["per_second"] > WRITES / 4, costs
