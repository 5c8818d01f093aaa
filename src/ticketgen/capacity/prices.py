"""The price file: unit prices that the user supplies, because ticketgen contains none.

```yaml
version: 1
currency: USD
prices:
  dynamodb.write_request_units: 0.000000625
  elasticache.node_hours: 0.158
```

A price is for one unit of a key of `billing.KEYS`, in every Region. If prices differ between Regions, use the
highest, or size each environment with its own file. Items without a price are listed but not summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ticketgen.capacity.billed_units import KEYS
from ticketgen.findings import Checked, Finding, Location, Stage, has_errors
from ticketgen.safe_open import open_inside
from ticketgen.spec.nodes import Map, Node, Scalar, dotted, shown, shown_text
from ticketgen.spec.reader import MOST_BYTES, read
from ticketgen.spec.texts import nearest

__all__ = ["Prices", "read_prices"]

_TOP = ("version", "currency", "prices")


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices.

    Attributes:
        currency: a code of ISO 4217.
        by_key: the price of one unit, by the key of its usage.
    """

    currency: str
    by_key: Mapping[str, Decimal]

    def of(self, key: str, units: float) -> Decimal | None:
        """The cost of a number of units; None if they have no price."""
        price = self.by_key.get(key)
        return None if price is None else price * Decimal(repr(units))


def read_prices(path: Path) -> Checked[Prices]:
    """Read a price file; all its errors are reported at once."""
    at = Location(str(path))
    try:
        data = open_inside(path, MOST_BYTES + 1, clip=True)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        return Checked(
            None,
            (Finding("unreadable-file", message, Stage.LOAD, at, help="name a readable file with --prices"),),
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


def _price(node: Node) -> Decimal | None:
    """A number of at least 0, also in a form that YAML reads as text (``1e-7``)."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    try:
        price = Decimal(node.text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 and abs(price.adjusted()) <= 18 else None


def _problems(root: Node) -> Iterator[Finding]:
    if not isinstance(root, Map):
        yield _finding(
            "wrong-type", root, f"the whole file: {shown(root)} is not a map of keys", "begin with version: 1"
        )
        return
    for key in root.entries.keys() - set(_TOP):
        yield _unknown(root, key, _TOP)
    for key, value in zip(
        _TOP, ("version: 1", "currency: USD", "prices: with at least one price below it"), strict=True
    ):
        if key not in root.entries:
            yield _finding("missing-key", root, f"{key} is missing", f"add {value}")
    version, currency, prices = (root.entries.get(key) for key in _TOP)
    if version is not None and not (
        isinstance(version, Scalar) and version.value == 1 and version.text == "1"
    ):
        yield _finding(
            "unknown-version",
            version,
            f"version: {shown(version)} is not a version that this ticketgen reads",
            "write 1",
        )
    if currency is not None and not (
        isinstance(currency, Scalar)
        and isinstance(currency.value, str)
        and re.fullmatch("[A-Z]{3}", currency.value)
    ):
        yield _finding(
            "invalid-value",
            currency,
            f"currency: {shown(currency)} is not an ISO 4217 code",
            "write one, such as USD",
        )
    if prices is None:
        return
    if not isinstance(prices, Map):
        yield _finding(
            "wrong-type",
            prices,
            f"prices: {shown(prices)} is not a map of keys",
            "write one line per price, such as dynamodb.write_request_units: 0.000000625",
        )
        return
    for key, node in prices.entries.items():
        if key not in KEYS:
            yield _unknown(prices, key, KEYS)
        elif _price(node) is None:
            message = f"{dotted(node.path)}: {shown(node)} is not a price"
            yield _finding("invalid-value", node, message, "write the price of one unit, such as 0.000000625")


def _unknown(parent: Map, key: str, known: tuple[str, ...]) -> Finding:
    close = nearest(key, known)
    help = f"did you mean {close}?" if close else f"choose one of {', '.join(known)}"
    return Finding(
        "unknown-key", f"unknown key {shown_text(key)}", Stage.LOAD, parent.keys_at[key], help=help
    )


def _finding(rule: str, node: Node, message: str, help: str) -> Finding:
    return Finding(rule, message, Stage.LOAD, node.at, help=help)
