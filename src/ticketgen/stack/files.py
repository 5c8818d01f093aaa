"""Which files a stack consists of. Suites and checks name files from this list, never by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ticketgen.spec.model import Environment

__all__ = ["FILES", "StackFile", "stack_files"]


def _always(_: Environment) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class StackFile:
    """One rendered file.

    Attributes:
        path: below the environment's folder, with forward slashes.
        wanted: whether an environment has it.
        template: below ``templates/stack``; by default, at the same path.
    """

    path: str
    wanted: Callable[[Environment], bool] = _always
    template: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", self.template or f"{self.path}.j2")

    @property
    def module(self) -> str:
        """The module it belongs to: ``region``, ``analytics``, ``verification``, or ``root``."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "modules" else "root"


MODULES = ("region", "analytics", "verification")

FILES = (
    StackFile("provider.tf"),
    StackFile("variables.tf"),
    StackFile("tables.tf"),
    StackFile("functions.tf"),
    StackFile("roles.tf"),
    StackFile("identity.tf", lambda environment: environment.api.auth == "cognito"),
    StackFile("regions.tf"),
    StackFile("analytics.tf"),
    StackFile("verification.tf"),
    StackFile("outputs.tf"),
    StackFile(".tflint.hcl", template="tflint.hcl.j2"),
    *(StackFile(f"modules/{module}/versions.tf", template="modules/versions.tf.j2") for module in MODULES),
    StackFile("modules/region/variables.tf"),
    StackFile("modules/region/encryption.tf"),
    StackFile("modules/region/network.tf"),
    StackFile("modules/region/cache.tf"),
    StackFile("modules/region/locks.tf"),
    StackFile("modules/region/functions.tf"),
    StackFile("modules/region/streams.tf"),
    StackFile("modules/region/api.tf"),
    StackFile("modules/region/domain.tf", lambda environment: environment.api.domain is not None),
    StackFile("modules/region/alarms.tf"),
    StackFile("modules/region/outputs.tf"),
    StackFile("modules/analytics/variables.tf"),
    StackFile("modules/analytics/kinesis.tf"),
    StackFile("modules/analytics/functions.tf"),
    StackFile("modules/analytics/aurora.tf"),
    StackFile("modules/analytics/alarms.tf"),
    StackFile("modules/analytics/outputs.tf"),
    StackFile("modules/verification/variables.tf"),
    StackFile("modules/verification/state_machines.tf"),
    StackFile("modules/verification/functions.tf"),
    StackFile("modules/verification/refunds.tf"),
    StackFile(
        "modules/verification/timestream.tf", lambda environment: environment.audit.store == "timestream"
    ),
    StackFile("modules/verification/alarms.tf"),
    StackFile("modules/verification/outputs.tf"),
)


def stack_files(environment: Environment) -> tuple[StackFile, ...]:
    """The files of an environment's stack, in the order in which one would read them."""
    return tuple(file for file in FILES if file.wanted(environment))
