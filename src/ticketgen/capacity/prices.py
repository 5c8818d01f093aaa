"""The price file: the user's unit prices, because ticketgen contains none.

```yaml
version: 1
currency: USD
prices:
  dynamodb.write_request_units: 0.000000625
  elasticache.node_hours: 0.158
```

A price is for one unit of a key of `billed_units.KEYS`, in every Region. If prices differ between Regions, use the
highest, or size each environment with its own file. Items without a price are listed but not summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ticketgen.capacity.billed_units import KEYS
from ticketgen.findings import Category, Checked, Finding, Location, Stage, has_errors
from ticketgen.findings.spec import INVALID_VALUE, MISSING_KEY, UNKNOWN_KEY, UNKNOWN_VERSION, UNREADABLE_FILE
from ticketgen.findings.verification import WRONG_TYPE
from ticketgen.guesses import did_you_mean
from ticketgen.safe_open import read_within_area
from ticketgen.spec.nodes import Map, Scalar, YamlNode, display_text, display_value, dotted_path
from ticketgen.spec.reader import MAX_BYTES, read

__all__ = ["Prices", "read_prices"]

_TOP_LEVEL_KEYS = ("version", "currency", "prices")


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices.

    Attributes:
        currency: a code of ISO 4217.
        by_key: the price of one unit, by the key of its usage.
    """

    currency: str
    by_key: Mapping[str, Decimal]

    def cost(self, key: str, units: float) -> Decimal | None:
        """The cost of a number of units; None if they have no price."""
        price = self.by_key.get(key)
        return None if price is None else price * Decimal(repr(units))


def read_prices(path: Path) -> Checked[Prices]:
    """Read a price file; all its errors are reported at once."""
    prices = _read(path)
    findings = (replace(each, stage=Stage.LOAD, category=Category.USAGE) for each in prices.findings)
    return Checked(prices.value, tuple(findings))


def _read(path: Path) -> Checked[Prices]:
    at = Location(str(path))
    try:
        data = read_within_area(path, MAX_BYTES + 1, clip=True)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        return Checked(
            None,
            (UNREADABLE_FILE.found(message, "name a readable file with --prices", at=at),),
        )
    tree = read(data, str(path))
    if tree.value is None or has_errors(tree.findings):
        return Checked(None, tree.findings)
    findings = tuple(_problems(tree.value))
    if findings:
        return Checked(None, findings)
    assert isinstance(tree.value, Map)
    currency, prices = tree.value.entries["currency"], tree.value.entries["prices"]
    assert isinstance(currency, Scalar)
    assert isinstance(prices, Map)
    by_key = {key: price for key, node in prices.entries.items() if (price := _price(node)) is not None}
    return Checked(Prices(currency.text, by_key), tree.findings)


def _price(node: YamlNode) -> Decimal | None:
    """A number of at least 0, also in a form that YAML reads as text (``1e-7``)."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    try:
        price = Decimal(node.text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 and abs(price.adjusted()) <= 18 else None


def _problems(root: YamlNode) -> Iterator[Finding]:
    if not isinstance(root, Map):
        yield WRONG_TYPE.found(
            f"the whole file: {display_value(root)} is not a map of keys",
            "begin with version: 1",
            at=root.location,
        )
        return
    for key in root.entries.keys() - set(_TOP_LEVEL_KEYS):
        yield _unknown(root, key, _TOP_LEVEL_KEYS)
    for key, value in zip(
        _TOP_LEVEL_KEYS,
        ("version: 1", "currency: USD", "prices: with at least one price below it"),
        strict=True,
    ):
        if key not in root.entries:
            yield MISSING_KEY.found(f"{key} is missing", f"add {value}", at=root.location)
    version, currency, prices = (root.entries.get(key) for key in _TOP_LEVEL_KEYS)
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
        if key not in KEYS:
            yield _unknown(prices, key, KEYS)
        elif _price(node) is None:
            message = f"{dotted_path(node.path)}: {display_value(node)} is not a price"
            yield INVALID_VALUE.found(
                message, "write the price of one unit, such as 0.000000625", at=node.location
            )


def _unknown(parent: Map, key: str, known: tuple[str, ...]) -> Finding:
    help = did_you_mean(key, known, f"choose one of {', '.join(known)}")
    return UNKNOWN_KEY.found(f"unknown key {display_text(key)}", help, at=parent.key_locations[key])
