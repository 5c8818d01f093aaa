"""Partition keys dealt to partitions by chance, as DynamoDB's hash deals them."""

from __future__ import annotations

import random
from collections import Counter

__all__ = ["busiest"]


def busiest(keys: int, bins: int, chance: random.Random) -> int:
    """The most keys in one bin."""
    return max(Counter(chance.randrange(bins) for _ in range(keys)).values())
