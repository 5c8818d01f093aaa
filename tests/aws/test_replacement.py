"""The table of arguments that force replacement says what the provider documents and plans."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.assets import asset_folder
from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.aws.provider.replacement import (
    CONDITIONS,
    forces_replacement,
    identity_attributes,
    replacement_types,
    replacing_attributes,
)
from ticketgen.aws.provider.schema import AWS_VERSION, schema_of
from ticketgen.aws.stateful import STATEFUL

SCRIPT = Path(__file__).parents[2] / "scripts" / "provider_replacements.py"
DECLARED = re.compile(r'^resource "(aws_\w+)"', re.MULTILINE)

# "Forces new resource" in the provider's documentation, website/docs/r/ of github.com/hashicorp/terraform-provider-aws.
DOCUMENTED = {
    "aws_cloudwatch_log_group": ["name", "name_prefix"],
    "aws_db_subnet_group": ["name", "name_prefix"],
    "aws_dynamodb_table": ["hash_key", "local_secondary_index", "range_key"],
    "aws_dynamodb_table_replica": ["kms_key_arn", "table_class_override"],
    "aws_elasticache_replication_group": ["snapshot_name"],
    "aws_iam_role": ["name", "name_prefix"],
    "aws_rds_cluster_instance": [
        "availability_zone", "cluster_identifier", "db_subnet_group_name", "engine", "identifier", "identifier_prefix",
    ],
    "aws_s3_bucket": ["bucket", "bucket_prefix"],
    "aws_security_group": ["description", "name", "name_prefix", "vpc_id"],
}  # fmt: skip

# Arguments that are updated in place, although a change of them looks as if it could not be.
IN_PLACE = {
    "aws_dynamodb_table": [
        "attribute", "attribute.name", "attribute.type", "billing_mode", "global_secondary_index", "stream_enabled",
        "table_class", "tags",
    ],
    "aws_iam_role": ["assume_role_policy", "tags"],
    "aws_kinesis_stream": ["encryption_type", "kms_key_id", "shard_count"],
    "aws_lambda_function": ["environment", "handler", "runtime"],
    "aws_rds_cluster": ["deletion_protection", "engine_version"],
    "aws_sqs_queue": ["kms_master_key_id", "visibility_timeout_seconds"],
}  # fmt: skip


@pytest.mark.parametrize("type", DOCUMENTED)
def test_documented_arguments_force_replacement(type: str) -> None:
    assert [path for path in DOCUMENTED[type] if not forces_replacement(type, path)] == []


@pytest.mark.parametrize("type", IN_PLACE)
def test_other_arguments_are_updated_in_place(type: str) -> None:
    assert [path for path in IN_PLACE[type] if forces_replacement(type, path) is not False] == []


def test_the_table_has_every_type_that_a_template_renders() -> None:
    templates = asset_folder("templates") / "stack"
    declared = {
        type
        for file in templates.rglob("*.tf.j2")
        for type in DECLARED.findall(file.read_text(encoding="utf-8"))
    }
    assert len(declared) > 60
    assert sorted(declared - replacement_types()) == []


def test_the_table_has_every_type_of_a_rendered_stack(small_project_template: Path) -> None:
    rendered = {
        type
        for file in small_project_template.rglob("*.tf")
        for type in DECLARED.findall(file.read_text(encoding="utf-8"))
    }
    assert len(rendered) > 40
    assert sorted(rendered - replacement_types()) == []


def test_the_table_has_every_stateful_type() -> None:
    assert sorted(STATEFUL.keys() - replacement_types()) == []
    # AWS renames a repository in place.
    assert [type for type in STATEFUL if not replacing_attributes(type)] == ["aws_codecommit_repository"]


def test_every_path_of_the_table_is_in_the_schema() -> None:
    missing = []
    for type in replacement_types():
        for path in replacing_attributes(type) or ():
            block = schema_of("resource", type)
            *blocks, last = path.split(".")
            for name in blocks:
                nested = block.nested(name) if block else None
                block = nested.block if nested else None
            if block is None or not (block.attribute(last) or block.nested(last)):
                missing.append(f"{type}.{path}")
    assert missing == []
    assert [key for key in CONDITIONS if key[0] not in replacement_types()] == []


def test_what_the_table_does_not_know_is_neither_yes_nor_no() -> None:
    assert replacing_attributes("aws_no_such_type") is None
    assert forces_replacement("aws_no_such_type", "name") is None
    assert forces_replacement("aws_sqs_queue", "no_such_argument") is None
    assert forces_replacement("aws_wafv2_web_acl", "rule.statement.byte_match_statement") is None


def test_a_value_in_a_map_belongs_to_its_argument() -> None:
    assert forces_replacement("aws_sqs_queue", "tags.Name") is False
    assert forces_replacement("aws_lambda_function", "environment.variables.TABLE") is False


@pytest.mark.parametrize(
    ("type", "path", "before", "after", "expected"),
    [
        ("aws_dynamodb_table", "name", ["a"], ["b"], True),
        ("aws_dynamodb_table", "restore_source_name", [], ["a"], True),
        ("aws_dynamodb_table", "restore_source_name", ["a"], [], False),
        ("aws_dynamodb_table", "read_capacity", ["1"], ["2"], False),
        ("aws_elasticache_replication_group", "engine", ["redis"], ["valkey"], False),
        ("aws_elasticache_replication_group", "engine", ["valkey"], ["redis"], True),
        ("aws_elasticache_replication_group", "engine_version", ["7.1"], ["8.0"], False),
        ("aws_elasticache_replication_group", "engine_version", ["7.10"], ["7.9"], True),
        ("aws_elasticache_replication_group", "engine_version", ["7.1"], [("Reference", "var")], None),
        ("aws_elasticache_replication_group", "transit_encryption_enabled", ["false"], ["true"], None),
        ("aws_opensearch_domain", "encrypt_at_rest.enabled", ["true"], ["false"], True),
        ("aws_opensearch_domain", "encrypt_at_rest.enabled", ["false"], ["true"], False),
        ("aws_rds_cluster", "kms_key_id", ["a"], [], False),
        ("aws_rds_cluster", "kms_key_id", [], ["a"], True),
        ("aws_vpc_security_group_ingress_rule", "cidr_ipv4", ["10.0.0.0/8"], ["10.0.0.0/9"], False),
    ],
)
def test_a_change_replaces_if_its_values_say_so(
    type: str, path: str, before: list[object], after: list[object], expected: bool | None
) -> None:
    assert forces_replacement(type, path, before, after) is expected


def test_names_that_cannot_change_are_the_identity() -> None:
    assert identity_attributes("aws_dynamodb_table") == ("name",)
    assert identity_attributes("aws_rds_cluster") == (
        "cluster_identifier",
    )  # a final snapshot's name may change
    assert identity_attributes("aws_timestreamwrite_table") == ("table_name",)
    assert identity_attributes("aws_no_such_type") == ()
    named = {type for type, path in NAME_LIMITS if "." not in path}
    assert sorted(type for type in named if not identity_attributes(type)) == [  # AWS renames these in place
        "aws_api_gateway_authorizer",
        "aws_api_gateway_request_validator",
        "aws_api_gateway_rest_api",
        "aws_cognito_user_pool_client",
    ]


@pytest.mark.slow
@pytest.mark.terraform
def test_the_table_matches_the_provider(terraform: Terraform, tmp_path: Path) -> None:
    for package in ("google.protobuf", "grpc", "msgpack"):
        pytest.importorskip(package)
    version = ".".join(map(str, AWS_VERSION))
    (tmp_path / "main.tf").write_text(
        "terraform {\n  required_providers {\n"
        f'    aws = {{ source = "hashicorp/aws", version = "{version}" }}\n  }}\n}}\n'
    )
    assert terraform.init(tmp_path).returncode == 0
    (plugin,) = (tmp_path / ".terraform").glob(
        f"providers/*/hashicorp/aws/{version}/*/terraform-provider-aws_*"
    )
    sample = (
        "aws_cognito_user_pool_client", "aws_dynamodb_table_replica", "aws_kinesis_stream", "aws_kms_key",
        "aws_sfn_state_machine", "aws_sqs_queue", "aws_timestreamwrite_table",
    )  # fmt: skip
    checked = subprocess.run(
        [sys.executable, SCRIPT, "--plugin", plugin, "--check", *sample], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
