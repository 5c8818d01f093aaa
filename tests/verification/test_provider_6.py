"""The snapshot of AWS provider 6, and the choice of the version that a module is checked against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ticketgen.aws.provider.schema import AWS_VERSION, AWS_VERSION_6, BlockSchema, schema_of, types_of
from ticketgen.aws.provider.schema_changes import change_service
from ticketgen.aws.provider.version_6 import DEPRECATED, READ_ONLY_SINCE_6, REMOVED, REMOVED_TYPES
from ticketgen.findings import Finding, Severity
from ticketgen.hcl.modules import modules
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.verification.accepted_versions import AcceptedVersions, accepted_versions
from ticketgen.verification.verify import verify

REQUIRED = (
    'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws", version = "%s" }\n  }\n}\n'
)
BOTH = (AWS_VERSION, AWS_VERSION_6)
ONLY_5, ONLY_6 = (AWS_VERSION,), (AWS_VERSION_6,)


def of_schema(constraint: str, text: str) -> list[Finding]:
    rules = ("attribute", "block", "type", "blocks", "6", "checked")
    found = verify({"main.tf": (REQUIRED % constraint if constraint else "") + text}, rendered=False)
    return [
        each for each in found if each.rule.rpartition("-")[2] in rules and each.rule != "value-not-checked"
    ]


def lost(before: BlockSchema, after: BlockSchema, path: str = "") -> Iterator[tuple[str, str]]:
    """The names that a configuration may set before and not after, with what happened to them."""
    if after.is_open:
        return
    for name in before.attributes:
        old, new = before.attribute(name), after.attribute(name)
        if new is None and name not in after.blocks:
            yield path + name, "removed"
        elif old and new and new.read_only and not old.read_only:
            yield path + name, "read-only"
    for name in before.blocks:
        nested, same = before.nested(name), after.nested(name)
        if nested and same:
            yield from lost(nested.block, same.block, f"{path}{name}.")
        elif name not in after.attributes:
            yield path + name, "removed"


def test_the_tables_of_removals_are_the_differences_of_the_snapshots() -> None:
    found = {}
    gone = set()
    for kind in ("resource", "data"):
        written = "data." if kind == "data" else ""
        gone |= {written + each for each in types_of(kind, AWS_VERSION) - types_of(kind, AWS_VERSION_6)}
        for type in types_of(kind, AWS_VERSION) & types_of(kind, AWS_VERSION_6):
            before, after = schema_of(kind, type), schema_of(kind, type, AWS_VERSION_6)
            assert before is not None
            assert after is not None
            found.update({(written + type, path): what for path, what in lost(before, after)})
    assert gone == set(REMOVED_TYPES)
    read_only = {key for key, what in found.items() if what == "read-only"}
    assert set(found) - read_only == set(REMOVED) - READ_ONLY_SINCE_6
    assert read_only - READ_ONLY_SINCE_6 == {
        ("aws_spot_instance_request", "network_interface.network_card_index"),
        ("data.aws_vpc_peering_connection", "peer_region"),
        ("data.aws_vpc_peering_connection", "region"),
    }
    assert all(
        schema_of("data" if "." in type else "resource", type.rpartition(".")[2], AWS_VERSION_6)
        for type, _ in DEPRECATED
    )


@pytest.mark.parametrize(
    ("kind", "type", "has_region"),
    [
        ("resource", "aws_sqs_queue", True),
        ("data", "aws_vpc", True),
        ("resource", "aws_iam_role", False),
        ("resource", "aws_cloudfront_distribution", False),
        ("data", "aws_iam_policy_document", False),
    ],
)
def test_the_snapshot_knows_which_types_have_a_region(kind: str, type: str, has_region: bool) -> None:
    schema = schema_of(kind, type, AWS_VERSION_6)
    assert schema is not None
    assert ("region" in schema.attributes) == has_region


def test_changes_add_to_blocks_replace_and_remove() -> None:
    before: dict[str, Any] = {
        "resource": {"aws_a": 0, "aws_gone": 1},
        "blocks": [
            {"attributes": {"x": ["o", "string"], "y": ["o", "string"]}, "blocks": {"b": ["list", 0, 1, 1]}},
            {"attributes": {"z": ["r", "string"]}, "blocks": {}},
        ],
    }
    change = {
        "removed": ["x"],
        "attributes": {"y": ["r", "number"]},
        "blocks": {"new": ["set", 0, 0, {"attributes": {"v": ["oc", "bool"]}}]},
        "nested": {"b": {"attributes": {"w": ["oc", "bool"]}}},
        "limits": {"b": ["list", 1, 0]},
    }
    after = change_service(
        before, {"resource": {"aws_a": change, "aws_gone": None, "aws_new": {"open": True}}}
    )
    assert set(after["resource"]) == {"aws_a", "aws_new"}
    block = after["blocks"][after["resource"]["aws_a"]]
    assert block["attributes"] == {"y": ["r", "number"]}
    *limits, nested = block["blocks"]["b"]
    assert limits == ["list", 1, 0]
    assert set(after["blocks"][nested]["attributes"]) == {"z", "w"}
    assert after["blocks"][block["blocks"]["new"][3]]["attributes"] == {"v": ["oc", "bool"]}
    assert after["blocks"][after["resource"]["aws_new"]]["open"]
    assert before["blocks"][0]["attributes"].keys() == {"x", "y"}


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ({"": ""}, BOTH),
        ({"": ">= 5.0"}, BOTH),
        ({"": "~> 5.31.1"}, ONLY_5),
        ({"": ">= 6.0"}, ONLY_6),
        ({"": "~> 4.0"}, ()),
        ({"": ">= 5.0", "m": ">= 6.0"}, ONLY_6),
        ({"": "~> 5.0", "m": ">= 4.0"}, ONLY_5),
        ({"": "~> 5.0", "m": ">= 6.0"}, ()),
    ],
)
def test_a_root_module_and_its_callees_share_a_version(
    constraints: dict[str, str], expected: tuple[tuple[int, ...], ...]
) -> None:
    found = versions_of(constraints, {"": ["m"]})
    assert {each.snapshots for each in found.values()} == {expected}


def test_a_module_that_two_root_modules_call_accepts_what_either_does() -> None:
    constraints = {"five": "~> 5.0", "m": ">= 4.0", "six": "~> 6.0"}
    found = versions_of(constraints, {"five": ["m"], "six": ["m"]})
    assert {name: each.snapshots for name, each in found.items()} == {
        "five": ONLY_5,
        "m": BOTH,
        "six": ONLY_6,
    }


def test_modules_that_call_each_other_have_versions() -> None:
    found = versions_of({"a": ">= 6.0", "b": ""}, {"a": ["b"], "b": ["a"]})
    assert {each.snapshots for each in found.values()} == {ONLY_6}


def versions_of(constraints: dict[str, str], calls: dict[str, list[str]]) -> dict[str, AcceptedVersions]:
    files = []
    for folder, constraint in constraints.items():
        text = REQUIRED % constraint if constraint else ""
        for called in calls.get(folder, []):
            if called in constraints:
                source = f"./{called}" if not folder else f"../{called}"
                text += f'module "{called}" {{\n  source = "{source}"\n}}\n'
        parsed = parse(f"{folder}/main.tf".lstrip("/"), text)
        assert isinstance(parsed, File)
        files.append(parsed)
    return dict(accepted_versions(modules(files).values()))


QUEUE = 'resource "aws_sqs_queue" "q" {\n  %s\n}\n'


@pytest.mark.parametrize(
    ("constraint", "text", "expected"),
    [
        ("~> 6.0", QUEUE % 'region = "eu-west-1"', []),
        ("~> 5.0", QUEUE % 'region = "eu-west-1"', [("error", "in AWS provider 5.100.0")]),
        (">= 5.0", QUEUE % 'region = "eu-west-1"', [("warning", "before AWS provider 6")]),
        ("", QUEUE % 'region = "eu-west-1"', []),
        ("~> 6.0", QUEUE % "nmae = 1", [("error", "in AWS provider 6.25.0")]),
        ("~> 6.0", QUEUE % "of_tomorrow = 1", [("warning", "in AWS provider 6.25.0")]),
        (">= 6.0, < 6.26", QUEUE % "of_tomorrow = 1", [("error", "in AWS provider 6.25.0")]),
        (">= 6.26", QUEUE % "of_tomorrow = 1", [("note", "the last one that ticketgen knows")]),
        (">= 5.0", QUEUE % "of_tomorrow = 1", [("error", "in AWS provider 5.100.0 and 6.25.0")]),
        ("~> 6.0", 'resource "aws_dynamodb_table" "t" {\n  name = "a"\n  global_secondary_index {\n    name = "i"\n'
         '    projection_type = "ALL"\n    key_schema {}\n  }\n}\n',
         [("warning", "key_schema"), ("warning", "missing required argument global_secondary_index.hash_key")]),
        ("~> 6.0", 'resource "aws_dynamodb_table" "t" {\n  name = "a"\n  global_secondary_index {\n    name = "i"\n'
         '    projection_type = "ALL"\n  }\n}\n',
         [("error", "missing required argument global_secondary_index.hash_key")]),
        ("~> 6.0", 'resource "terraform_data" "d" {\n  of_tomorrow = 1\n}\n',
         [("error", "unsupported argument of_tomorrow in terraform_data")]),
        ("~> 6.0", 'resource "aws_iam_role" "r" {\n  assume_role_policy = "{}"\n  region = "a"\n}\n',
         [("warning", "unsupported argument region")]),
        ("~> 6.0", QUEUE.replace("queue", "que") % "", [("error", "there is no aws_sqs_que in AWS provider 6.25.0")]),
        ("", QUEUE.replace("queue", "que") % "", [("error", "there is no aws_sqs_que in")]),
        ("~> 6.0", 'resource "aws_of_tomorrow" "t" {}\n', [("note", "is not in AWS provider 6.25.0")]),
        ("~> 4.0", QUEUE.replace("queue", "que") % "", [("note", "before 5")]),
        ("~> 6.0", 'resource "aws_simpledb_domain" "d" {\n  name = "a"\n}\n', [("error", "was removed")]),
        (">= 5.0", 'resource "aws_simpledb_domain" "d" {\n  name = "a"\n}\n', [("warning", "was removed")]),
        ("~> 6.0", 'resource "aws_s3vectors_vector_bucket" "b" {\n  vector_bucket_name = "a"\n}\n', []),
        (">= 5.0", 'resource "aws_s3vectors_vector_bucket" "b" {\n  vector_bucket_name = "a"\n}\n',
         [("warning", "before AWS provider 6")]),
        ("~> 6.0", 'resource "aws_redshift_cluster" "c" {\n  cluster_identifier = "a"\n  node_type = "b"\n'
         '  endpoint = "c"\n}\n', [("error", "endpoint of aws_redshift_cluster is read-only in AWS provider 6")]),
        ("~> 6.0", 'data "aws_region" "r" {}\noutput "r" {\n  value = data.aws_region.r.region\n}\n', []),
        ("~> 6.0", 'data "aws_region" "r" {}\noutput "r" {\n  value = data.aws_region.r.regoin\n}\n',
         [("error", "data.aws_region has no attribute regoin in AWS provider 6.25.0")]),
        ("~> 5.0", 'data "aws_region" "r" {}\noutput "r" {\n  value = data.aws_region.r.region\n}\n',
         [("error", "in AWS provider 5.100.0")]),
        (">= 5.0", 'data "aws_region" "r" {}\noutput "r" {\n  value = data.aws_region.r.region\n}\n',
         [("warning", "before AWS provider 6")]),
        ("~> 6.0", 'resource "aws_eip" "e" {\n  vpc = true\n}\noutput "e" {\n  value = aws_eip.e.vpc\n}\n',
         [("error", "vpc of aws_eip was removed in AWS provider 6")] * 2),
    ],
)  # fmt: skip
def test_findings_name_the_version_and_spare_what_another_one_accepts(
    constraint: str, text: str, expected: list[tuple[str, str]]
) -> None:
    found = of_schema(constraint, text)
    assert [each.severity.value for each in found] == [severity for severity, _ in expected], found
    for finding, (_, words) in zip(found, expected, strict=True):
        assert words in finding.message


def test_statements_of_waf_rules_are_open_in_provider_6() -> None:
    text = (
        'resource "aws_wafv2_rule_group" "g" {\n  name = "a"\n  capacity = 1\n  scope = "REGIONAL"\n'
        "  visibility_config {\n    cloudwatch_metrics_enabled = true\n    metric_name = 1\n"
        "    sampled_requests_enabled = true\n  }\n  rule {\n    name = 1\n    priority = 1\n"
        "    action {\n      count {}\n    }\n"
        "    statement {\n      asn_match_statement {\n        asn_list = [1]\n      }\n    }\n"
        "    visibility_config {\n    cloudwatch_metrics_enabled = true\n    metric_name = 1\n"
        "    sampled_requests_enabled = true\n  }\n  }\n}\n"
    )
    assert [each for each in of_schema("~> 6.0", text) if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("content", "constraint", "expected"),
    [
        ("later_rule_set {\n}", "~> 6.0", []),
        ("later_rule_set {\n}", "", []),
        ("later_rule_set {\n}", "~> 5.0", ["unknown-block"]),
        ("text_transformation {\n}", "~> 6.0", ["missing-attribute"] * 2),
    ],
)
def test_blocks_in_statements_are_open_as_well(content: str, constraint: str, expected: list[str]) -> None:
    text = (
        'resource "aws_wafv2_rule_group" "g" {\n  name = "a"\n  capacity = 1\n  scope = "REGIONAL"\n'
        "  visibility_config {\n    cloudwatch_metrics_enabled = true\n    metric_name = 1\n"
        "    sampled_requests_enabled = true\n  }\n  rule {\n    name = 1\n    priority = 1\n"
        "    action {\n      count {}\n    }\n    statement {\n      rate_based_statement {\n        limit = 100\n"
        f"        scope_down_statement {{\n          byte_match_statement {{\n{content}\n"
        "          }\n        }\n      }\n    }\n"
        "    visibility_config {\n    cloudwatch_metrics_enabled = true\n    metric_name = 1\n"
        "    sampled_requests_enabled = true\n  }\n  }\n}\n"
    )
    found = of_schema(constraint, text)
    assert [
        each.rule for each in found if "later" in each.message or "text_transformation." in each.message
    ] == expected
