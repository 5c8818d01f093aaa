"""With ``protect``, every resource that the provider can protect from destruction is protected."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from stacks import SHAPES, parsed

from ticketgen.aws.provider.schema import BlockSchema, schema_of
from ticketgen.hcl.syntax import Block, Literal, Reference

# How the provider spells protection from destruction, of a resource or of what it holds.
PROTECTION = re.compile(
    r"deletion_protection|termination_protection|force_(destroy|delete)|skip_(destroy|final_snapshot)|"
    r"delete_automated_backups|(deletion|recovery)_window|prevent_destroy|reset_on_delete|retain_on_delete"
)

# Attribute → its value with protect; None: it is not set, and the provider's default protects.
PROTECT = "var.protect"
"""What `test_every_data_root_protects_its_tables` shows to be true."""

EXPECTED = {
    "aws_cloudwatch_event_rule.force_destroy": None,
    "aws_cloudwatch_event_target.force_destroy": None,
    "aws_cognito_user_pool.deletion_protection": "ACTIVE",
    "aws_dynamodb_table.deletion_protection_enabled": True,
    "aws_dynamodb_table_replica.deletion_protection_enabled": True,
    "aws_kms_key.deletion_window_in_days": 30,
    "aws_rds_cluster.delete_automated_backups": False,
    "aws_rds_cluster.deletion_protection": True,
    "aws_rds_cluster.skip_final_snapshot": False,
    # The snapshot of the cluster, and its own protection, cover its instances.
    "aws_rds_cluster_instance.force_destroy": None,
    "aws_secretsmanager_secret.recovery_window_in_days": 30,
    "aws_secretsmanager_secret.force_overwrite_replica_secret": None,
    # It would leave groups and versions that block the next apply. Logs end with their retention.
    "aws_cloudwatch_log_group.skip_destroy": None,
    "aws_lambda_function.skip_destroy": None,
    # Provider 6 no longer has it.
    "aws_api_gateway_account.reset_on_delete": None,
}


def _protections(schema: BlockSchema, before: str = "") -> Iterator[str]:
    yield from (f"{before}{name}" for name in schema.attributes if PROTECTION.search(name))
    for name in schema.blocks:
        nested = schema.nested(name)
        if nested is not None:
            yield from _protections(nested.block, f"{before}{name}.")


def _resources(shape: str) -> Iterator[Block]:
    for module in parsed(SHAPES[shape]()).values():
        yield from module.blocks("resource")


def test_every_data_root_protects_its_tables() -> None:
    calls = [
        call.value("protect")
        for folder, module in parsed(SHAPES["prod"]()).items()
        for call in module.blocks("module")
        if folder.startswith("data/")
    ]
    assert len(calls) == len(SHAPES["prod"]().regions)
    assert all(isinstance(each, Literal) and each.value is True for each in calls)


@pytest.mark.parametrize("shape", ["prod", "everything"])
def test_protect_reaches_every_resource_that_can_be_protected(shape: str) -> None:
    for resource in _resources(shape):
        kind = resource.labels[0]
        schema = schema_of("resource", kind)
        for path in _protections(schema) if schema is not None else ():
            assert f"{kind}.{path}" in EXPECTED, f"say what {kind}.{path} is with protect, and why"
            attribute = resource.attribute(path)
            value = attribute.value.value if attribute and isinstance(attribute.value, Literal) else None
            if (
                attribute
                and isinstance(attribute.value, Reference)
                and str(attribute.value.address) == PROTECT
            ):
                value = True
            assert value == EXPECTED[f"{kind}.{path}"], f"{kind}.{resource.labels[1]}: {path}"


def test_without_protect_an_environment_can_be_destroyed() -> None:
    blocking = {"ACTIVE", True}
    for resource in _resources("dev"):
        for name in ("deletion_protection", "deletion_protection_enabled"):
            attribute = resource.attribute(name)
            if attribute is not None and isinstance(attribute.value, Literal):
                assert attribute.value.value not in blocking, f"{resource.labels}: {name}"
