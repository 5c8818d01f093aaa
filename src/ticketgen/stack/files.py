"""List of the files of a stack, including its suites.

It is the single source for rendering, suites and checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule, admits_buyers, always, uses_timestream
from ticketgen.stack.moved_addresses import changed_places
from ticketgen.stack.operations import PARTS, QUEUE_SCRIPT, QUEUE_SHARED, SCRIPTS, SHARED
from ticketgen.stack.roots import RootKind, RootModule, retired_roots, root_modules

__all__ = ["StackFile", "stack_files"]


@dataclass(frozen=True, slots=True)
class StackFile:
    """One rendered file.

    Attributes:
        path: its path below the environment's folder, with forward slashes.
        wanted: whether an environment has the file.
        template: its template's path below ``templates``; by default, the same path in ``stack``. A file that does
            not end with ``.j2`` is copied unchanged.
        root: the root module that it is part of, if any.
        function: the name of the function that it is about, if it is about one.
    """

    path: str
    wanted: Callable[[Environment], bool] = always
    template: str = ""
    root: RootModule | None = None
    function: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", self.template or f"stack/{self.path}.j2")

    @property
    def module(self) -> str:
        """The file's Terraform module, such as ``region``; "" in a root module or elsewhere."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "modules" else ""


@dataclass(frozen=True, slots=True)
class _RootFile:
    """A file of root modules.

    Attributes:
        name: of the file in its root module.
        kinds: of the root modules that have it.
        wanted: whether a root module of an environment has it.
        template: its template below ``templates/stack``, without ``.j2``; by default, its kind's own.
    """

    name: str
    kinds: tuple[RootKind, ...]
    wanted: Callable[[Environment, RootModule], bool] = lambda environment, root: True
    template: str = ""

    def in_root(self, root: RootModule) -> StackFile:
        """The file in one root module."""
        template = self.template or f"{root.kind}/{self.name}"
        return StackFile(f"{root.path}/{self.name}", template=f"stack/{template}.j2", root=root)


def _cognito(environment: Environment) -> bool:
    return environment.api.auth == "cognito"


def _domain(environment: Environment) -> bool:
    return environment.api.domain is not None


def _cors(environment: Environment) -> bool:
    return environment.api.cors is not None


def _has_script(script: str) -> Callable[[Environment], bool]:
    return admits_buyers if script == QUEUE_SCRIPT else always


def _suite(path: str, wanted: Callable[[Environment], bool] = always) -> StackFile:
    """A file of the suites: plain Python that is copied, except the spec's demands."""
    return StackFile(f"tests/{path.removesuffix('.j2')}", wanted, f"suites/{path}")


_SUPPORT = (
    "__init__", "answers", "aurora", "blocks", "cloud", "code", "dynamodb", "events", "expressions", "functions", "iam",
    "live", "machines", "pms_server", "places", "redis_server", "sales", "secrets", "stack", "values",
    "verifying",
)  # fmt: skip
_UNIT = (
    "alarms", "analytics", "api", "buyer_limit", "cache", "correcting", "due_events", "encryption", "final_answers",
    "functions", "gateway_responses", "items_by_hand", "names", "network", "outputs", "providers", "regions", "roles",
    "sales_database", "sales_writer", "seat_maps", "selling", "state_machines", "streams", "tables", "verifying",
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
    *(_suite(f"load/{name}") for name in ("locustfile.py", "requirements.txt")),
    _suite("integration/test_live_cors.py", _cors),
    _suite("unit/test_cors.py", _cors),
    _suite("unit/test_domain.py", _domain),
    _suite("unit/test_identity.py", _cognito),
    _suite("unit/test_queue.py", admits_buyers),
    _suite("unit/test_timestream.py", uses_timestream),
)


def _has_bucket(environment: Environment, root: RootModule) -> bool:
    return environment.state.bucket is not None


def _has_identity(environment: Environment, root: RootModule) -> bool:
    return _cognito(environment) and root.region == environment.primary_region


def _has_domain(environment: Environment, root: RootModule) -> bool:
    return _domain(environment)


def _is_live(environment: Environment, root: RootModule) -> bool:
    return not root.retired


def _is_primary(environment: Environment, root: RootModule) -> bool:
    return root.region == environment.primary_region and not root.retired


_EVERY_ROOT = tuple(RootKind)
_MOVED_IN_ROOTS, _MOVED_IN_MODULES = changed_places()
_MOVED = "modules/moved.tf"

