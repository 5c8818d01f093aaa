"""Check an account before the first apply. It only reads.

    python preflight.py

It compares what the stack needs with what the account has, in all Regions at once: service
quotas, enabled Regions, availability zones, engine versions, API Gateway's role for logs,
names that are taken, the state's bucket, and the rights of the caller. Each result is `ok`,
`problem`, or `unknown` with the reason. Resources of this stack that exist already are no
problem, so the script can be repeated at any time.

It does not see what other workloads in the account use of a quota, service control
policies with conditions, or whether a Region has capacity.

Exit codes: 0 no problems, 1 problems, 2 usage error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from console import Stack, options, run
from account_checks import check_account
from checking import OK, PROBLEM, UNKNOWN, Result
from region_checks import check_region

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; see its help."""
    parser = options(__doc__, writes=False)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json is for programs")
    return run(_work, parser, arguments)


def _work(stack: Stack, chosen: argparse.Namespace) -> int:
    with ThreadPoolExecutor(len(stack.regions) + 1) as pool:
        account = pool.submit(check_account, stack)
        regions = [pool.submit(check_region, stack, region) for region in stack.regions]
        results = [*account.result(), *(result for region in regions for result in region.result())]
    counts = Counter(result.status for result in results)
    totals = {status: counts[status] for status in (PROBLEM, UNKNOWN, OK)}
    if chosen.format == "json":
        print(json.dumps({"counts": totals, "results": [asdict(result) for result in results]}, indent=2))
    else:
        _print(results)
        print("\n" + ", ".join(f"{status}: {count}" for status, count in totals.items()))
    return 1 if counts[PROBLEM] else 0


def _print(results: Sequence[Result]) -> None:
    rows = [(result.status, result.region or "account", result.check, result.text) for result in results]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        start = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        print(f"{start}  {row[3]}")


if __name__ == "__main__":
    sys.exit(main())
