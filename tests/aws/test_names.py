"""The limits of names agree with AWS's, and explain why a name would be rejected."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

import pytest

from ticketgen.aws.name_limits import NAME_LIMITS, TAG_KEY, TAG_VALUE, NameLimit

FROM_BOTOCORE = [
    pytest.param(*limit.source.split()[2:], limit, id=".".join(key))
    for key, limit in NAME_LIMITS.items()
    if limit.source.startswith("botocore")
]


@cache
def shapes(service: str) -> dict[str, dict[str, object]]:
    folder = files("botocore").joinpath("data", service)
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    text = gzip.decompress(folder.joinpath(version, "service-2.json.gz").read_bytes())
    found: dict[str, dict[str, object]] = json.loads(text)["shapes"]
    return found


@pytest.mark.parametrize(("service", "shape", "limit"), FROM_BOTOCORE)
def test_name_limits_match_botocore(service: str, shape: str, limit: NameLimit) -> None:
    documented = shapes(service)[shape]
    assert (limit.minimum, limit.maximum) == (documented["min"], documented["max"])
    assert documented.get("pattern") in (None, limit.pattern)


def test_limits_that_botocore_states_in_prose_are_listed() -> None:
    words = {
        ("elasticache", "CreateReplicationGroupMessage", "ReplicationGroupId"): "from 1 to 40",
        ("elasticache", "CreateCacheSubnetGroupMessage", "CacheSubnetGroupName"): "no more than 255",
        ("rds", "CreateDBClusterMessage", "DBClusterIdentifier"): "from 1 to 63 (for Aurora",
        ("rds", "CreateDBInstanceMessage", "DBInstanceIdentifier"): "from 1 to 63",
        ("rds", "DeleteDBClusterMessage", "FinalDBSnapshotIdentifier"): "1 to 255",
        ("rds", "CreateDBSubnetGroupMessage", "DBSubnetGroupName"): "no more than 255",
        ("ec2", "CreateSecurityGroupRequest", "GroupName"): "Up to 255 characters",
        ("sqs", "CreateQueueRequest", "QueueName"): "up to 80 characters",
        ("sns", "CreateTopicInput", "Name"): "between 1 and 256",
        ("cloudwatch", "PutDashboardInput", "DashboardName"): "maximum length is 255",
        ("apigateway", "CreateModelRequest", "name"): "Must be alphanumeric",
        ("apigateway", "CreateStageRequest", "stageName"): "Maximum length is 128",
        ("wafv2", "VisibilityConfig", "MetricName"): "from one to 128",
        ("stepfunctions", "CreateStateMachineInput", "name"): "",
        ("ec2", "Tag", "Key"): "maximum of 127",
        ("ec2", "Tag", "Value"): "maximum of 256",
    }
    for (service, shape, member), expected in words.items():
        members = shapes(service)[shape]["members"]
        assert isinstance(members, dict)
        assert expected in members[member]["documentation"], (service, shape, member)
    assert shapes("stepfunctions")["Name"]["max"] == NAME_LIMITS["aws_sfn_state_machine", "name"].maximum


def test_every_limit_has_a_source_and_accepts_an_ordinary_name() -> None:
    for key, limit in NAME_LIMITS.items():
        assert limit.source.startswith(
            ("botocore 1.44 ", "https://docs.aws.amazon.com/", "AWS documents no limit")
        ), key
        ordinary = "alias/tap" if key[0] == "aws_kms_alias" else "tap"
        assert limit.problem(ordinary) == "", key
        assert "characters" in limit.problem("t" * (limit.maximum + 1)), key
        assert limit.problem("t" * limit.maximum) == "", key
        breaks = "\\s" in limit.pattern or key[0] == "aws_cloudwatch_log_metric_filter"
        assert (limit.problem("t\nt") == "") == breaks, key


@pytest.mark.parametrize(
    ("resource", "attribute", "refused"),
    [
        ("aws_elasticache_replication_group", "replication_group_id", "tap--dev"),
        ("aws_elasticache_replication_group", "replication_group_id", "tap-"),
        ("aws_elasticache_replication_group", "replication_group_id", "1tap"),
        ("aws_elasticache_replication_group", "replication_group_id", "Tap"),
        ("aws_rds_cluster", "cluster_identifier", "tap-dev-"),
        ("aws_security_group", "name", "sg-tap"),
        ("aws_api_gateway_model", "name", "tap-dev"),
        ("aws_dynamodb_table", "name", "ab"),
        ("aws_iam_role", "name", "é"),
        ("aws_sqs_queue", "name", "a.b"),
        ("aws_sqs_queue", "name", "a" * 76 + ".fifo"),
        ("aws_wafv2_web_acl", "name", "a.b"),
    ],
)
def test_invalid_names_are_refused_with_a_reason(resource: str, attribute: str, refused: str) -> None:
    assert NAME_LIMITS[resource, attribute].problem(refused) != ""


def test_tags_accept_every_script_but_not_the_aws_prefix() -> None:
    assert TAG_KEY.problem("Größe 尺寸") == TAG_VALUE.problem("") == TAG_VALUE.problem("a+b@c:d/e=f") == ""
    assert TAG_KEY.problem("aws:x") != ""
    assert TAG_VALUE.problem("a;b") != ""
    assert TAG_VALUE.problem("a" * 257) != ""
