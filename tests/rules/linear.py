"""Measuring whether work grows in proportion to its input, on a noisy machine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

__all__ = ["best", "grows_faster"]

_NOTICEABLE = 0.05  # seconds; below, noise is larger than what is measured


def best(work: Callable[[], object], rounds: int) -> float:
    """The least processor time of some rounds, in seconds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def grows_faster(make: Callable[[int], Callable[[], object]], sizes: Sequence[int]) -> str:
    """What is wrong if work takes clearly more than in proportion to its size; "" if it does not.

    From one size to four times that size, linear work takes four times as long and quadratic work sixteen times. The
    limit is ten, and a failure is measured again, three times each.

    Args:
        make: prepares the work for a size, which is not measured.
        sizes: growing by four each; the first that takes noticeable time ends the measurement.
    """
    before = best(make(sizes[0]), 1)
    for smaller, size in pairwise(sizes):
        assert size == 4 * smaller
        after = best(make(size), 1)
        if after > _NOTICEABLE:
            if after > 10 * before:
                before, after = best(make(smaller), 3), best(make(size), 3)
            return f"{before:.3f} s for {smaller}, {after:.3f} s for {size}" if after > 10 * before else ""
        before = after
    return ""
