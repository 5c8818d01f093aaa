"""The prices of a report: those of the user's file, and below them the snapshot that ticketgen ships.

The snapshot is ``aws_prices.yaml`` beside this module. Each price in it has its source and the date of that source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from ticketgen.aws.regions import COMMERCIAL
from ticketgen.capacity.billed_units import Usage
from ticketgen.capacity.prices import Price, Prices, parse_prices
from ticketgen.spec.model import Environment

__all__ = ["Cost", "Origin", "PriceBook", "shipped_prices"]

_SNAPSHOT = "aws_prices.yaml"
_FRESH_DAYS = 365


class Origin(StrEnum):
    """Where a price comes from."""

    FILE = "file"  # the user's price file
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Cost:
    """A sum over several keys.

    Attributes:
        amount: of the keys that have a price.
        origins: of each key that was summed.
        missing: keys with units but without a price, which are not in the sum.
    """

    amount: Decimal = Decimal(0)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def keys(self, origin: Origin) -> tuple[str, ...]:
        """The keys whose prices come from there."""
        return tuple(key for key, each in self.origins.items() if each is origin)


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices with their origins.

    Attributes:
        file: the user's prices, which win; None if there is no file.
        snapshot: the shipped prices; None to do without.
        today: the day on which the report is printed.
    """

    file: Prices | None = None
    snapshot: Prices | None = None
    today: date | None = None

    @property
    def currency(self) -> str:
        """The currency of all sums."""
        first = self.file or self.snapshot
        return first.currency if first else ""

    @property
    def is_snapshot_used(self) -> bool:
        """Whether the snapshot is in the same currency as the file."""
        return self.snapshot is not None and self.snapshot.currency == self.currency

    @property
    def is_snapshot_old(self) -> bool:
        """Whether the snapshot is used and older than a year."""
        compiled = self.snapshot.date if self.snapshot and self.is_snapshot_used else None
        return bool(compiled and self.today and (self.today - compiled).days > _FRESH_DAYS)

    def within(self, environment: Environment) -> PriceBook | None:
        """The prices that apply to an environment: other partitions have price lists of their own."""
        snapshot = self.snapshot if environment.primary_region in COMMERCIAL else None
        return replace(self, snapshot=snapshot) if self.file or snapshot else None

    def find(self, usage: Usage) -> tuple[Price, Origin] | None:
        """The price of a unit; None if it has none."""
        for prices, origin in self._layers():
            price = prices.find(usage.price_keys)
            if price is not None:
                return price, origin
        return None

    def cost(self, usage: Usage, units: float) -> Decimal | None:
        """The cost of a number of units; None if they have no price."""
        found = self.find(usage)
        return None if found is None else found[0].amount * Decimal(repr(units))

    def total(self, amounts: Iterable[tuple[Usage, float]]) -> Cost:
        """The cost of units under several keys; those of which there are none need no price."""
        total, origins, missing = Decimal(0), {}, []
        for usage, units in amounts:
            found = self.find(usage) if units else None
            if found is not None:
                total += found[0].amount * Decimal(repr(units))
                origins[usage.key] = found[1]
            elif units:
                missing.append(usage.key)
        return Cost(total, origins, tuple(missing))

    def _layers(self) -> Iterator[tuple[Prices, Origin]]:
        if self.file is not None:
            yield self.file, Origin.FILE
        if self.snapshot is not None and self.is_snapshot_used:
            yield self.snapshot, Origin.SNAPSHOT


@cache
def shipped_prices() -> Prices:
    """The snapshot."""
    path = Path(__file__).with_name(_SNAPSHOT)
    checked = parse_prices(path.read_bytes(), path.name)
    assert checked.value is not None, checked.findings
    return checked.value
