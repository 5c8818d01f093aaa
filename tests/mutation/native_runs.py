"""Run the native tests of a stack on mutants of its HCL, and record which test files notice each.

A mutant in a root module is judged by that root module's tests, and one in a module by one root module of each kind
that calls it. Only the test files that can see the mutant are run, the most likely one first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from breaker import Verdict
from mutants import Mutant

__all__ = ["native_runs_of", "run_native", "sees"]

_TIMEOUT_S = 600
"""The largest run takes 40 s on an idle core."""

_ROOT = "regions.tftest.hcl"
"""The tests of a root module of regions/, which applies everything in it."""

T = TypeVar("T")

Suite = Mapping[str, Mapping[str, str]]
"""The text of each test file, by the folder of its root module and its name."""


def native_runs_of(stack: Path) -> Suite:
    """The test files of the root modules; of those whose tests differ only in the Region, all are returned."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(stack.glob("**/*.tftest.hcl")):
        root = path.parent.parent.relative_to(stack).as_posix()
        found.setdefault(root, {})[path.name] = path.read_text("utf-8")
    return found


def sees(suite: Suite, mutant: Mutant) -> list[tuple[str, str]]:
    """The root modules and test files that can see a mutant, the most likely first."""
    parts = mutant.path.split("/")
    if parts[0] != "modules":
        root = mutant.path.rpartition("/")[0]
        return [(root, name) for name in suite.get(root, {}) if f"{parts[0]}." in name]
    module = f'source = "../../modules/{parts[1]}"'
    found = [(root, name) for root, files in suite.items() for name, text in files.items() if module in text]
    # The tests of data/ have the same text. The primary Region and one with the audit trail say it all.
    found = found[:2]
    if parts[1] != "data":
        found.append((found[0][0] if found else next(root for root in suite if "regions" in root), _ROOT))
    return found


def run_native(stack: Path, mutants: Sequence[Mutant], workers: int = 2) -> Verdict:
    """Find a test file that notices each mutant.

    Args:
        stack: a rendered stack, which is not changed.
        mutants: the changes of copies of it.
        workers: the number of mutants that are judged at the same time.

    Raises:
        SystemExit: Terraform cannot install the providers, or a test fails before anything is broken.
    """
    suite = native_runs_of(stack)
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies = [Path(folder) / str(number) for number in range(workers)]
        for copy in copies:
            shutil.copytree(stack, copy, ignore=shutil.ignore_patterns(".terraform*", "terraform.tfstate*"))
        plugins = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or Path(folder) / "plugins")
        plugins.mkdir(exist_ok=True)
        needed = sorted({run for mutant in mutants for run in sees(suite, mutant)})
        for root in sorted({root for root, _ in needed}):
            for copy in copies:  # one after the other, because the plugin cache is not safe otherwise
                done = _terraform(copy / root, plugins, "init", "-backend=false", "-input=false")
                if done.returncode:
                    raise SystemExit(done.stdout + done.stderr)
        for failure in pool.map(
            lambda copy, runs: _first_failure(copy, runs, plugins), copies, _shares(needed, workers)
        ):
            if failure:
                raise SystemExit(failure + "\nThe native tests fail on the stack as it is.")

        def judge(copy: Path, share: Sequence[Mutant]) -> Verdict:
            return _judge(copy, suite, share, plugins)

        for part in pool.map(judge, copies, _shares(mutants, workers)):
            verdict.update(part)
    return verdict


def _terraform(root: Path, plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TF_PLUGIN_CACHE_DIR": str(plugins), "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run(
        ["terraform", f"-chdir={root}", *arguments, "-no-color"],
        env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip


def _shares(whole: Sequence[T], workers: int) -> list[Sequence[T]]:
    return [whole[start::workers] for start in range(workers)]


def _first_failure(copy: Path, runs: Sequence[tuple[str, str]], plugins: Path) -> str:
    """What Terraform says about the first run that fails; "" if all pass."""
    for root, name in runs:
        done = _test(copy, root, name, plugins)
        if done.returncode:
            return done.stdout + done.stderr
    return ""


def _test(copy: Path, root: str, name: str, plugins: Path) -> subprocess.CompletedProcess[str]:
    return _terraform(copy / root, plugins, "test", f"-filter=tests/{name}")


def _judge(copy: Path, suite: Suite, mutants: Sequence[Mutant], plugins: Path) -> Verdict:
    verdict = Verdict()
    for mutant in mutants:
        changed = copy / mutant.path
        before = changed.read_text("utf-8")
        changed.write_text(mutant.applied(before), encoding="utf-8")
        noticed = []
        for root, name in sees(suite, mutant):
            if _test(copy, root, name, plugins).returncode:
                noticed = [f"{root} {name}"]
                break
        changed.write_text(before, encoding="utf-8")
        verdict[mutant.name] = noticed
        print(f"{len(noticed):4} {mutant.name}", file=sys.stderr, flush=True)
    return verdict
