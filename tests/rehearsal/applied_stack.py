"""A stack on the emulated AWS: rendered, applied, changed and destroyed by the real Terraform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks import rendered

from terraform_tool import Terraform
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.terraform import PARALLELISM
from ticketgen.spec.model import Environment

__all__ = ["AppliedStack", "Growth", "left_over"]

Change = tuple[str, str]
"""An address, or `output.NAME`, and the planned action: `create`, `update`, `delete`, `replace`."""

MAX_SUITE_SECONDS = 1800
"""The suite of twelve Regions may take."""


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
    """A working folder, and the AWS that it is applied to.

    Attributes:
        latest: the measurements of the last run.
    """

    terraform: Terraform
    aws: EmulatedAws
    folder: Path
    latest: Growth = field(default_factory=Growth)

    def render(self, environment: Environment) -> None:
        """Replace the files by the environment's stack."""
        for file in self.folder.rglob("*.tf"):
            file.unlink()
        for path, text in rendered(environment).items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        done = self.terraform.init(self.folder)
        assert done.returncode == 0, done.stderr

    def apply(self) -> Counter[str]:
        """Apply the last plan; return the numbers of created, updated and deleted resources."""
        events = self._events("apply", "-json", PARALLELISM, "plan")
        done = Counter(event["hook"]["action"] for event in events if event["type"] == "apply_complete")
        del done["read"]  # data sources
        return done

    def changes(self, refresh: bool = True) -> set[Change]:
        """The changes of another plan, including outputs.

        Args:
            refresh: read the resources from AWS; otherwise trust the earlier plan or apply.
        """
        events = self._events("plan", "-out=plan", "-json", PARALLELISM, f"-refresh={str(refresh).lower()}")
        changes = {
            (event["change"]["resource"]["addr"], event["change"]["action"])
            for event in events
            if event["type"] == "planned_change"
        }
        outputs = {
            (f"output.{name}", output["action"])
            for event in events
            if event["type"] == "outputs"
            for name, output in event["outputs"].items()
        }
        return {(what, action) for what, action in changes | outputs if action not in {"noop", "read"}}

    def destroy(self) -> None:
        """Destroy everything, without a refresh: the plan before has just read it."""
        self._run("destroy", "-auto-approve", "-json", PARALLELISM, "-refresh=false")

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

    def outputs(self) -> dict[str, Any]:
        """The outputs' values, by name."""
        found = json.loads(self._run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}

    def addresses(self) -> set[str]:
        """Every managed resource in the state."""
        listed = self._run("state", "list").split()
        return {line for line in listed if ".data." not in line and not line.startswith("data.")}

    def _events(self, *arguments: str) -> list[dict[str, Any]]:
        """The events of a run: https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""
        lines = self._run(*arguments).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def _run(self, *arguments: str) -> str:
        environment = isolated_environment(self.terraform.environment, self.aws.variables)
        growth, ended = Growth(), threading.Event()
        watch = threading.Thread(target=_watch, args=(os.getpid(), growth, ended), daemon=True)
        watch.start()
        began = time.monotonic()
        done = self.terraform.run(self.folder, *arguments, **environment)
        growth.seconds = round(time.monotonic() - began, 1)
        ended.set()
        watch.join()
        self.latest = growth
        trouble = [line for line in done.stdout.splitlines() if '"@level":"error"' in line]
        assert done.returncode == 0, "\n".join([*trouble[:10], done.stderr[-4000:]])
        return done.stdout


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
