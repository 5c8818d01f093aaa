"""The root modules of a stack in a folder, initialized and applied in their order, independent ones side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.terraform import Terraform
from ticketgen.rehearsal.workspace import Workspace
from ticketgen.spec.model import Environment
from ticketgen.stack.roots import RootKind, RootModule, prerequisites, root_modules
from ticketgen.wording import counted

__all__ = ["AppliedRoots", "run_in_order"]

T = TypeVar("T")


def run_in_order(
    order: Mapping[RootModule, Iterable[RootModule]], work: Callable[[RootModule], T], side_by_side: int
) -> Iterator[tuple[RootModule, T]]:
    """Do some work for each root module, and yield it with the result as soon as it is done.

    Args:
        order: for each root module, those that must be done before.
        work: the work; an exception ends the iteration, without waiting for the work that still runs.
        side_by_side: the number of root modules at a time.
    """
    waiting = TopologicalSorter(order)
    waiting.prepare()
    pool = ThreadPoolExecutor(side_by_side)
    running: dict[Future[T], RootModule] = {}
    try:
        while waiting.is_active():
            for root in waiting.get_ready():
                running[pool.submit(work, root)] = root
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                root = running.pop(future)
                yield root, future.result()
                waiting.done(root)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class AppliedRoots:
    """The root modules of one stack.

    Args:
        binary: `terraform` or `tofu`.
        folder: the stack's folder.
        environment: the stack's environment in the spec.
        variables: environment variables of every run.
        downloads: additional environment variables of `init`.
        workspace: starts the processes.
        side_by_side: the number of roots that are applied at a time; by default, one for each processor.
    """

    def __init__(
        self,
        binary: str,
        folder: Path,
        environment: Environment,
        variables: Mapping[str, str],
        downloads: Mapping[str, str],
        workspace: Workspace,
        side_by_side: int = 0,
    ) -> None:
        self._folder, self._environment = folder, environment
        self._side_by_side = side_by_side or max(2, os.cpu_count() or 2)
        self._roots = root_modules(environment)
        self._terraform = {
            root: Terraform(
                binary,
                folder / root.path,
                {**variables, "TF_DATA_DIR": str(folder / f".terraform-{root.kind}")},
                downloads,
                workspace,
            )
            for root in self._roots
        }

    def init(self) -> None:
        """Install the providers once for each kind of root, whose roots share the data directory.

        Terraform reads the directory when it plans and applies, and writes it in `init` only.

        Raises:
            TerraformFailed: a provider could not be installed.
        """
        first: dict[RootKind, Path] = {}
        # The primary Region's root modules call every module that others call.
        for root in sorted(self._roots, key=lambda root: root.region != self._environment.primary_region):
            lock = self._folder / root.path / ".terraform.lock.hcl"
            self._terraform[root].use_local_state()
            if root.kind in first:
                if first[root.kind].exists():
                    lock.write_bytes(first[root.kind].read_bytes())
            else:
                self._terraform[root].init()
                first[root.kind] = lock

    def apply(self, progress: ProgressCallback) -> int:
        """Apply every root and return the number of created resources.

        The processes that still run after an error end with the workspace.

        Raises:
            TerraformFailed: not every resource was created.
        """
        order = {root: prerequisites(root, self._environment) for root in self._roots}
        created = 0

        def apply(root: RootModule) -> int:
            def planned(count: int) -> None:
                progress(f"{root.path}: {counted(count, 'resources')} to create")

            return self._terraform[root].apply(planned)

        done = run_in_order(order, apply, self._side_by_side)
        for applied, (root, resources) in enumerate(done, start=1):
            created += resources
            progress(
                f"{root.path}: {counted(resources, 'resources')} created "
                f"({applied} of {len(self._roots)} root modules)"
            )
        return created

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Return the outputs of each Region's root in `regions/`, by Region."""
        return {
            root.region: self._terraform[root].outputs()
            for root in self._roots
            if root.kind is RootKind.REGIONS
        }
