"""Every function has all of its parts; a failure names the part that is missing and the file to add it to."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from functions_cloud import FUNCTIONS_FOLDER
from stacks import SHAPES, environment, rendered, sized

from ticketgen.assets import asset_folder
from ticketgen.pictures import kinds
from ticketgen.pictures.kinds import PATH_OF_FUNCTION
from ticketgen.stack.alarms import alarms_of
from ticketgen.stack.functions import FUNCTIONS, functions_of
from ticketgen.stack.functions.model import FunctionModule, TriggerSource
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS
from ticketgen.stack.operations import SKEW_SECONDS, stack_facts
from ticketgen.stack.roles import roles

TESTS = Path(__file__).parent
MODULES = Path(import_module("ticketgen.stack.functions").__path__[0])

DEFINED = {path.stem for path in MODULES.glob("*.py") if "\nFUNCTION = " in path.read_text("utf-8")}
CODE = {
    path.stem
    for path in FUNCTIONS_FOLDER.glob("*.py")
    if re.search("^def handler", path.read_text("utf-8"), re.M)
}
PATHS = next(name for name, value in vars(kinds).items() if value is PATH_OF_FUNCTION)
NAMES = sorted(DEFINED | CODE | set(FUNCTIONS))

each_function = pytest.mark.parametrize("name", NAMES)
each_registered = pytest.mark.parametrize("name", FUNCTIONS)


@each_function
def test_it_has_code(name: str) -> None:
    assert name in CODE, f"templates/functions/{name}.py is missing, or has no handler"


@each_function
def test_it_has_a_module_that_is_registered(name: str) -> None:
    assert name in DEFINED, f"src/ticketgen/stack/functions/{name}.py is missing, or has no FUNCTION"
    assert name in FUNCTIONS, f"{name} is not in FUNCTIONS of src/ticketgen/stack/functions/__init__.py"


@pytest.fixture(scope="module")
def stack() -> Mapping[str, str]:
    """The files of a stack with every function."""
    return rendered(SHAPES["everything"]())


@each_registered
def test_something_invokes_it(name: str, stack: Mapping[str, str]) -> None:
    function = FUNCTIONS[name]
    files = {
        TriggerSource.API: "modules/region/api.tf",
        TriggerSource.STREAM: r"modules/\w+/(streams|kinesis).tf",
        TriggerSource.STATE_MACHINE: "modules/verification/state_machines.tf",
        TriggerSource.ROTATION: "modules/analytics/writer.tf",
    }
    callers = [
        path
        for path, text in stack.items()
        if re.fullmatch(files[function.trigger.source], path)
        and re.search(rf"\baws_lambda_alias\.{name}\b", text)
    ]
    assert callers, (
        f"{name} is never invoked: refer to it in the template of {files[function.trigger.source]}"
    )


@each_registered
def test_lambda_may_read_its_stream_and_only_a_stream_limits_its_concurrency(name: str) -> None:
    function = FUNCTIONS[name]
    is_consumer = function.trigger.source is TriggerSource.STREAM
    assert bool(function.trigger.polling) == is_consumer, f"the trigger of {name} has the wrong statements"
    assert function.capacity.is_reserved != is_consumer, f"the concurrency of {name} must be reserved"


UNWATCHED = {"PurchaseMs", "SliceAgeRuns"}
"""Metrics that need no alarm, because the spec has no objective for them."""


def emitted(name: str) -> set[str]:
    """The metrics that a function's own module emits."""
    code = (FUNCTIONS_FOLDER / f"{name}.py").read_text("utf-8")
    return {
        str(keyword.arg)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "metrics.emit"
        for keyword in node.keywords
    }


@each_registered
def test_alarms_watch_its_metrics_and_the_lag_of_its_stream(name: str) -> None:
    function = FUNCTIONS[name]
    watched = {alarm.metric.name for alarm in function.alarms(environment())}
    missing = emitted(name) - UNWATCHED - watched
    assert not missing, f"{MODULES.name}/{name}.py has no alarm on {sorted(missing)}"
    is_consumer = function.trigger.source is TriggerSource.STREAM
    lag = {metric for metric in watched if "IteratorAge" in metric}
    assert lag or not is_consumer, f"{MODULES.name}/{name}.py has no alarm on the lag of its stream"


