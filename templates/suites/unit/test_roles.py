"""Least privilege: each role allows exactly the calls of its code and its service.

Running the code shows that the actions suffice: the suites' cloud checks every call against the same policies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import demands
import pytest

from support import iam
from support.answers import ACCOUNT
from support.functions import FUNCTIONS, arn, named
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown


def _role(stack: Stack, name: str) -> Resource:
    return stack.resource(at("global", f"aws_iam_role.{name}"))


def _granted(stack: Stack, role: Resource) -> dict[str, set[str]]:
    """Actions by resource."""
    granted: dict[str, set[str]] = {}
    for statement in iam.statements_of(stack, role):
        for resource in iam.as_list(statement["Resource"]) if statement["Effect"] == "Allow" else ():
            granted.setdefault(str(resource), set()).update(iam.as_list(statement["Action"]))
    return granted


def _compare(stack: Stack, name: str, expected: Mapping[str, set[str]]) -> None:
    granted = _granted(stack, _role(stack, name))
    for resource in sorted(expected.keys() | granted.keys()):
        lacks = sorted(expected.get(resource, set()) - granted.get(resource, set()))
        surplus = sorted(granted.get(resource, set()) - expected.get(resource, set()))
        if lacks or surplus:
            policy = stack.resource(at("global", f"aws_iam_role_policy.{name}"))
            policy.fails(
                f"on {resource} lacks {lacks} and should not have {surplus}",
                "a missing action fails a call, and a surplus one helps an intruder",
            )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_role_grants_what_it_does_and_nothing_else(stack: Stack, name: str) -> None:
    function = FUNCTIONS[name]
    expected = {resource: set(actions) for resource, actions in function.actions.items()}
    # Lambda's own use of the role: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    service = {
        arn("logs", f"log-group:/aws/lambda/{named(function.middle)}:*"): {
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        },
        arn("sqs", f"{named('dead-letters')}"): {"sqs:SendMessage"},
        arn("kms", "key/*"): {"kms:Decrypt", "kms:GenerateDataKey"},
        "*": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    }
    if function.redis_user:
        interfaces = (
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
        )
        service["*"] |= {
            f"ec2:{action}"
            for action in (*interfaces, "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
        }
    for resource, actions in service.items():
        expected[resource] = expected.get(resource, set()) | actions
    _compare(stack, name, expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_lambda_itself_manages_the_functions_network(stack: Stack, name: str) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    role = _role(stack, name)
    statements = iam.statements_of(stack, role)
    granted = {
        action
        for statement in statements
        if statement["Effect"] == "Allow"
        for action in iam.as_list(statement["Action"])
        if action.startswith("ec2:")
    }
    denials = [statement for statement in statements if statement["Effect"] == "Deny"]
    if not FUNCTIONS[name].redis_user:
        if granted or denials:
            role.fails(f"has {sorted(granted)} and {denials}", "the function is outside the VPC")
        return
    function = arn("lambda", f"function:{named(FUNCTIONS[name].middle)}")
    (denial,) = denials or [{}]
    if not (
        granted | {"ec2:DetachNetworkInterface"} <= set(iam.as_list(denial.get("Action")))
        and denial.get("Resource") in ("*", ["*"])
        and denial.get("Condition") == {"ArnEquals": {"lambda:SourceFunctionArn": [function]}}
    ):
        role.fails(
            f"denies {denial}",
            "the grants are for Lambda, and code that an intruder runs could use them on every network interface",
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_uses_the_stacks_keys_only(stack: Stack, name: str) -> None:
    role = _role(stack, name)
    statements = [s for s in iam.statements_of(stack, role) if "kms:Decrypt" in iam.as_list(s["Action"])]
    if [s.get("Condition") for s in statements] != [
        {"ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{named('key')}"]}}
    ]:
        role.fails(
            f"may use keys on {[s.get('Condition') for s in statements]}",
            "the resource is any key, and only the alias limits it to the stack's keys",
        )


def test_only_the_rotation_may_be_the_master_user_and_of_its_own_cluster_only(stack: Stack) -> None:
    readers = [
        (name, statement)
        for name in FUNCTIONS
        for statement in iam.statements_of(stack, _role(stack, name))
        if any(":secret:rds!" in str(each) for each in iam.as_list(statement["Resource"]))
    ]
    role = _role(stack, "sales_writer_rotation")
    if [name for name, _ in readers] != ["sales_writer_rotation"]:
        role.fails(
            f"shares the master user's secret: {[name for name, _ in readers]}",
            "whoever signs in as the master user may drop every table",
        )
    ((_, secret),) = readers
    expected = {
        "StringLike": {
            "aws:ResourceTag/aws:rds:primaryDBClusterArn": [arn("rds", f"cluster:{named('sales')}")]
        }
    }
    if secret.get("Condition") != expected:
        role.fails(
            f"reads secrets on {secret.get('Condition')}",
            "RDS chooses the secret's name, and only the tag limits the grant to this cluster",
        )


DELIVERY = {
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
}
MACHINE = {f"logs:{action}" for action in DELIVERY} | {
    f"xray:{a}" for a in ("GetSamplingRules", "GetSamplingTargets", "PutTelemetryRecords", "PutTraceSegments")
}


def test_the_verification_machine_may_call_its_two_functions(stack: Stack) -> None:
    functions = (
        arn("lambda", f"function:{named(function.middle)}:live")
        for function in FUNCTIONS.values()
        if function.invoked_by == "verification"
    )
    _compare(
        stack, "verification_machine", {**{arn: {"lambda:InvokeFunction"} for arn in functions}, "*": MACHINE}
    )


def test_the_ticker_may_start_verifications(stack: Stack) -> None:
    machine = arn("states", f"stateMachine:{named('verification')}")
    _compare(stack, "ticker_machine", {machine: {"states:StartExecution"}, "*": MACHINE})


def test_the_schedule_may_start_the_ticker(stack: Stack) -> None:
    _compare(stack, "schedule", {arn("states", f"stateMachine:{named('ticker')}"): {"states:StartExecution"}})


def test_flow_logs_may_be_written_to_their_group(stack: Stack) -> None:
    group = arn("logs", f"log-group:/aws/vpc/{named('flows')}:*")
    find = {"logs:DescribeLogGroups", "logs:DescribeLogStreams"}
    _compare(
        stack,
        "flow_logs",
        {group: {"logs:CreateLogStream", "logs:PutLogEvents"}, arn("logs", "log-group:*"): find},
    )


# The service that may assume each role, and whether that service names the account that it acts for.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
TRUST = {
    **dict.fromkeys(FUNCTIONS, ("lambda.amazonaws.com", False)),
    "verification_machine": ("states.amazonaws.com", True),
    "ticker_machine": ("states.amazonaws.com", True),
    "schedule": ("events.amazonaws.com", True),
    "flow_logs": ("vpc-flow-logs.amazonaws.com", True),
    "rds_monitoring": ("monitoring.rds.amazonaws.com", True),
}
if demands.LOG_ROLE == "managed":
    TRUST["api_logs"] = ("apigateway.amazonaws.com", False)


@pytest.mark.parametrize("name", TRUST)
def test_only_its_service_assumes_a_role_and_only_for_this_account(stack: Stack, name: str) -> None:
    role = _role(stack, name)
    service, names_account = TRUST[name]
    statements: list[dict[str, Any]] = json.loads(role.get("assume_role_policy"))["Statement"]
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}}} if names_account else {}
    expected = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Principal": {"Service": [service]},
        **condition,
    }
    if statements != [expected]:
        role.fails(
            f"may be assumed as in {statements}",
            "others could use the role, or make the service use it for another account",
        )


def test_there_is_no_other_role(stack: Stack) -> None:
    assert {role.name for role in stack.resources("aws_iam_role")} == set(TRUST), (
        "global/roles.tf\n  why: an unused role only helps intruders"
    )


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("rds_monitoring", "service-role/AmazonRDSEnhancedMonitoringRole"),
        *(
            [("api_logs", "service-role/AmazonAPIGatewayPushToCloudWatchLogs")]
            if demands.LOG_ROLE == "managed"
            else []
        ),
    ],
)
def test_a_service_has_the_managed_policy_that_it_needs(stack: Stack, name: str, policy: str) -> None:
    attachment = stack.resource(at("global", f"aws_iam_role_policy_attachment.{name}"))
    attachment.must(
        "policy_arn",
        f"arn:{demands.PARTITION}:iam::aws:policy/{policy}",
        "AWS maintains the permissions that the service needs",
    )
    attachment.must("role", named(name.replace("_", "-")), "another role would get its permissions")


@pytest.mark.parametrize("name", [name for name in TRUST if name not in ("rds_monitoring", "api_logs")])
def test_a_roles_policy_is_its_own(stack: Stack, name: str) -> None:
    policy = stack.resource(at("global", f"aws_iam_role_policy.{name}"))
    policy.must(
        "role", Unknown(at("global", f"aws_iam_role.{name}.id")), "another role would get its permissions"
    )


@pytest.mark.parametrize("name", [name for name in TRUST if name not in ("rds_monitoring", "api_logs")])
def test_a_policy_fits_a_role(stack: Stack, name: str) -> None:
    policy = stack.resource(at("global", f"aws_iam_role_policy.{name}"))
    if len(policy.get("policy")) > 10_240:
        policy.fails(
            f"has {len(policy.get('policy'))} characters",
            "IAM accepts 10,240 characters in all inline policies of a role",
        )


def test_only_actions_without_an_arn_are_granted_on_everything(stack: Stack) -> None:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    for role in stack.resources("aws_iam_role"):
        for action in _granted(stack, role).get("*", ()):
            takes_none = (
                action.startswith(("ec2:", "xray:"))
                or action in MACHINE
                or action == "timestream:DescribeEndpoints"
            )
            if not takes_none:
                role.fails(f"may {action} on everything", "this action can be limited to an ARN")
        for statement in iam.statements_of(stack, role):
            for action in iam.as_list(statement["Action"]):
                if "*" in action:
                    role.fails(f"may {action}", "a wildcard includes actions that nobody reviewed")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("verification_machine", "aws_sfn_state_machine.verification"),
        ("ticker_machine", "aws_sfn_state_machine.ticker"),
        ("schedule", "aws_cloudwatch_event_target.minute"),
    ],
)
def test_a_service_acts_with_its_own_role(stack: Stack, name: str, address: str) -> None:
    user = stack.resource(at("verification", address))
    if iam.role_of(stack, user.get("role_arn")).name != name:
        user.fails(f"acts as {user.get('role_arn')}", "that role lacks the permissions that it needs")


@pytest.mark.parametrize(
    ("name", "place", "address", "attribute"),
    [
        ("flow_logs", "region", "aws_flow_log.rejected", "iam_role_arn"),
        ("rds_monitoring", "analytics", "aws_rds_cluster_instance.sales[0]", "monitoring_role_arn"),
    ],
)
def test_logs_and_metrics_are_delivered_with_their_own_role(
    stack: Stack, name: str, place: str, address: str, attribute: str
) -> None:
    user = stack.resource(at(place, address))
    if iam.role_of(stack, user.get(attribute)).name != name:
        user.fails(f"delivers as {user.get(attribute)}", "AWS could deliver nothing with that role")
