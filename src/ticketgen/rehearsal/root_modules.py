"""The root modules of a stack in a folder, initialized and applied in their order, independent ones side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.terraform import Terraform
from ticketgen.rehearsal.workspace import Workspace
from ticketgen.spec.model import Environment
from ticketgen.stack.roots import RootKind, RootModule, prerequisites, root_modules
from ticketgen.wording import counted

__all__ = ["AppliedRoots"]


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
        for root in self._roots:
            lock = self._folder / root.path / ".terraform.lock.hcl"
            self._terraform[root].use_local_state()
            if root.kind in first:
                lock.write_bytes(first[root.kind].read_bytes())
            else:
                self._terraform[root].init()
                first[root.kind] = lock

    def apply(self, progress: ProgressCallback) -> int:
        """Apply every root and return the number of created resources.

        Raises:
            TerraformFailed: not every resource was created.
        """
        order = TopologicalSorter({root: prerequisites(root, self._environment) for root in self._roots})
        order.prepare()
        created = applied = 0
        pool = ThreadPoolExecutor(self._side_by_side)
        running: dict[Future[int], RootModule] = {}
        try:
            while order.is_active():
                for root in order.get_ready():
                    running[pool.submit(self._terraform[root].apply)] = root
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    root = running.pop(future)
                    resources = future.result()
                    created, applied = created + resources, applied + 1
                    progress(
                        f"{root.path}: {counted(resources, 'resources')} created "
                        f"({applied} of {len(self._roots)} root modules)"
                    )
                    order.done(root)
        finally:
            # After an error, the workspace ends the processes that still run.
            pool.shutdown(wait=False, cancel_futures=True)
        return created

    def outputs(self) -> dict[str, dict[str, Any]]:
        """Return the outputs of each Region's root in `regions/`, by Region."""
        return {
            root.region: self._terraform[root].outputs()
            for root in self._roots
            if root.kind is RootKind.REGIONS
        }
