"""What the native tests expect of each root module: values from the spec and its sizing, as JSON.

The tests read them from a file of JSON beside them, so their HCL is the same in all Regions. No expected value
comes from an expression of the Terraform that it judges. An attribute has the name that the AWS provider gives it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.stack.native_modules import module_rows, module_variables
from ticketgen.stack.native_references import ExpectedRow, MockedStack
from ticketgen.stack.native_services import service_rows
from ticketgen.stack.native_tests import ACCOUNT
from ticketgen.stack.policy import Statement
from ticketgen.stack.roles import roles, services

__all__ = ["TableKeys", "expected_of_data", "expected_of_global", "expected_of_regions"]

TableKeys = Mapping[tuple[str, str], tuple[str, str]]
"""The hash key and the range key of each table, by its key in Terraform and the middle of its name."""


def expected_of_global(stack: MockedStack, capacity: Mapping[str, object]) -> ExpectedRow:
    """Of the roles, and of the output ``capacity``, whose figures are given."""
    every = roles(stack.environment)
    return {
        "environment_suffix": stack.environment.name,
        "capacity": dict(capacity),
        "roles": {role.name: stack.name(role.what) for role in every},
        "trust": {
            service.name: [
                {
                    "actions": ["sts:AssumeRole"],
                    "principals": [{"identifiers": [service.principal], "type": "Service"}],
                    "conditions": [["StringEquals", "aws:SourceAccount", [ACCOUNT]]]
                    if service.names_source_account
                    else [],
                }
            ]
            for service in services(stack.environment)
        },
        "grants": {
            role.name: {grant.sid: _grant(stack, grant) for grant in role.grants}
            for role in every
            if role.grants
        },
        "managed": {
            role.name: [
                stack.name(role.what),
                f"arn:{stack.partition}:iam::aws:policy/{role.managed_policy}",
            ]
            for role in every
            if role.managed_policy
        },
    }


def expected_of_data(
    stack: MockedStack, keys_of_tables: TableKeys, region: str, *, audits: bool, protect: bool
) -> ExpectedRow:
    """Of a Region's key and tables.

    Args:
        stack: the stack.
        keys_of_tables: the hash key and the range key of each shared table.
        region: the Region.
        audits: whether it has the audit trail.
        protect: whether its tables are protected against deletion.
    """
    primary = stack.environment.primary_region
    tables: ExpectedRow = {}
    replicas: ExpectedRow = {}
    for (table, what), keys in keys_of_tables.items():
        common = {"deletion_protection_enabled": protect}
        if region == primary:
            tables[table] = common | {
                "name": stack.name(what), "hash_key": keys[0], "range_key": keys[1],
                "billing_mode": "PAY_PER_REQUEST", "stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES",
                "attribute": [{"name": key, "type": "S"} for key in sorted(keys)],
            }  # fmt: skip
        elif audits or table != "corrections":
            source = f"arn:{stack.partition}:dynamodb:{primary}:{ACCOUNT}:table/{stack.name(what)}"
            replicas[table] = common | {
                "global_table_arn": source, "kms_key_arn": stack.key, "point_in_time_recovery": True,
                "timeouts": {"create": "240m", "delete": "240m", "update": "240m"},
            }  # fmt: skip
    return {
        "outputs": {
            "region": region,
            "locks_table_name": stack.name("distributed-locks"),
            "kms_key_arn": stack.key,
            "environment_suffix": stack.environment.name,
        },
        "variables": {
            "app_name": stack.environment.project, "environment_suffix": stack.environment.name, "region": region,
            "primary_region": primary, "audits": audits, "protect": protect, "account_id": ACCOUNT,
            "partition": stack.partition,
        },
        "locks": {
            "name": stack.name("distributed-locks"), "hash_key": "lock_key", "range_key": None,
            "billing_mode": "PAY_PER_REQUEST", "deletion_protection_enabled": protect, "replica": [],
            "attribute": [{"name": "lock_key", "type": "S"}],
        },
        "tables": tables,
        "replicas": replicas,
        "key": {
            "enable_key_rotation": True,
            "deletion_window_in_days": 30 if protect else 7,
            "tags": {"Name": stack.name("key")},
        },
        "alias": f"alias/{stack.name('key')}",
        "policy": _key_policy(stack, region),
        "user_pool": {
            "name": stack.name("buyers"), "deletion_protection": "ACTIVE" if protect else "INACTIVE",
            "username_attributes": ["email"], "auto_verified_attributes": ["email"],
        },
    }  # fmt: skip


def expected_of_regions(
    stack: MockedStack, region: str, vpc_cidr: str, rule_groups: Mapping[str, str]
) -> ExpectedRow:
    """Of a Region's root module; in the primary Region, of the modules that it calls, too.

    Args:
        stack: the stack.
        region: the Region.
        vpc_cidr: the address range of its VPC.
        rule_groups: the managed groups of the firewall's rules, by the middle of the rule's name.
    """
    role_arn = f"arn:{stack.partition}:iam::{ACCOUNT}:role"
    spec = stack.environment
    every: ExpectedRow = {
        "outputs": {
            "region": region,
            "inventory_table_name": stack.name("ticket-inventory"),
            "locks_table_name": stack.name("distributed-locks"),
            "environment_suffix": spec.name,
        },
        "roles": {role.name: f"{role_arn}/{stack.name(role.what)}" for role in roles(spec)},
        "table_names": stack.table_names,
        "looked_up": [f"alias/{stack.name('key')}", stack.name("ticket-inventory")],
        "tags": {
            "Application": spec.project,
            "Environment": spec.name,
            "ManagedBy": "ticketgen",
            **spec.tags,
        },
    }
    if region != spec.primary_region:
        return every
    return every | {
        "variables": module_variables(stack, region, vpc_cidr),
        **module_rows(stack, region),
        **service_rows(stack, vpc_cidr, rule_groups),
    }


def _grant(stack: MockedStack, grant: Statement) -> ExpectedRow:
    condition = grant.condition
    return {
        "actions": sorted(grant.actions),
        "effect": "Deny" if grant.effect == "Deny" else None,
        "resources": sorted(stack.resolved(resource) for resource in grant.resources),
        "conditions": [[condition.test, condition.variable, [stack.resolved(condition.value)]]]
        if condition
        else [],
    }


def _key_policy(stack: MockedStack, region: str) -> ExpectedRow:
    """The statements by their ids: effect, principal, actions, resource, condition."""
    groups = f"arn:{stack.partition}:logs:{region}:{ACCOUNT}:log-group:*"
    logs = [f"kms:{name}*" for name in ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Describe")]
    alarms = ["kms:Decrypt", "kms:GenerateDataKey*"]
    root = f"arn:{stack.partition}:iam::{ACCOUNT}:root"
    return {
        "AccountDelegatesToIam": ["Allow", {"AWS": root}, ["kms:*"], "*", {}],
        "LogGroups": [
            "Allow", {"Service": f"logs.{region}.amazonaws.com"}, logs, "*",
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        ],
        "AlarmsReachTheirTopic": [
            "Allow", {"Service": "cloudwatch.amazonaws.com"}, alarms, "*",
            {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        ],
    }  # fmt: skip
