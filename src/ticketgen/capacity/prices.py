"""The price file: your own unit prices, which precede those of the snapshot that ticketgen ships.

```yaml
version: 1
currency: USD
region: us-east-1          # optional, like everything below except the prices
date: 2026-11-28
prices:
  dynamodb.write_request_units: 0.000000625
  elasticache.node_hours: 0.158
  kms.key_hours:
    price: 0.00136986301
    source: https://aws.amazon.com/kms/pricing
    date: 2026-11-28
    region: us-east-1
    note: 1 USD a month
```

A price is for one unit of a key of `billed_units.KEYS`, in every Region. If prices differ between Regions, use the
highest, or size each environment with its own file. A price of ``elasticache.node_hours.ENGINE.NODE``, such as
``elasticache.node_hours.valkey.cache.m7g.large``, precedes one of ``elasticache.node_hours``. Each key of your file
replaces the one of the snapshot, unless the currency differs: then the snapshot is not used. Items without a price are
listed but not summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ticketgen.capacity.billed_units import PRICE_KEYS
from ticketgen.findings import Category, Checked, Finding, Location, Stage, has_errors
from ticketgen.findings.spec import INVALID_VALUE, MISSING_KEY, UNKNOWN_KEY, UNKNOWN_VERSION, UNREADABLE_FILE
from ticketgen.findings.verification import WRONG_TYPE
from ticketgen.guesses import did_you_mean
from ticketgen.safe_open import read_within_area
from ticketgen.spec.nodes import Map, Scalar, YamlNode, display_text, display_value, dotted_path
from ticketgen.spec.reader import MAX_BYTES, read

__all__ = ["Price", "Prices", "parse_prices", "read_prices"]

_REQUIRED = {
    "version": "version: 1",
    "currency": "currency: USD",
    "prices": "prices: with at least one price below it",
}
_OPTIONAL = ("region", "date")
_DETAILS = ("price", "source", "date", "region", "note")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit.

    Attributes:
        amount: in the file's currency.
        region: where AWS charges it; "" if the file does not say.
        source: an address, or a package with its version; "" if the file does not say.
        date: of the source; None if the file does not say.
        note: what else is known about it.
    """

    amount: Decimal
    region: str = ""
    source: str = ""
    date: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices of one file.

    Attributes:
        currency: a code of ISO 4217.
        by_key: the price of one unit, by key.
        region: of the prices that do not say otherwise.
        date: on which the file was compiled; None if it does not say.
    """

    currency: str
    by_key: Mapping[str, Price]
    region: str = ""
    date: date | None = None

    def find(self, keys: tuple[str, ...]) -> Price | None:
        """The price under the first of these keys that has one."""
        return next((self.by_key[key] for key in keys if key in self.by_key), None)


def read_prices(path: Path) -> Checked[Prices]:
    """Read a price file; all its errors are reported at once."""
    prices = _read(path)
    findings = (replace(each, stage=Stage.LOAD, category=Category.USAGE) for each in prices.findings)
    return Checked(prices.value, tuple(findings))


def _read(path: Path) -> Checked[Prices]:
    try:
        data = read_within_area(path, MAX_BYTES + 1, clip=True)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        return Checked(
            None,
            (UNREADABLE_FILE.found(message, "name a readable file with --prices", at=Location(str(path))),),
        )
    return parse_prices(data, str(path))


def parse_prices(data: bytes, file: str) -> Checked[Prices]:
    """The prices in the bytes of a file of that name."""
    tree = read(data, file)
    if tree.value is None or has_errors(tree.findings):
        return Checked(None, tree.findings)
    findings = tuple(_problems(tree.value))
    if findings:
        return Checked(None, findings)
    assert isinstance(tree.value, Map)
    top, prices = tree.value.entries, tree.value.entries["prices"]
    assert isinstance(prices, Map)
    region = _text(top.get("region"))
    by_key = {key: _price(node, region) for key, node in prices.entries.items()}
    return Checked(Prices(_text(top["currency"]), by_key, region, _date(top.get("date"))), tree.findings)


def _price(node: YamlNode, region: str) -> Price:
    details = node.entries if isinstance(node, Map) else {"price": node}
    amount = _amount(details["price"])
    assert amount is not None
    return Price(
        amount,
        _text(details.get("region")) or region,
        _text(details.get("source")),
        _date(details.get("date")),
        _text(details.get("note")),
    )


def _text(node: YamlNode | None) -> str:
    return node.text.strip() if isinstance(node, Scalar) else ""


def _date(node: YamlNode | None) -> date | None:
    """A day as ISO 8601 writes it, in full."""
    text = _text(node)
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        return None


def _amount(node: YamlNode) -> Decimal | None:
    """A number of at least 0, also in a form that YAML reads as text (``1e-7``)."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    try:
        amount = Decimal(node.text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 and abs(amount.adjusted()) <= 18 else None


def _problems(root: YamlNode) -> Iterator[Finding]:
    if not isinstance(root, Map):
        yield WRONG_TYPE.found(
            f"the whole file: {display_value(root)} is not a map of keys",
            "begin with version: 1",
            at=root.location,
        )
        return
    known = (*_REQUIRED, *_OPTIONAL)
    for key in root.entries.keys() - set(known):
        yield _unknown(root, key, known)
    for key, line in _REQUIRED.items():
        if key not in root.entries:
            yield MISSING_KEY.found(f"{key} is missing", f"add {line}", at=root.location)
    yield from _details_problems(root.entries, _OPTIONAL)
    version, currency, prices = (root.entries.get(key) for key in _REQUIRED)
    if version is not None and not (
        isinstance(version, Scalar) and version.value == 1 and version.text == "1"
    ):
        yield UNKNOWN_VERSION.found(
            f"version: {display_value(version)} is not a version that this ticketgen reads",
            "write 1",
            at=version.location,
        )
    if currency is not None and not (
        isinstance(currency, Scalar)
        and isinstance(currency.value, str)
        and re.fullmatch("[A-Z]{3}", currency.value)
    ):
        yield INVALID_VALUE.found(
            f"currency: {display_value(currency)} is not an ISO 4217 code",
            "write one, such as USD",
            at=currency.location,
        )
    if prices is None:
        return
    if not isinstance(prices, Map):
        yield WRONG_TYPE.found(
            f"prices: {display_value(prices)} is not a map of keys",
            "write one line per price, such as dynamodb.write_request_units: 0.000000625",
            at=prices.location,
        )
        return
    for key, node in prices.entries.items():
        if key not in PRICE_KEYS:
            yield _unknown(prices, key, PRICE_KEYS)
        else:
            yield from _price_problems(node)


def _price_problems(node: YamlNode) -> Iterator[Finding]:
    amount: YamlNode | None = node
    if isinstance(node, Map):
        for key in node.entries.keys() - set(_DETAILS):
            yield _unknown(node, key, _DETAILS)
        yield from _details_problems(node.entries, _DETAILS[1:])
        amount = node.entries.get("price")
        if amount is None:
            yield MISSING_KEY.found(
                f"{dotted_path(node.path)}: price is missing", "add price: 0.000000625", at=node.location
            )
    if amount is not None and _amount(amount) is None:
        yield INVALID_VALUE.found(
            f"{dotted_path(amount.path)}: {display_value(amount)} is not a price",
            "write the price of one unit, such as 0.000000625",
            at=amount.location,
        )


def _details_problems(entries: Mapping[str, YamlNode], names: tuple[str, ...]) -> Iterator[Finding]:
    for name in names:
        node = entries.get(name)
        if node is None:
            continue
        shown = f"{dotted_path(node.path)}: {display_value(node)}"
        if name == "date" and _date(node) is None:
            yield INVALID_VALUE.found(
                f"{shown} is not a date", "write one, such as 2026-11-28", at=node.location
            )
        elif not _text(node):
            yield INVALID_VALUE.found(
                f"{shown} is not a text", f"write a {name}, or omit it", at=node.location
            )


def _unknown(parent: Map, key: str, known: tuple[str, ...]) -> Finding:
    help = did_you_mean(key, known, f"choose one of {', '.join(known)}")
    return UNKNOWN_KEY.found(f"unknown key {display_text(key)}", help, at=parent.key_locations[key])