@each_registered
def test_in_the_vpc_it_calls_only_what_the_vpc_reaches(name: str) -> None:
    function = FUNCTIONS[name]
    services = {action.partition(":")[0] for grant in function.grants for action in grant.actions}
    assert not function.in_vpc or services <= {"dynamodb"}, f"{name} reaches only DynamoDB from the VPC"


@each_function
def test_the_suites_have_a_row_for_it(name: str) -> None:
    table = (asset_folder("templates") / "suites" / "support" / "functions.py").read_text("utf-8")
    rows = set(re.findall(r'^ +name="(\w+)",$', table, re.MULTILINE))
    assert name in rows, f"templates/suites/support/functions.py has no row for {name}"


def test_the_suites_have_no_other_row() -> None:
    table = (asset_folder("templates") / "suites" / "support" / "functions.py").read_text("utf-8")
    assert set(re.findall(r'^ +name="(\w+)",$', table, re.MULTILINE)) == set(NAMES)


@each_registered
def test_the_suites_have_a_reason_for_each_of_its_variables(name: str) -> None:
    table = (asset_folder("templates") / "suites" / "support" / "functions.py").read_text("utf-8")
    elsewhere = set(re.findall(r'"(\w+)": TESTED_\w+', table))
    reasons = set(re.findall(r'^    "(\w+)":', table.partition("\nWHY: ")[2], re.MULTILINE))
    missing = FUNCTIONS[name].settings.keys() - elsewhere - reasons
    assert not missing, f"WHY of templates/suites/support/functions.py has no reason for {sorted(missing)}"


@each_function
def test_the_picture_shows_its_path(name: str) -> None:
    assert name in PATH_OF_FUNCTION, f"{PATHS} of src/ticketgen/pictures/kinds.py lacks {name}"


def test_the_picture_knows_no_other_function() -> None:
    assert set(PATH_OF_FUNCTION) == set(NAMES)


@each_function
def test_tests_run_it(name: str) -> None:
    callers = [
        path.name
        for path in TESTS.glob("test_*.py")
        if path.name not in (Path(__file__).name, "test_function_registry.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == name
    ]
    assert callers, f'no test in tests/functions runs {name}: call cloud.function("{name}")'


@each_function
def test_a_test_compares_its_grants_with_its_calls(name: str) -> None:
    tree = ast.parse((TESTS / "test_function_registry.py").read_text("utf-8"))
    tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    wanted = f"test_{name}_calls_"
    assert any(test.startswith(wanted) for test in tests), (
        f"test_function_registry.py has no {wanted}what_it_is_granted"
    )


@pytest.mark.parametrize("shape", ["one-region", "everything", "nothing"])
def test_what_follows_from_a_function_is_rendered_for_every_function(shape: str) -> None:
    subject = SHAPES[shape]()
    sizing = sized(subject)
    files = rendered(subject)
    text = {module: files[f"modules/{module}/functions.tf"] for module in FunctionModule}
    for function in functions_of(subject).values():
        alarms = {alarm.key: alarm for alarm in alarms_of(function.module, subject, sizing)}
        wanted = {f"{function.what}-errors", f"{function.what}-throttles"}
        wanted |= {alarm.key for alarm in function.alarms(subject)}
        assert wanted <= alarms.keys()
        assert function.name in {role.name for role in roles(subject)}
        own = text[function.module].split(f'"aws_lambda_function" "{function.name}"')[1].partition("\n}\n")[0]
        for variable in function.variables(subject, sizing):
            assert re.search(rf"^ +{variable.name} += ", own, re.MULTILINE), variable.name


def test_a_move_of_home_waits_for_every_function_that_writes_under_a_lease() -> None:
    subject = SHAPES["everything"]()
    sizing = sized(subject)
    leases = {
        name: function.settings["LEASE_SECONDS"]
        for name, function in FUNCTIONS.items()
        if "LEASE_SECONDS" in function.settings
    }
    assert leases == dict.fromkeys(
        ("ticket_purchase", "admission_queue", "oversell_corrector"), LEASE_SECONDS
    )
    longest = max(sizing[FUNCTIONS[name].capacity.timeout].value for name in leases)
    assert stack_facts(subject, sizing)["quiet_seconds"] == LEASE_SECONDS + longest + SKEW_SECONDS
