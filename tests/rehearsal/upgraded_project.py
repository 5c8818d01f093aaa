"""A project that an earlier version rendered and applied to an emulated AWS, to be upgraded."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from applied_stack import AppliedStack, Change
from project_tools import run

from ticketgen.pipeline import read_project
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.terraform import PARALLELISM

__all__ = ["NAME", "STATEFUL", "UpgradedProject", "addresses_of"]

FIXTURES: Final = Path(__file__).parents[1] / "upgrades"
NAME: Final = "plain"

STATEFUL: Final = (
    "aws_cloudwatch_log_group.", "aws_cognito_user_pool.", "aws_dynamodb_table.", "aws_dynamodb_table_replica.",
    "aws_elasticache_replication_group.", "aws_kinesis_stream.", "aws_kms_key.", "aws_rds_cluster.",
    "aws_rds_cluster_instance.", "aws_sqs_queue.", "aws_timestreamwrite_table.",
)  # fmt: skip
"""What holds data, or encrypts it."""


class UpgradedProject:
    """A project with one environment, whose stack is that of an applied stack.

    Args:
        applied: the stack, with nothing in its folder.
        version: the earlier version, a fixture of `tests/upgrades`.
    """

    def __init__(self, applied: AppliedStack, version: str) -> None:
        self.applied, self.folder = applied, applied.folder.parents[1]
        spec = (FIXTURES / "old.yaml").read_text("utf-8")
        head, _, environments = spec.partition("environments:\n")
        lines = environments.splitlines(keepends=True)
        begin = lines.index(f"  {NAME}:\n")
        own = [lines[begin], *(line for line in lines[begin + 1 : begin + 4])]
        self.spec = self.folder / "ticketgen.yaml"
        self.spec.write_text(f"{head}environments:\n{''.join(own)}", encoding="utf-8")
        applied.aws.control("pause")  # no background work while Terraform runs: it needs the cores
        self.unpack(version)

    def unpack(self, version: str) -> None:
        """Replace the stack by the one that a version rendered."""
        for file in self.applied.folder.rglob("*.tf"):
            file.unlink()
        with tarfile.open(FIXTURES / "stacks" / f"{version}.tar.xz") as archive:
            archive.extractall(self.applied.folder, filter="data")

    def ticketgen(self, *arguments: str) -> str:
        """Run a command of ticketgen, and return what it prints."""
        done = run(*arguments, "--env", NAME, "--spec", str(self.spec))
        assert done.exit_code == 0, done.output
        return done.output

    def initialize(self) -> None:
        """Initialize the root modules."""
        project = read_project(self.spec).value
        assert project is not None
        (environment,) = project.environments
        self.applied.initialize(environment)

    def apply_single_root(self) -> None:
        """Apply the stack of a version that had one root module for all Regions."""
        terraform, folder = self.applied.terraform, self.applied.folder
        done = terraform.init(folder)
        assert done.returncode == 0, done.stderr
        done = terraform.run(folder, "apply", "-auto-approve", "-no-color", PARALLELISM, **self._variables())
        assert done.returncode == 0, done.stderr

    def move_states(self) -> str:
        """Run the script of the migration."""
        done = subprocess.run(
            ["sh", "move_states.sh", "--run"],
            cwd=self.folder,
            env=self._variables() | {"TERRAFORM": str(self.applied.terraform.binary)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _variables(self) -> dict[str, str]:
        return isolated_environment(self.applied.terraform.environment, self.applied.aws.variables)


def addresses_of(action: str, changes: Iterable[Change]) -> set[str]:
    """The addresses that a plan changes by an action, without their root modules and modules."""
    return {
        ".".join(what.partition(": ")[2].split(".")[2 if ": module." in what else 0 :])
        for what, done in changes
        if done == action and ": output." not in what
    }
