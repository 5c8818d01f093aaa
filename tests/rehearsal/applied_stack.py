"""A stack on the emulated AWS: rendered, applied, changed and destroyed by the real Terraform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from stacks import rendered

from terraform_tool import Terraform
from ticketgen.rehearsal.applied_stack import AppliedStack as Deployment
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.root_modules import run_in_order
from ticketgen.rehearsal.terraform import PARALLELISM
from ticketgen.spec.model import Environment
from ticketgen.stack.roots import RootKind, RootModule, prerequisites, root_modules

__all__ = ["AppliedStack", "Growth", "left_over"]

T = TypeVar("T", Counter[str], set[tuple[str, str]])

Change = tuple[str, str]
"""The path of a root module and an address or `output.NAME` in it, and the action: `create`, `update`, `delete`,
`replace`."""

MAX_SUITE_SECONDS = 1800
"""The suite of twelve Regions may take."""

MAX_MAKE_SECONDS = 2400
"""The Makefile may take, on the root modules of twelve Regions."""


@dataclass
class Growth:
    """The time, memory and processes of a run of Terraform.

    Attributes:
        seconds: elapsed time.
        memory_mib: the peak of Terraform and its providers together, with shared pages counted once.
        processes: the number of processes at that moment.
    """

    seconds: float = 0.0
    memory_mib: float = 0.0
    processes: int = 0


@dataclass
class AppliedStack:
    """A working folder with the root modules of a stack, and the AWS that they are applied to.

    Attributes:
        side_by_side: the number of root modules that Terraform works on at a time.
        environment: the environment that was rendered last.
        variables: environment variables of each run of Terraform.
        latest: the measurements of the last run.
    """

    terraform: Terraform
    aws: EmulatedAws
    folder: Path
    side_by_side: int = 2
    environment: Environment | None = None
    variables: dict[str, str] = field(default_factory=dict)
    latest: Growth = field(default_factory=Growth)

    @property
    def roots(self) -> tuple[RootModule, ...]:
        """The root modules, in their order."""
        assert self.environment is not None
        return root_modules(self.environment)

    def render(self, environment: Environment) -> None:
        """Replace the files by the environment's stack, and initialize every root module."""
        for file in self.folder.rglob("*.tf"):
            file.unlink()
        for path, text in rendered(environment).items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        self.initialize(environment)

    def initialize(self, environment: Environment) -> None:
        """Initialize every root module of the environment's stack, which is in the folder.

        The root modules of a kind share their data folder, which only `init` writes.
        """
        self.environment = environment
        first: dict[RootKind, Path] = {}
        # The primary Region's root modules call every module that others call.
        for root in sorted(self.roots, key=lambda root: root.region != environment.primary_region):
            folder = self.folder / root.path
            if root.kind in first:
                shutil.copyfile(first[root.kind] / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
                if not (folder / ".terraform").exists():
                    (folder / ".terraform").symlink_to(first[root.kind] / ".terraform")
                continue
            done = self.terraform.init(folder)
            assert done.returncode == 0, done.stderr
            first[root.kind] = folder

    def make(self, *arguments: str) -> str:
        """Run the stack's Makefile, as its owner would, and return what it prints.

        Each root module gets a data folder of its own, because the Makefile initializes each.
        """
        for link in self.folder.glob("*/*/.terraform"):
            if link.is_symlink():
                shared = link.resolve()
                link.unlink()
                shutil.copytree(shared, link, symlinks=True)
        began = time.monotonic()
        done = subprocess.run(
            ["make", "-C", str(self.folder), f"TERRAFORM={self.terraform.binary}", *arguments],
            env=isolated_environment(self.terraform.environment, self.aws.variables) | self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MAX_MAKE_SECONDS,
            check=False,
        )
        self.latest = Growth(round(time.monotonic() - began, 1))
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def apply(self, *only: RootModule) -> Counter[str]:
        """Apply; return the numbers of created, updated and deleted resources."""
        return self._in_order(
            lambda root: Counter(
                event["hook"]["action"]
                for event in self._events(root, "apply", "-auto-approve", "-json", PARALLELISM)
                if event["type"] == "apply_complete" and event["hook"]["action"] != "read"
            ),
            Counter(),
            only,
        )

    def changes(self, *only: RootModule) -> set[Change]:
        """The changes of another plan, including outputs; a root module that cannot be planned fails."""
        return self._in_order(self._changes_of, set(), only)

    def destroy(self, *only: RootModule) -> None:
        """Destroy everything, or only these root modules, each before those that it needs."""
        order = self._order(only)
        reverse = {root: [other for other in order if root in order[other]] for root in order}
        with self._measured():
            for _ in run_in_order(
                reverse, lambda root: self._run(root, "destroy", "-auto-approve", "-json"), self.side_by_side
            ):
                pass

    def forget(self, root: RootModule, address: str) -> None:
        """Remove a resource from a state; it stays in the account."""
        self._run(root, "state", "rm", address)

    def inaccessible_tables(self) -> set[str]:
        """Region and name of each table whose key could not be used at some time while the table existed."""
        arns = [arn.split(":") for arn in self.aws.control("state")["inaccessible"]]
        return {f"{region} {name.removeprefix('table/')}" for _, _, _, region, _, name in arns}

    def outputs(self) -> dict[str, dict[str, Any]]:
        """The outputs' values by name, by the path of the root module."""
        found = {root.path: json.loads(self._run(root, "output", "-json")) for root in self.roots}
        return {
            path: {name: output["value"] for name, output in outputs.items()}
            for path, outputs in found.items()
        }

    def deployment(self) -> Deployment:
        """The APIs, tables and clients of the applied stack."""
        found = self.outputs()
        kind = f"{RootKind.REGIONS}/"
        return Deployment(
            {path.removeprefix(kind): found[path] for path in found if path.startswith(kind)}, self.aws
        )

    def addresses(self) -> set[str]:
        """Every managed resource in the states, after the path of its root module."""
        return {
            f"{root.path}: {line}"
            for root in self.roots
            for line in self._run(root, "state", "list").split()
            if not re.sub(r"module\.[^.]+\.", "", line).startswith("data.")
        }

    def run_integration_suite(self, processes: int = 1) -> subprocess.CompletedProcess[str]:
        """Run the stack's own integration suite on it, as its owner would; most of it is waiting."""
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        if processes > 1:
            command += ["-n", str(processes), "--dist", "worksteal"]
        began = time.monotonic()
        done = subprocess.run(
            [*command, str(self.folder / "tests" / "integration")],
            env=isolated_environment(self.terraform.environment, self.aws.variables),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=MAX_SUITE_SECONDS,
            check=False,
        )
        self.latest = Growth(round(time.monotonic() - began, 1))
        return done

    def _order(self, only: tuple[RootModule, ...]) -> dict[RootModule, list[RootModule]]:
        assert self.environment is not None
        roots = only or self.roots
        return {
            root: [each for each in prerequisites(root, self.environment) if each in roots] for root in roots
        }

    def _in_order(self, work: Callable[[RootModule], T], total: T, only: tuple[RootModule, ...]) -> T:
        with self._measured():
            for _, part in run_in_order(self._order(only), work, self.side_by_side):
                total.update(part)
        return total

    def _changes_of(self, root: RootModule) -> set[Change]:
        events = self._events(root, "plan", "-json", PARALLELISM)
        changes = [
            (event["change"]["resource"]["addr"], event["change"]["action"])
            for event in events
            if event["type"] == "planned_change"
        ]
        outputs = [
            (f"output.{name}", output["action"])
            for event in events
            if event["type"] == "outputs"
            for name, output in event["outputs"].items()
        ]
        return {
            (f"{root.path}: {what}", action)
            for what, action in changes + outputs
            if action not in {"noop", "read"}
        }

    def _events(self, root: RootModule, *arguments: str) -> list[dict[str, Any]]:
        """The events of a run: https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""
        lines = self._run(root, *arguments).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def _run(self, root: RootModule, *arguments: str) -> str:
        environment = isolated_environment(self.terraform.environment, self.aws.variables) | self.variables
        folder = self.folder / root.path
        done = self.terraform.run(folder, *arguments, **environment)
        trouble = [line for line in done.stdout.splitlines() if '"@level":"error"' in line]
        assert done.returncode == 0, "\n".join([root.path, *trouble[:10], done.stderr[-4000:]])
        return done.stdout

    @contextmanager
    def _measured(self) -> Iterator[None]:
        growth, ended = Growth(), threading.Event()
        watch = threading.Thread(target=_watch, args=(os.getpid(), growth, ended), daemon=True)
        watch.start()
        began = time.monotonic()
        yield
        growth.seconds = round(time.monotonic() - began, 1)
        ended.set()
        watch.join()
        self.latest = growth


def _watch(root: int, growth: Growth, ended: threading.Event) -> None:
    while not ended.wait(0.5):
        sizes = [_memory_mib(process) for process in _below(root)]
        if sum(sizes) > growth.memory_mib:
            growth.memory_mib, growth.processes = round(sum(sizes)), len(sizes)


def _below(root: int) -> list[int]:
    """Terraform's processes among our descendants (Linux; none elsewhere)."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().partition(") ")
        except OSError:
            continue
        children.setdefault(int(rest.split()[1]), []).append(int(name.split()[0]))
    found, queue = [], [root]
    while queue:
        for child in children.get(queue.pop(), ()):
            queue.append(child)
            try:
                command = Path(f"/proc/{child}/comm").read_text()
            except OSError:
                continue
            if command.startswith(("terraform", "tofu")):
                found.append(child)
    return found


def _memory_mib(process: int) -> float:
    """Its proportional set size, which counts pages that the providers share once."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def left_over(aws: EmulatedAws, regions: tuple[str, ...], part: str) -> list[str]:
    """Whatever has a name with that part in it, in the services that we use."""
    listings: tuple[tuple[str, str, str], ...] = (
        ("dynamodb", "list_tables", "TableNames"),
        ("lambda", "list_functions", "Functions"),
        ("kinesis", "list_streams", "StreamNames"),
        ("sqs", "list_queues", "QueueUrls"),
        ("sns", "list_topics", "Topics"),
        ("logs", "describe_log_groups", "logGroups"),
        ("stepfunctions", "list_state_machines", "stateMachines"),
        ("events", "list_rules", "Rules"),
        ("apigateway", "get_rest_apis", "items"),
        ("elasticache", "describe_replication_groups", "ReplicationGroups"),
        ("elasticache", "describe_users", "Users"),
        ("elasticache", "describe_user_groups", "UserGroups"),
        ("rds", "describe_db_clusters", "DBClusters"),
        ("rds", "describe_db_instances", "DBInstances"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("cloudwatch", "list_dashboards", "DashboardEntries"),
        ("ec2", "describe_vpcs", "Vpcs"),
        ("ec2", "describe_security_groups", "SecurityGroups"),
        ("kms", "list_aliases", "Aliases"),
        ("iam", "list_roles", "Roles"),
        ("lambda", "list_event_source_mappings", "EventSourceMappings"),
    )
    found = []
    for region in regions:
        for service, action, key in listings:
            client = aws.client(service, region)
            for thing in getattr(client, action)().get(key, ()):
                if part in json.dumps(thing, default=str):
                    found.append(f"{region} {service}: {thing}")
    return found
