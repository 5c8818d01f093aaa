"""Each shipped price has a source and the date of that source."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from stacks import SHAPES

import ticketgen.capacity
from reports import report_of
from ticketgen.capacity.billed_units import KEYS, NODE_KEYS
from ticketgen.capacity.price_book import PriceBook, shipped_prices
from ticketgen.capacity.prices import read_prices

FILE = Path(ticketgen.capacity.__file__).with_name("aws_prices.yaml")
WITHOUT_A_SOURCE = {"dynamodb.warm_read_units", "dynamodb.warm_write_units"}
SOURCE = re.compile(r"https://[^\s]+|[A-Za-z0-9._-]+ \d+(\.\d+)+")
"""An address, or a package with its version."""


def test_the_snapshot_is_a_valid_price_file() -> None:
    checked = read_prices(FILE)
    assert checked.findings == ()
    assert checked.value == shipped_prices()
    assert (checked.value.currency, checked.value.region) == ("USD", "us-east-1")


@pytest.mark.parametrize("key", shipped_prices().by_key)
def test_a_shipped_price_has_a_source_and_its_date(key: str) -> None:
    snapshot = shipped_prices()
    price = snapshot.by_key[key]
    assert price.amount > 0
    assert SOURCE.fullmatch(price.source)
    assert snapshot.date is not None
    assert price.date is not None
    assert price.date <= snapshot.date <= datetime.now(UTC).date()
    assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", price.region)


def test_a_price_of_another_region_or_of_an_old_source_says_so() -> None:
    snapshot = shipped_prices()
    assert snapshot.date is not None
    for key, price in snapshot.by_key.items():
        if price.region != snapshot.region:
            assert price.region in price.note, key
        if price.date is not None and (snapshot.date - price.date).days > 365:
            assert "secondary source" in price.note or "as wafv2" in price.note, key


def test_every_key_has_a_price_or_is_known_to_lack_one() -> None:
    shipped = set(shipped_prices().by_key)
    assert set(NODE_KEYS) <= shipped
    assert set(KEYS) - shipped == WITHOUT_A_SOURCE | {"elasticache.node_hours"}


@pytest.mark.parametrize("shape", SHAPES)
def test_only_keys_without_a_source_are_missing_in_a_report(shape: str) -> None:
    book = PriceBook(snapshot=shipped_prices())
    for each in report_of(SHAPES[shape]()).season.usage:
        assert (book.find(each.usage) is None) == (each.usage.key in WITHOUT_A_SOURCE), each.usage.key


def test_on_demand_prices_are_those_since_november_2024() -> None:
    amounts = {key: price.amount for key, price in shipped_prices().by_key.items()}
    assert amounts["dynamodb.write_request_units"] == Decimal("0.000000625")
    assert amounts["dynamodb.read_request_units"] == Decimal("0.000000125")


def test_valkey_is_cheaper_than_redis_on_every_node() -> None:
    amounts = {key: price.amount for key, price in shipped_prices().by_key.items()}
    for key in NODE_KEYS:
        if ".valkey." in key:
            assert amounts[key] < amounts[key.replace(".valkey.", ".redis.")]
