"""List of the files of a stack, including its suites.

It is the single source for rendering, suites and checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ticketgen.spec.model import Environment
from ticketgen.stack.functions.model import FunctionModule, always, uses_timestream
from ticketgen.stack.operations import PARTS, SCRIPTS, SHARED

__all__ = ["FILES", "StackFile", "stack_files"]


@dataclass(frozen=True, slots=True)
class StackFile:
    """One rendered file.

    Attributes:
        path: its path below the environment's folder, with forward slashes.
        wanted: whether an environment has the file.
        template: its template's path below ``templates``; by default, the same path in ``stack``. A file that does
            not end with ``.j2`` is copied unchanged.
    """

    path: str
    wanted: Callable[[Environment], bool] = always
    template: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", self.template or f"stack/{self.path}.j2")

    @property
    def module(self) -> str:
        """The file's Terraform module, such as ``region``, or ``root``."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "modules" else "root"


def _cognito(environment: Environment) -> bool:
    return environment.api.auth == "cognito"


def _domain(environment: Environment) -> bool:
    return environment.api.domain is not None


def _suite(path: str, wanted: Callable[[Environment], bool] = always) -> StackFile:
    """A file of the suites: plain Python that is copied, except the spec's demands."""
    return StackFile(f"tests/{path.removesuffix('.j2')}", wanted, f"suites/{path}")


_SUPPORT = (
    "__init__", "blocks", "cloud", "code", "dynamodb", "expressions", "functions", "iam", "live", "machines",
    "places", "redis_server", "sales", "stack", "values",
)  # fmt: skip
_UNIT = (
    "alarms", "analytics", "api", "cache", "correcting", "encryption", "functions", "names", "network", "outputs",
    "providers", "regions", "roles", "sales_database", "seat_maps", "selling", "state_machines", "streams", "tables",
    "verifying",
)  # fmt: skip
_SUITES = (
    *(_suite(path) for path in ("requirements.txt", "pytest.ini", "conftest.py", "demands.py.j2")),
    *(_suite(f"support/{name}.py") for name in _SUPPORT),
    *(_suite(f"unit/test_{name}.py") for name in _UNIT),
    *(
        _suite(f"integration/{name}.py")
        for name in ("conftest", "test_live_correction", "test_live_resources")
    ),
    _suite("integration/test_live_sales.py"),
    _suite("unit/test_domain.py", _domain),
    _suite("unit/test_identity.py", _cognito),
    _suite("unit/test_timestream.py", uses_timestream),
)


FILES = (
    StackFile("provider.tf"),
    StackFile("variables.tf"),
    StackFile("tables.tf"),
    StackFile("functions.tf"),
    StackFile("roles.tf"),
    StackFile("identity.tf", _cognito),
    StackFile("regions.tf"),
    StackFile("analytics.tf"),
    StackFile("verification.tf"),
    StackFile("outputs.tf"),
    StackFile(".tflint.hcl", template="stack/tflint.hcl.j2"),
    *(
        StackFile(f"modules/{module}/{name}.tf", template=f"stack/modules/{name}.tf.j2")
        for name in ("versions", "functions")
        for module in FunctionModule
    ),
    StackFile("modules/region/variables.tf"),
    StackFile("modules/region/encryption.tf"),
    StackFile("modules/region/network.tf"),
    StackFile("modules/region/cache.tf"),
    StackFile("modules/region/locks.tf"),
    StackFile("modules/region/streams.tf"),
    StackFile("modules/region/api.tf"),
    StackFile("modules/region/domain.tf", _domain),
    StackFile("modules/region/alarms.tf"),
    StackFile("modules/region/outputs.tf"),
    StackFile("modules/analytics/variables.tf"),
    StackFile("modules/analytics/kinesis.tf"),
    StackFile("modules/analytics/aurora.tf"),
    StackFile("modules/analytics/alarms.tf"),
    StackFile("modules/analytics/outputs.tf"),
    StackFile("modules/verification/variables.tf"),
    StackFile("modules/verification/state_machines.tf"),
    StackFile("modules/verification/refunds.tf"),
    StackFile("modules/verification/timestream.tf", uses_timestream),
    StackFile("modules/verification/alarms.tf"),
    StackFile("modules/verification/outputs.tf"),
    *_SUITES,
    StackFile("ops/README.md"),
    StackFile("ops/policy.json"),
    StackFile("ops/stack.json"),
    *(StackFile(f"ops/{script}.py", template=f"ops/{script}.py") for script in (*SCRIPTS, *PARTS)),
    *(StackFile(f"ops/{module}.py", template=f"functions/{module}.py") for module in SHARED),
)


def stack_files(environment: Environment) -> tuple[StackFile, ...]:
    """The files of an environment's stack, in reading order."""
    return tuple(file for file in FILES if file.wanted(environment))
