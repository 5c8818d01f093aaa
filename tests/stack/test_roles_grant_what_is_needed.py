"""Least privilege: only the actions of the code and the services, and only on the stack's own resources."""

from __future__ import annotations

import json
import re

import pytest
from stacks import SHAPES, environment

from ticketgen.aws.limits import IAM_INLINE_POLICY_CHARACTERS
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.policy import Statement
from ticketgen.stack.roles import Role, roles, services

EXPANDED = {
    "local.partition": "aws",
    "local.account_id": "123456789012",
    "local.app_name": "a" * 20,
    "var.environment_suffix": "s" * 12,
}


def _expanded(text: str) -> str:
    """An expression with the longest possible values, and with table names instead of references."""
    return re.sub(r"\$\{([\w.]+)\}", lambda found: EXPANDED.get(found[1], "t" * 60), text).strip('"')


def _policy(role: Role) -> str:
    statements = [
        {
            "Sid": grant.sid,
            "Effect": grant.effect,
            "Action": grant.actions,
            "Resource": [_expanded(resource.text) for resource in grant.resources],
            "Condition": grant.condition
            and {grant.condition.test: {grant.condition.variable: _expanded(grant.condition.value.text)}},
        }
        for grant in role.grants
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize("shape", SHAPES)
def test_every_policy_fits_its_role(shape: str) -> None:
    for role in roles(SHAPES[shape]()):
        assert len(re.sub(r"\s", "", _policy(role))) < IAM_INLINE_POLICY_CHARACTERS.value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_call_of_the_code_is_granted(name: str) -> None:
    role = next(role for role in roles(SHAPES["everything"]()) if role.name == name)
    granted = {action for grant in role.grants for action in grant.actions}
    assert {action for grant in FUNCTIONS[name].grants for action in grant.actions} <= granted


# Service Authorization Reference: these take no ARN.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
WITHOUT_ARN = {"ec2", "xray"}
WITHOUT_ARN_ONE_BY_ONE = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "timestream:DescribeEndpoints",
}


def test_a_wildcard_resource_is_used_only_without_arn_support() -> None:
    for role in roles(SHAPES["everything"]()):
        for grant in role.grants:
            if any(resource.text == '"*"' for resource in grant.resources):
                for action in grant.actions:
                    assert action.split(":")[0] in WITHOUT_ARN or action in WITHOUT_ARN_ONE_BY_ONE, action


def test_no_action_is_a_wildcard() -> None:
    for role in roles(SHAPES["everything"]()):
        assert not [action for grant in role.grants for action in grant.actions if "*" in action]


def _grant(role: str, sid: str) -> Statement:
    found = next(each for each in roles(environment()) if each.name == role)
    return next(grant for grant in found.grants if grant.sid == sid)


def test_each_function_signs_in_to_redis_as_its_own_user() -> None:
    reader, writer = (_grant(name, "Redis") for name in ("seat_availability", "seat_cache_sync"))
    assert [resource.text.count("reader") for resource in reader.resources] == [0, 1]
    assert [resource.text.count("writer") for resource in writer.resources] == [0, 1]


def test_timestream_is_granted_only_where_it_is_the_store() -> None:
    def actions(shape: str) -> set[str]:
        return {
            action for role in roles(SHAPES[shape]()) for grant in role.grants for action in grant.actions
        }

    assert "timestream:WriteRecords" in actions("everything")
    assert not [action for action in actions("prod") if action.startswith("timestream")]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_role_has_its_service_and_every_service_its_role(shape: str) -> None:
    subject = SHAPES[shape]()
    assert {role.service for role in roles(subject)} == {service.name for service in services(subject)}
