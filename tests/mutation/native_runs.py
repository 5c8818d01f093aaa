"""Run the native tests of a stack on mutants of its HCL, and record which runs notice each.

A mutant in a root module is judged by that root module's tests, and one in a module by one root module of each kind
that calls it. Only the runs that can see the mutant are run, the most likely one first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from breaker import Verdict
from mutants import Mutant

__all__ = ["native_runs_of", "run_native", "sees"]

_RUN = re.compile(r'(?m)^run "(\w+)" \{')
_TIMEOUT_S = 600
"""The largest run takes 40 s on an idle core."""

Suite = dict[str, dict[str, str]]
"""The text of each run, by the folder of its root module and its name; the name "" has the mocked provider."""


def native_runs_of(stack: Path) -> Suite:
    """The native tests of the root modules; of those whose tests differ only in the Region, all are returned."""
    found: Suite = {}
    for path in sorted(stack.glob("**/*.tftest.hcl")):
        head, *parts = _RUN.split(path.read_text("utf-8"))
        root = path.parent.parent.relative_to(stack).as_posix()
        found[root] = {
            "": head,
            **{n: f'run "{n}" {{{body}' for n, body in zip(parts[::2], parts[1::2], strict=True)},
        }
    return found


def sees(suite: Suite, mutant: Mutant) -> list[tuple[str, str]]:
    """The root modules and runs that can see a mutant, the most likely first."""
    parts = mutant.path.split("/")
    if parts[0] != "modules":
        root = mutant.path.rpartition("/")[0]
        return [(root, run) for run in suite.get(root, {}) if run]
    module = f'source = "../../modules/{parts[1]}"'
    found = [(root, run) for root, runs in suite.items() for run, text in runs.items() if module in text]
    # The replicas are alike, apart from the audit trail, which the second Region has: two of them say it all.
    found = sorted(found, key=lambda one: len(suite[one[0]][one[1]]), reverse=True)[:3]
    if parts[1] != "data":
        largest = max(
            (root for root in suite if root.startswith("regions/")), key=lambda root: len(suite[root])
        )
        found.append((largest, "root"))
    return found


def run_native(stack: Path, mutants: Sequence[Mutant], workers: int = 2) -> Verdict:
    """Find a run that notices each mutant.

    Args:
        stack: a rendered stack, which is not changed.
        mutants: the changes of copies of it.
        workers: the number of mutants that are judged at the same time.

    Raises:
        SystemExit: Terraform cannot install the providers.
    """
    suite = native_runs_of(stack)
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies = [Path(folder) / str(number) for number in range(workers)]
        for copy in copies:
            shutil.copytree(stack, copy, ignore=shutil.ignore_patterns(".terraform*", "terraform.tfstate*"))
        plugins = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or Path(folder) / "plugins")
        plugins.mkdir(exist_ok=True)
        needed = {root for mutant in mutants for root, _ in sees(suite, mutant)}
        for root in sorted(needed):
            for copy in copies:  # one after the other, because the plugin cache is not safe otherwise
                done = _terraform(copy / root, plugins, "init", "-backend=false", "-input=false")
                if done.returncode:
                    raise SystemExit(done.stdout + done.stderr)
        shares = [mutants[start::workers] for start in range(workers)]

        def judge(copy: Path, share: Sequence[Mutant]) -> Verdict:
            return _judge(copy, suite, share, lambda root: _terraform(copy / root, plugins, "test"))

        for part in pool.map(judge, copies, shares):
            verdict.update(part)
    return verdict


def _terraform(root: Path, plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TF_PLUGIN_CACHE_DIR": str(plugins), "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run(
        ["terraform", f"-chdir={root}", *arguments, "-no-color"],
        env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip


def _judge(
    copy: Path,
    suite: Suite,
    mutants: Sequence[Mutant],
    test: Callable[[str], subprocess.CompletedProcess[str]],
) -> Verdict:
    verdict = Verdict()
    for mutant in mutants:
        changed = copy / mutant.path
        before = changed.read_text("utf-8")
        changed.write_text(mutant.applied(before), encoding="utf-8")
        noticed = []
        for root, run in sees(suite, mutant):
            file = next((copy / root / "tests").glob("*.tftest.hcl"))
            file.write_text(suite[root][""] + suite[root][run], encoding="utf-8")
            if test(root).returncode:
                noticed = [f"{root} {run}"]
                break
        changed.write_text(before, encoding="utf-8")
        verdict[mutant.name] = noticed
        print(f"{len(noticed):4} {mutant.name}", file=sys.stderr, flush=True)
    return verdict