_ROOT_FILES = (
    _RootFile("provider.tf", _EVERY_ROOT, template="roots/provider.tf"),
    _RootFile("variables.tf", _EVERY_ROOT, template="roots/variables.tf"),
    _RootFile("backend.hcl", _EVERY_ROOT, _has_bucket, "roots/backend.hcl"),
    _RootFile("roles.tf", (RootKind.GLOBAL,)),
    _RootFile("domain.tf", (RootKind.GLOBAL,), _has_domain),
    _RootFile("main.tf", (RootKind.DATA, RootKind.REGIONS)),
    _RootFile("identity.tf", (RootKind.DATA,), _has_identity),
    _RootFile("outputs.tf", _EVERY_ROOT),
    _RootFile("moved.tf", tuple(_MOVED_IN_ROOTS), template=_MOVED),
    *(
        _RootFile(f"tests/{kind}.tftest.hcl", (kind,), _is_live, f"tests/{kind}.tftest.hcl")
        for kind in RootKind
    ),
    *(
        _RootFile(
            f"tests/{module}.tftest.hcl", (RootKind.REGIONS,), _is_primary, f"tests/{module}.tftest.hcl"
        )
        for module in FunctionModule
    ),
    _RootFile("tests/expected.json", _EVERY_ROOT, _is_live, "tests/expected.json"),
)

_SHARED_FILES = (
    StackFile("Makefile"),
    StackFile(".tflint.hcl", template="stack/tflint.hcl.j2"),
    *(
        StackFile(
            f"modules/code/{name}.tf", function.wanted, "stack/modules/code/function.tf.j2", function=name
        )
        for name, function in FUNCTIONS.items()
    ),
    *(StackFile(f"modules/code/{name}.tf") for name in ("shared", "outputs", "versions")),
    *(
        StackFile(f"modules/{module}/versions.tf", template="stack/modules/versions.tf.j2")
        for module in ("data", *FunctionModule)
    ),
    *(
        StackFile(f"modules/{module}/functions.tf", template="stack/modules/functions.tf.j2")
        for module in FunctionModule
    ),
    *(
        StackFile(f"modules/data/{name}.tf")
        for name in ("variables", "encryption", "locks", "tables", "replicas", "outputs")
    ),
    *(
        StackFile(f"modules/region/{name}.tf")
        for name in (
            "variables",
            "network",
            "cache",
            "streams",
            "api",
            "gateway_responses",
            "alarms",
            "outputs",
        )
    ),
    StackFile("modules/region/cors.tf", _cors),
    StackFile("modules/region/domain.tf", _domain),
    *(
        StackFile(f"modules/analytics/{name}.tf")
        for name in ("variables", "kinesis", "aurora", "writer", "alarms", "outputs")
    ),
    *(
        StackFile(f"modules/verification/{name}.tf")
        for name in ("variables", "state_machines", "refunds", "alarms", "outputs")
    ),
    StackFile("modules/verification/timestream.tf", uses_timestream),
    *(StackFile(f"modules/{module}/moved.tf", template=f"stack/{_MOVED}.j2") for module in _MOVED_IN_MODULES),
    *_SUITES,
    StackFile("tests/mocks/aws.tfmock.hcl", template="stack/tests/aws.tfmock.hcl.j2"),
    StackFile("ops/terraform.sh", template="ops/terraform.sh"),
    StackFile("ops/README.md"),
    StackFile("ops/policy.json"),
    StackFile("ops/preflight_policy.json"),
    StackFile("ops/stack.json"),
    *(
        StackFile(f"ops/{script}.py", _has_script(script), f"ops/{script}.py")
        for script in (*SCRIPTS, *PARTS)
    ),
    *(StackFile(f"ops/{module}.py", template=f"functions/{module}.py") for module in SHARED),
    *(StackFile(f"ops/{module}.py", admits_buyers, f"functions/{module}.py") for module in QUEUE_SHARED),
)


def stack_files(environment: Environment) -> tuple[StackFile, ...]:
    """The files of an environment's stack, in reading order."""
    return (*_root_files(environment), *(file for file in _SHARED_FILES if file.wanted(environment)))


def _root_files(environment: Environment) -> Iterator[StackFile]:
    for root in (*root_modules(environment), *retired_roots(environment)):
        for file in _ROOT_FILES:
            if root.kind in file.kinds and file.wanted(environment, root):
                yield file.in_root(root)
