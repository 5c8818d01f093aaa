"""Break a rendered stack on purpose, and measure how many faults its own unit suite notices.

    python tests/mutation/run_mutants.py STACK [--mutants 700] [--sample 60 --seed 1] [--report FILE] [--native]

The share counts the mutants of the draw, which takes the operators in turn. In a full run, every case must also notice
a mutant: for a case that noticed none of the draw, mutants of what its name mentions are tried until it notices one.
These count for the case, but not for the share. The matrix of the report has only the combinations that ran.

With --native, the stack's tests for ``terraform test`` judge mutants of its HCL instead; no run must notice one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from breaker import Verdict, run
from mutants import Mutant, choose, every_mutant, is_valid, nearest, read_stack, sample
from native_runs import native_runs_of, run_native, sees

SHARE = 0.95
"""The minimum share of noticed mutants; explained survivors count as missed."""

NATIVE_SHARE = 0.8
"""The same for the native tests, which see neither the functions' code nor which resource of a type an ARN means."""

ROUNDS = (4, 16, 64, 256)
"""The number of mutants tried per case that noticed none, in each round."""


def cases_of(stack: Path) -> list[str]:
    """The cases that pass on the unchanged stack; skipped ones are about other stacks.

    Raises:
        SystemExit: a case fails before anything is broken.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-rp", "-p", "no:cacheprovider", f"{stack}/tests/unit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-4000:] + "\nThe suite fails on the stack as it is.")
    return [line.partition("unit/")[2] for line in done.stdout.splitlines() if line.startswith("PASSED ")]


def idle(cases: Sequence[str], verdict: Verdict) -> list[str]:
    """The cases that noticed nothing."""
    return sorted(set(cases).difference(*verdict.values()))


def report(
    mutants: Sequence[Mutant], tried: Sequence[Mutant], verdict: Verdict, cases: Sequence[str]
) -> dict[str, Any]:
    """The result of a run: the share, the survivors, the kill matrix and the cases that killed nothing.

    Args:
        mutants: the draw.
        tried: further mutants, for the cases that noticed none of the draw.
        verdict: the cases that noticed each mutant.
        cases: all cases that must notice a mutant.
    """
    survivors = [mutant for mutant in mutants if not verdict[mutant.name]]
    matrix = [*mutants, *(mutant for mutant in tried if verdict.get(mutant.name))]
    by_case: dict[str, list[int]] = defaultdict(list)
    for number, mutant in enumerate(matrix):
        for case in verdict[mutant.name]:
            by_case[case].append(number)
    return {
        "mutants": len(mutants),
        "killed": len(mutants) - len(survivors),
        "share": round(1 - len(survivors) / len(mutants), 4),
        "operators": {
            operator: {"mutants": count, "killed": count - sum(m.operator == operator for m in survivors)}
            for operator, count in sorted(Counter(mutant.operator for mutant in mutants).items())
        },
        "survivors": [mutant.name for mutant in survivors],
        "tried_for_idle_cases": len(tried),
        "idle": idle(cases, verdict),
        "names": [mutant.name for mutant in matrix],
        "kills": dict(sorted(by_case.items())),
    }


def seek(
    cases: Sequence[str],
    mutants: Sequence[Mutant],
    verdict: Verdict,
    valid: Callable[[Mutant], bool],
    ask: Callable[[Sequence[Mutant], Sequence[str]], Verdict],
) -> list[Mutant]:
    """Try mutants until each case has noticed one, or no near mutant is left.

    Args:
        cases: the cases of the suite.
        mutants: the mutants to choose from.
        verdict: the results so far; new ones are added.
        valid: whether a mutant counts.
        ask: runs waiting cases on some mutants.

    Returns:
        The mutants that were tried.
    """
    tried: list[Mutant] = []
    for most in ROUNDS:
        waiting = idle(cases, verdict)
        left = [mutant for mutant in mutants if mutant.name not in verdict]
        round_ = [mutant for mutant in nearest(waiting, left, most) if valid(mutant)]
        if not round_:
            break
        verdict.update(ask(round_, waiting))
        tried += round_
        print(
            f"{len(round_)} more for {len(waiting)} cases: {len(idle(cases, verdict))} still wait", flush=True
        )
    return tried


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; 1 if too few mutants were noticed, or a case noticed none in a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("stack", type=Path)
    parser.add_argument("--mutants", type=int, default=700)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--native", action="store_true")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    files = read_stack(options.stack)
    every = list(every_mutant(files))
    if options.native:
        suite = native_runs_of(options.stack)
        every = [mutant for mutant in every if not mutant.module and sees(suite, mutant)]

    def valid(mutant: Mutant) -> bool:
        return is_valid(mutant, files)

    pool = sample(every, 8 * options.sample, options.seed) if options.sample else every
    chosen = choose(pool, options.sample or options.mutants, valid)
    print(f"{len(chosen)} mutants of {len(every)}, chosen in {time.monotonic() - began:.0f} s", flush=True)
    cases = [] if options.sample or options.native else cases_of(options.stack)
    if options.native:
        verdict = run_native(options.stack, chosen, options.workers)
    else:
        verdict = run(options.stack, chosen, cases, workers=options.workers)

    def ask(mutants: Sequence[Mutant], waiting: Sequence[str]) -> Verdict:
        return run(options.stack, mutants, waiting, others=False, workers=options.workers)

    found = report(chosen, seek(cases, every, verdict, valid, ask), verdict, cases)
    if options.report:
        options.report.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(
        f"{found['killed']} of {found['mutants']} noticed: {found['share']:.1%}, in {time.monotonic() - began:.0f} s"
    )
    for survivor in found["survivors"]:
        print("  survived:", survivor)
    for case in found["idle"]:
        print("  noticed nothing:", case)
    least = NATIVE_SHARE if options.native else SHARE
    return int(found["share"] < least or bool(found["idle"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
