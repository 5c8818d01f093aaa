"""Break a rendered stack on purpose, and measure how many faults its own unit suite notices.

    python tests/mutation/run_mutants.py STACK [--mutants 700] [--sample 60 --seed 1] [--report FILE]

The share that is noticed is that of the mutants drawn, each operator in its turn. In a full run, every case must notice
some mutant as well: for those that noticed none of the draw, mutants of what their names speak of are tried until they
do. These count for the cases, and not for the share. The report's matrix has what was asked.
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

SHARE = 0.95
"""Of all mutants, survivors that are explained included."""

ROUNDS = (4, 16, 64, 256)
"""How many mutants are tried for each case that noticed none; for those that still have none; and so on."""


def cases_of(stack: Path) -> list[str]:
    """The cases that pass on the stack as it is: what is skipped there speaks of other stacks.

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
    """What a run found: the share, the survivors, the kill matrix and the cases that killed nothing.

    Args:
        mutants: the draw.
        tried: others, for the cases that noticed none of the draw.
        verdict: who noticed what.
        cases: all that have to notice something.
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
    """Tries mutants until each case has noticed one, or none that is near is left.

    Args:
        cases: of the suite.
        mutants: those to try from.
        verdict: of what was asked so far; grows.
        valid: which mutants count.
        ask: which of the waiting cases notice some mutants.

    Returns:
        those tried.
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
    """Runs from the command line; 1 if too few mutants were noticed, or a case noticed none in a full run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("stack", type=Path)
    parser.add_argument("--mutants", type=int, default=700)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    files = read_stack(asked.stack)
    every = list(every_mutant(files))

    def valid(mutant: Mutant) -> bool:
        return is_valid(mutant, files)

    pool = sample(every, 8 * asked.sample, asked.seed) if asked.sample else every
    chosen = choose(pool, asked.sample or asked.mutants, valid)
    print(f"{len(chosen)} mutants of {len(every)}, chosen in {time.monotonic() - began:.0f} s", flush=True)
    cases = [] if asked.sample else cases_of(asked.stack)
    verdict = run(asked.stack, chosen, cases, workers=asked.workers)

    def ask(mutants: Sequence[Mutant], waiting: Sequence[str]) -> Verdict:
        return run(asked.stack, mutants, waiting, others=False, workers=asked.workers)

    found = report(chosen, seek(cases, every, verdict, valid, ask), verdict, cases)
    if asked.report:
        asked.report.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(
        f"{found['killed']} of {found['mutants']} noticed: {found['share']:.1%}, in {time.monotonic() - began:.0f} s"
    )
    for survivor in found["survivors"]:
        print("  survived:", survivor)
    for case in found["idle"]:
        print("  noticed nothing:", case)
    return int(found["share"] < SHARE or bool(found["idle"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
