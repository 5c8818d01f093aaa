"""The Lambda functions as deployed: their code, runtime, role, environment, timeouts and memory."""

from __future__ import annotations

import ast
import json
import re
import sys

import demands
import pytest

from support import code, iam
from support.functions import FUNCTIONS, TESTED_ELSEWHERE, WHY
from support.places import at, root
from support.stack import Resource, Stack
from support.values import Unknown

each_function = pytest.mark.parametrize("name", FUNCTIONS)

# What Lambda's Python runtime includes besides the standard library.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
SHIPPED = {"boto3", "botocore"}
# Supported until 2028-10 or later. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = {"python3.12", "python3.13", "python3.14"}


def _function(stack: Stack, name: str) -> Resource:
    return stack.resource(at(FUNCTIONS[name].module, f"aws_lambda_function.{name}"))


@each_function
def test_the_code_imports_only_what_a_runtime_ships_and_what_is_in_the_zip(stack: Stack, name: str) -> None:
    files = code.package(stack, name)
    siblings = {file.removesuffix(".py") for file in files}
    assert f"{name}.py" in files, (
        f"modules/code/{name}.tf\n  the zip of {name} lacks its handler\n  why: its first call would fail"
    )
    for file, source in files.items():
        for node in ast.walk(ast.parse(source, file)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                known = top in sys.stdlib_module_names or top in SHIPPED or top in siblings
                assert known, (
                    f"modules/code/{name}.tf, {file}:{node.lineno}\n  imports {module}\n"
                    "  why: the runtime does not include it, so the first call fails"
                )


@each_function
def test_an_alias_serves_the_newest_version_unless_another_is_pinned(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    function.must("publish", True, "without versions, there is nothing to roll back to")
    alias = stack.resource(at(FUNCTIONS[name].module, f"aws_lambda_alias.{name}"))
    alias.must("name", "live", "the grants and the operator's scripts name this alias")
    alias.must("function_name", function.get("function_name"), "it would serve another function")
    newest = Unknown(f"{function.address}.version")
    alias.must("function_version", newest, "a new version would be published, and not served")


@each_function
def test_the_zip_has_no_file_that_nothing_imports(stack: Stack, name: str) -> None:
    files = code.package(stack, name)
    reached, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module in reached or f"{module}.py" not in files:
            continue
        reached.add(module)
        for node in ast.walk(ast.parse(files[f"{module}.py"])):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                waiting.append(node.module or "")
    assert {f"{module}.py" for module in reached} == set(files), (
        f"modules/code/{name}.tf\n  why: nobody maintains code that never runs"
    )


@each_function
def test_the_function_runs_the_code_that_is_inline(stack: Stack, name: str) -> None:
    archived = at("code", f"data.archive_file.{name}")
    function, archive = _function(stack, name), stack.resource(archived)
    function.must("filename", archive.get("output_path"), "the function would run another function's code")
    function.must(
        "source_code_hash",
        Unknown(f"{archived}.output_base64sha256"),
        "a change of the code would not be deployed",
    )
    function.must("handler", f"{name}.handler", "Lambda would not find the entry point")
    archive.must("type", "zip", "Lambda accepts zips")
    archive.must(
        "output_file_mode",
        "0644",
        "without it, the hash differs between operating systems and every plan shows a change",
    )
    archive.must(
        "output_path",
        f"{root('regions')}/build/{name}.zip",
        "root modules that are applied side by side would overwrite each other's zips",
    )


@each_function
def test_the_runtime_is_supported_for_years(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    if function.get("runtime") not in RUNTIMES:
        function.fails(
            f"runs on {function.get('runtime')}",
            "AWS will stop patching that runtime soon, and then refuse updates of the function",
        )
    if function.get("architectures") not in (["arm64"], ["x86_64"]):
        function.fails(
            f"runs on {function.get('architectures')}",
            "Lambda supports two architectures, and a function has one of them",
        )


@each_function
def test_the_function_has_its_own_role(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    role = iam.role_of(stack, function.get("role"))
    if role.name != name:
        function.fails(f"uses the role {role.name}", "the function would have another function's permissions")


@each_function
def test_events_that_fail_every_retry_are_kept(stack: Stack, name: str) -> None:
    queue = Unknown(at("region", "aws_sqs_queue.dead_letters.arn"))
    _function(stack, name).must(
        "dead_letter_config.target_arn", queue, "an event that fails for good would be lost without a trace"
    )


@each_function
def test_the_function_logs_to_its_own_group_and_is_traced(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    group = stack.resource(at(FUNCTIONS[name].module, f"aws_cloudwatch_log_group.{name}"))
    function.must(
        "logging_config.log_group",
        group.get("name"),
        "this group has a retention and a key; a group that Lambda creates has neither",
    )
    # Metrics are written as lines of JSON, which CloudWatch recognises only in plain-text logs.
    function.must(
        "logging_config.log_format", "Text", "in JSON format, Lambda wraps the lines that carry metrics"
    )
    function.must("tracing_config.mode", "Active", "nobody could see where a slow sale spends its time")


def _environment_read(source: str) -> set[str]:
    return set(re.findall(r"""os\.environ(?:\.get\(|\[)["'](\w+)""", source))


@each_function
def test_the_function_is_given_every_variable_that_it_reads_and_no_other(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    read = {
        variable for source in code.package(stack, name).values() for variable in _environment_read(source)
    }
    read -= {"AWS_REGION", "AWS_LAMBDA_INITIALIZATION_TYPE"}  # Lambda's own
    if not demands.TICKET_SECONDS:
        read.discard("ADMISSION_SECONDS")
    if demands.AUDIT_STORE != "timestream":
        read -= {"TIMESTREAM_DATABASE", "TIMESTREAM_TABLE"}
    given = set(function.get("environment.variables"))
    if given != read:
        function.fails(
            f"lacks {sorted(read - given)} and does not need {sorted(given - read)}",
            "a missing variable fails every call, and an unused one misleads readers",
        )
    assert given == set(FUNCTIONS[name].variables), (
        f"tests/support/functions.py\n  lacks {sorted(given - set(FUNCTIONS[name].variables))} of {name}\n"
        "  why: nobody tests the value of a variable that is not listed there"
    )


@each_function
def test_the_environment_fits_lambda(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    size = sum(
        len(key) + max(len(str(value)), 200 if isinstance(value, Unknown) else 0)
        for key, value in function.get("environment.variables").items()
    )
    if size > 4096:
        function.fails(f"its environment has {size} characters", "Lambda accepts 4 KB")


@each_function
def test_a_function_has_the_time_it_needs_and_no_more(stack: Stack, name: str) -> None:
    function, (least, most) = _function(stack, name), FUNCTIONS[name].seconds
    if not function.get("timeout") or not least <= function.get("timeout") <= most:
        function.fails(f"times out after {function.get('timeout')} s", FUNCTIONS[name].why)


@each_function
def test_a_function_has_the_memory_it_needs(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    if not FUNCTIONS[name].least_memory <= (function.get("memory_size") or 128) <= 10_240:
        function.fails(
            f"has {function.get('memory_size')} MiB",
            "processor time comes with memory: with too little, every objective is missed",
        )


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function.is_reserved])
def test_concurrency_is_reserved_where_the_spec_says_so(stack: Stack, name: str) -> None:
    function = _function(stack, name)
    reserved = function.get("reserved_concurrent_executions")
    if (reserved is not None) != demands.RESERVED_CONCURRENCY:
        function.fails(
            f"reserves {reserved}",
            "the spec's `reserved_concurrency` decides, because an account's quota may be too small",
        )
    # An order takes at least a tenth of a second.
    if reserved is not None and name == "ticket_purchase" and reserved < demands.ORDERS_PER_SECOND / 10:
        function.fails(f"reserves {reserved}", f"Lambda would throttle {demands.ORDERS_PER_SECOND} orders/s")
    if reserved is not None and reserved < 1:
        function.fails(f"reserves {reserved}", "0 switches the function off")


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (function.name, variable)
        for function in FUNCTIONS.values()
        for variable, value in function.variables.items()
        if value is not TESTED_ELSEWHERE
    ],
)
def test_a_variable_has_the_value_that_follows_from_the_spec(stack: Stack, name: str, variable: str) -> None:
    assert variable in WHY, f"tests/support/functions.py\n  has no reason for {variable} in WHY"
    expected = FUNCTIONS[name].variables[variable]
    _function(stack, name).must(f"environment.variables.{variable}", expected, WHY[variable])


def test_the_verifier_stays_behind_by_all_that_a_sale_may_take(stack: Stack) -> None:
    verifier, purchase = (_function(stack, name) for name in ("inventory_verifier", "ticket_purchase"))
    timeout = int(verifier.get("environment.variables")["FUNCTION_TIMEOUT_SECONDS"])
    if timeout < purchase.get("timeout"):
        verifier.fails(
            f"FUNCTION_TIMEOUT_SECONDS is {timeout}",
            f"a sale may commit {purchase.get('timeout')} s after its id was created, when the watermark has passed it",
        )


def test_a_run_verifies_all_events_on_sale_at_the_same_time(stack: Stack) -> None:
    function = _function(stack, "inventory_verifier")
    machine = stack.resource(at("verification", "aws_sfn_state_machine.verification"))
    batches = json.loads(machine.get("definition"))["States"]["EachBatch"]
    at_once = function.get("environment.variables.EVENTS_AT_ONCE")
    inner = batches["ItemProcessor"]["States"]["EachEvent"]["MaxConcurrency"]
    if int(at_once) != inner:
        function.fails(
            f"deals batches of {at_once}", f"the state machine verifies {inner} of a batch at the same time"
        )
    most = int(function.get("environment.variables.MOST_EVENTS"))
    if most < demands.CONCURRENT_EVENTS:
        function.fails(
            f"verifies {most} events in a run", f"{demands.CONCURRENT_EVENTS} are on sale at the same time"
        )
    if most * 70 > 256 * 1024:
        function.fails(
            f"lists {most} events", "a state machine passes on 256 KiB, and an event's id has 64 characters"
        )


def test_every_function_is_deployed_where_it_is_needed(stack: Stack) -> None:
    found = {(f.name, f.region) for f in stack.resources("aws_lambda_function")}
    without_row = sorted({name for name, _ in found} - set(FUNCTIONS))
    assert not without_row, (
        f"tests/support/functions.py\n  has no row for {without_row}\n  why: nobody tests them"
    )
    expected = {
        (name, region)
        for name, function in FUNCTIONS.items()
        for region in (demands.REGIONS if function.module == "region" else demands.HUBS)
    }
    assert found == expected, (
        f"modules\n  lack {sorted(expected - found)}\n"
        "  why: a Region without one of its functions does not sell, show seats or verify"
    )
