"""Threads of a test may read the functions of a rendered stack at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from rendered_functions import function_resource, literal_environment, stack


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    yield
    sys.setswitchinterval(before)


def test_two_threads_read_the_same_environment(frequent_switches: None) -> None:
    stack()
    for _ in range(8):
        function_resource.cache_clear()
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(literal_environment, ["ticket_purchase"] * 2)
        assert first == second != {}
