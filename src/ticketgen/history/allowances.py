"""What a judge of histories does not hold against a system."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Allowances"]


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is not held against a system.

    Attributes:
        quiet: seconds after the answer to `close` in which a sale may still be committed, and after a refund in which
            an answer may still have its seat.
        skew: seconds by which two clocks may differ.
        ledger: whether the final ledger must be in the history.
    """

    quiet: float = 10.0
    skew: float = 2.0
    ledger: bool = True
