"""A price file is read strictly: every error is reported at its line and column."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketgen.capacity.prices import Price, Prices, read_prices
from ticketgen.findings import Finding

GOOD = "version: 1\ncurrency: USD\nprices:\n"


def read(tmp_path: Path, text: str) -> tuple[Prices | None, tuple[Finding, ...]]:
    path = tmp_path / "prices.yaml"
    path.write_text(text, encoding="utf-8")
    checked = read_prices(path)
    return checked.value, checked.findings


def test_prices_are_exact_in_every_notation(tmp_path: Path) -> None:
    prices, findings = read(
        tmp_path,
        f"{GOOD}  dynamodb.write_request_units: 0.000000625\n  lambda.requests: 2e-7\n  kms.key_hours: 0\n",
    )
    assert findings == ()
    assert prices is not None
    assert prices.currency == "USD"
    amounts = {key: price.amount for key, price in prices.by_key.items()}
    assert amounts == {
        "dynamodb.write_request_units": Decimal("0.000000625"),
        "lambda.requests": Decimal("0.0000002"),
        "kms.key_hours": Decimal(0),
    }


def test_a_price_may_have_its_source(tmp_path: Path) -> None:
    prices, findings = read(
        tmp_path,
        "version: 1\ncurrency: USD\nregion: us-east-1\ndate: 2026-11-28\nprices:\n  kms.key_hours:\n    price: 0.5\n"
        "    source: https://aws.amazon.com/kms/pricing\n    date: 2026-11-27\n    note: a key\n"
        "  lambda.requests:\n    price: 1\n    region: eu-west-1\n",
    )
    assert findings == ()
    assert prices is not None
    assert (prices.region, prices.date) == ("us-east-1", date(2026, 11, 28))
    assert prices.by_key == {
        "kms.key_hours": Price(
            Decimal("0.5"), "us-east-1", "https://aws.amazon.com/kms/pricing", date(2026, 11, 27), "a key"
        ),
        "lambda.requests": Price(Decimal(1), "eu-west-1"),
    }


@pytest.mark.parametrize(
    ("text", "rule", "line", "words"),
    [
        (f"{GOOD}  dynamodb.write_requests_units: 1\n", "unknown-key", 4, "dynamodb.write_request_units"),
        (f"{GOOD}  kms.key_hours: -1\n", "invalid-value", 4, "-1 is not a price"),
        (f"{GOOD}  kms.key_hours: cheap\n", "invalid-value", 4, '"cheap" is not a price'),
        (f"{GOOD}  kms.key_hours: nan\n", "invalid-value", 4, "is not a price"),
        (f"{GOOD}  kms.key_hours: 1e999999\n", "invalid-value", 4, "is not a price"),
        (f"{GOOD}  kms.key_hours: true\n", "invalid-value", 4, "is not a price"),
        (f"{GOOD}  kms.key_hours:\n", "invalid-value", 4, "null is not a price"),
        (f"{GOOD}  kms.key_hours: [1]\n", "invalid-value", 4, "a list is not a price"),
        (f"{GOOD}  kms.key_hours: {{source: x}}\n", "missing-key", 4, "price is missing"),
        (f"{GOOD}  kms.key_hours: {{price: x}}\n", "invalid-value", 4, '"x" is not a price'),
        (f"{GOOD}  kms.key_hours: {{price: 1, prise: 2}}\n", "unknown-key", 4, "did you mean price?"),
        (f"{GOOD}  kms.key_hours: {{price: 1, date: 2026-02-30}}\n", "invalid-value", 4, "is not a date"),
        (f"{GOOD}  kms.key_hours: {{price: 1, date: 20260228}}\n", "invalid-value", 4, "is not a date"),
        (f"{GOOD}  kms.key_hours: {{price: 1, source: [a]}}\n", "invalid-value", 4, "is not a text"),
        (f"{GOOD}  elasticache.node_hours.redis.cache.x1: 1\n", "unknown-key", 4, "did you mean"),
        (f"date: soon\n{GOOD}  kms.key_hours: 1\n", "invalid-value", 1, "is not a date"),
        ("version: 2\ncurrency: USD\nprices: {}\n", "unknown-version", 1, "write 1"),
        ("version: 1\ncurrency: dollars\nprices: {}\n", "invalid-value", 2, "ISO 4217"),
        ("version: 1\ncurrency: USD\nprices: 7\n", "wrong-type", 3, "not a map"),
        ("version: 1\ncurrency: USD\n", "missing-key", 1, "prices is missing"),
        ("version: 1\ncurency: USD\nprices: {}\n", "unknown-key", 2, "did you mean currency?"),
        ("- 1\n", "wrong-type", 1, "not a map"),
        ("", "empty-file", 1, "empty"),
        ("a: &b 1\n", "anchor", 1, "anchor"),
    ],
)
def test_an_error_is_reported_at_its_line(
    tmp_path: Path, text: str, rule: str, line: int, words: str
) -> None:
    prices, findings = read(tmp_path, text)
    assert prices is None
    found = next(finding for finding in findings if finding.rule == rule)
    assert found.location is not None
    assert found.location.line == line
    assert words in f"{found.message} {found.help}"
    assert found.help


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    _, findings = read(tmp_path, "version: 3\ncurrency: x\nprices: {a: 1, kms.key_hours: x}\n")
    assert len(findings) == 4


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    checked = read_prices(tmp_path / "none.yaml")
    assert checked.value is None
    assert checked.findings[0].rule == "unreadable-file"
    assert read_prices(tmp_path).findings[0].rule == "unreadable-file"


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "prices.yaml")
        path.write_bytes(data)
        checked = read_prices(path)
    assert (checked.value is None) == bool(checked.findings)
