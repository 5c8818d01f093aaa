"""The rights of the operator's scripts are those that their code needs, also through encryption."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

import boto3
import pytest
from rendered_functions import stack

from ticketgen.aws.regions import COMMERCIAL
from ticketgen.rules.boto_actions import actions_of
from ticketgen.rules.client_flow import AwsCall, aws_calls
from ticketgen.rules.python_code import PythonCode, read_python
from ticketgen.stack.operations import QUEUE_SHARED, SCRIPTS, SHARED
from ticketgen.stack.operator_rights import KEY_ACTIONS, RIGHTS, key_actions

# IAM actions that are not named after boto3's service and the operation.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
PREFIXES = {"service-quotas": "servicequotas", "stepfunctions": "states"}
OTHERS = {
    ("apigateway", "GetAccount"): {"apigateway:GET"},
    # Lambda returns a function's tags only to those who may list them.
    # https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
    ("lambda", "GetFunction"): {"lambda:GetFunction", "lambda:ListTags"},
    ("sts", "GetCallerIdentity"): set(),  # needs no permission
}


STEPS = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


@cache
def modules() -> Mapping[str, str]:
    """The rendered scripts and the modules that they share, by name."""
    return {
        path.removeprefix("ops/").removesuffix(".py"): text
        for path, text in stack("everything").items()
        if path.startswith("ops/") and path.endswith(".py")
    }


def imported(name: str) -> set[str]:
    """A module and those that it imports, from the same folder."""
    found, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module in found or module not in modules():
            continue
        found.add(module)
        for node in ast.walk(ast.parse(modules()[module])):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                waiting.append(node.module or "")
    return found


@cache
def calls(script: str) -> tuple[tuple[AwsCall, str], ...]:
    """The AWS calls of a script, each with the name of its API operation."""
    code = {name: read_python(modules()[name]) for name in imported(script)}
    scopes = {name: read.scopes for name, read in code.items() if isinstance(read, PythonCode)}
    assert scopes.keys() == code.keys()
    found = []
    for call in aws_calls(scopes, f"{script}.main"):
        client = boto3.client(
            call.service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        operation = client.meta.method_to_api_mapping.get(call.method)
        if operation is not None:  # else it is an attribute of a client, such as `meta`
            found.append((call, operation))
    return tuple(found)


def called_actions(script: str) -> set[str]:
    """The IAM actions that a script's own calls need."""
    needed: set[str] = set()
    for call, operation in calls(script):
        prefix = PREFIXES.get(call.service, call.service)
        same_named = {f"{prefix}:{operation}"}
        if operation == "TransactWriteItems":  # IAM has an action for each kind of step
            same_named = {STEPS[step] for step in call.steps & STEPS.keys()}
        needed |= OTHERS.get(
            (call.service, operation), set(actions_of(call.service, call.method)) or same_named
        )
    return needed


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_has_the_rights_that_it_calls_and_no_other(script: str) -> None:
    granted = {action for right in RIGHTS[script] for action in right.actions}
    assert granted == called_actions(script), (
        f"RIGHTS of {script} lacks {sorted(called_actions(script) - granted)}, and has too much: "
        f"{sorted(granted - called_actions(script))}"
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_client_of_a_script_is_followed(script: str) -> None:
    """A method with the name of an API operation, on a client that the search lost, would be an unseen call."""
    lines = {(call.module, call.line) for call, _ in calls(script)}
    services = {call.service for call, _ in calls(script)}
    operations: set[str] = set()
    for service in services:
        client = boto3.client(
            service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        operations |= set(client.meta.method_to_api_mapping)
    own = imported(script) - {*SHARED, *QUEUE_SHARED}
    for name in own - (set(SCRIPTS) - {script}):
        for node in ast.walk(ast.parse(modules()[name])):
            if isinstance(node, ast.Attribute) and node.attr in operations:
                assert (name, node.lineno) in lines, f"{name}.py:{node.lineno}: {node.attr} is not followed"


def test_the_preflight_only_reads() -> None:
    written = {op for _, op in calls("preflight") if not re.match("(Describe|Get|List|Simulate)[A-Z]", op)}
    assert written == set()
    assert len(calls("preflight")) > 20


def test_what_each_call_needs_through_encryption_is_known() -> None:
    actions = {
        action for rights in RIGHTS.values() for right in rights if right.what for action in right.actions
    }
    assert actions == set(KEY_ACTIONS), "KEY_ACTIONS must have exactly the actions of RIGHTS"


def test_scripts_that_touch_encrypted_data_may_use_the_key() -> None:
    assert {script: key_actions(script) for script in SCRIPTS} == {
        "event": ("kms:Decrypt",),
        "move_home": ("kms:Decrypt",),
        "preflight": (),
        "prewarm": (),
        "queue_keys": ("kms:Decrypt",),
        "redrive": ("kms:Decrypt", "kms:GenerateDataKey"),
        "refunds": ("kms:Decrypt",),
        "restore": ("kms:Decrypt",),
        "takeover": ("kms:Decrypt",),
    }


def test_actions_are_sorted_and_of_one_service() -> None:
    for rights in RIGHTS.values():
        for right in rights:
            assert list(right.actions) == sorted(right.actions)
            assert not right.what or len({action.partition(":")[0] for action in right.actions}) == 1


@pytest.mark.parametrize("shape", ["prod", "one-region", "every-region", "nothing", "everything"])
def test_the_policy_grants_each_right_on_the_stack_only(shape: str) -> None:
    statements = []
    for name in ("policy", "preflight_policy"):
        text = stack(shape)[f"ops/{name}.json"]
        statements += json.loads(text)["Statement"]
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        assert len(re.sub(r"\s", "", text)) <= 6144
    project, suffix = (
        json.loads(stack(shape)["ops/stack.json"])[key] for key in ("app_name", "environment_suffix")
    )
    granted: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"])
        script = next(name for name in SCRIPTS if statement["Sid"].startswith(name.title().replace("_", "")))
        granted[script] |= set(statement["Action"])
        condition = statement.get("Condition", {}).get("ForAnyValue:StringEquals", {})
        named = condition.get("kms:ResourceAliases", statement["Resource"])
        for where in [named] if isinstance(named, str) else named:
            assert where == "*" or re.fullmatch(
                rf"(alias/|arn:aws:\w+:\*:\*:.*?\b){project}-.+-{suffix}[.:a-z-]*", where
            )
    for script, rights in RIGHTS.items():
        needed = [right for right in rights if shape == "everything" or not right.queues]
        actions = {action for right in needed for action in right.actions}
        assert granted[script] == actions | (set(key_actions(script)) if needed else set())
    assert len({statement["Sid"] for statement in statements}) == len(statements)


def test_no_right_names_a_region() -> None:
    assert not any(region in stack()["ops/policy.json"] for region in COMMERCIAL)
