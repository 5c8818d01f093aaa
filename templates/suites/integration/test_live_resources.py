"""In each Region, AWS reports what the stack configures."""

from __future__ import annotations

import demands
import pytest

from support.functions import FUNCTIONS
from support.live import Outputs, client
from support.places import at, root, table
from support.stack import Stack

pytestmark = pytest.mark.aws
each_region = pytest.mark.parametrize("region", demands.REGIONS)
each_hub = pytest.mark.parametrize("region", demands.HUBS)


@each_region
@pytest.mark.parametrize("key", ["events", "inventory", "sales"])
def test_a_global_table_is_in_the_region(outputs: Outputs, stack: Stack, region: str, key: str) -> None:
    planned = stack.resource(table(key))
    found = client("dynamodb", region).describe_table(TableName=planned.get("name"))["Table"]
    assert found["TableStatus"] == "ACTIVE", f"{planned} in {region}"
    keys = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
    assert (keys["HASH"], keys.get("RANGE")) == (planned.get("hash_key"), planned.get("range_key"))


@each_region
def test_the_regions_locks_are_its_own_and_expire(outputs: Outputs, stack: Stack, region: str) -> None:
    dynamodb, name = client("dynamodb", region), outputs[root("regions", region)]["locks_table_name"]
    found = dynamodb.describe_table(TableName=name)["Table"]
    assert not found.get("Replicas"), "a global table of locks would lock nothing"
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
    assert ttl["AttributeName"] == "expiry_time"


@each_region
@pytest.mark.parametrize("name", [name for name, each in FUNCTIONS.items() if each.module == "region"])
def test_a_function_is_deployed_as_configured(outputs: Outputs, stack: Stack, region: str, name: str) -> None:
    planned = stack.resource(at("region", f"aws_lambda_function.{name}", region))
    found = client("lambda", region).get_function_configuration(FunctionName=planned.get("function_name"))
    for attribute, expected in (
        ("Timeout", "timeout"),
        ("MemorySize", "memory_size"),
        ("Runtime", "runtime"),
    ):
        assert found[attribute] == planned.get(expected), f"{planned}: {attribute}"
    assert set(found["Environment"]["Variables"]) == set(planned.get("environment.variables"))


@each_region
def test_the_api_is_throttled_as_configured(outputs: Outputs, stack: Stack, region: str) -> None:
    planned = stack.resource(at("region", "aws_api_gateway_method_settings.all", region))
    gateway = client("apigateway", region)
    name = stack.resource(at("region", "aws_api_gateway_rest_api.tickets", region)).get("name")
    (api,) = (api for api in gateway.get_rest_apis(limit=500)["items"] if api["name"] == name)
    settings = gateway.get_stage(restApiId=api["id"], stageName=demands.ENVIRONMENT)["methodSettings"]["*/*"]
    assert settings["throttlingRateLimit"] == planned.get("settings.throttling_rate_limit"), f"{planned}"
    assert settings["throttlingBurstLimit"] == planned.get("settings.throttling_burst_limit"), f"{planned}"


@each_region
def test_redis_is_available_and_encrypted(outputs: Outputs, stack: Stack, region: str) -> None:
    planned = stack.resource(at("region", "aws_elasticache_replication_group.seats", region))
    name = planned.get("replication_group_id")
    (group,) = client("elasticache", region).describe_replication_groups(ReplicationGroupId=name)[
        "ReplicationGroups"
    ]
    assert group["Status"] == "available", f"{planned}"
    assert group["TransitEncryptionEnabled"], f"{planned}"
    assert group["AtRestEncryptionEnabled"], f"{planned}"


@each_region
def test_the_regions_alarms_exist(outputs: Outputs, stack: Stack, region: str) -> None:
    planned = {
        a.get("alarm_name") for a in stack.resources("aws_cloudwatch_metric_alarm") if a.region == region
    }
    pages = (
        client("cloudwatch", region)
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=demands.PROJECT)
    )
    found = {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
    assert planned <= found, f"{region} lacks {sorted(planned - found)}"


@each_hub
def test_the_hubs_stream_and_database_are_available(outputs: Outputs, stack: Stack, region: str) -> None:
    shown = outputs[root("regions", region)]
    stream = client("kinesis", region).describe_stream_summary(StreamName=shown["kinesis_stream_name"])
    assert stream["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    identifier = shown["aurora_cluster_arn"].rpartition(":")[2]
    (cluster,) = client("rds", region).describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
    assert cluster["Status"] == "available"
    assert cluster["StorageEncrypted"]


@each_hub
def test_the_user_that_writes_sales_has_its_password(outputs: Outputs, stack: Stack, region: str) -> None:
    planned = stack.resource(at("analytics", "aws_secretsmanager_secret.sales_writer", region))
    found = client("secretsmanager", region).describe_secret(SecretId=planned.get("name"))
    assert found["RotationEnabled"], f"{planned}"
    stages = [stage for each in found["VersionIdsToStages"].values() for stage in each]
    assert "AWSCURRENT" in stages, f"{planned} was never rotated: read the function's log"


@each_hub
def test_the_hubs_state_machine_and_ticker_are_active(outputs: Outputs, region: str) -> None:
    states = client("stepfunctions", region)
    arn = outputs[root("regions", region)]["verification_state_machine_arn"]
    assert states.describe_state_machine(stateMachineArn=arn)["status"] == "ACTIVE"
    rule = client("events", region).describe_rule(Name=f"{demands.PROJECT}-ticker-{demands.ENVIRONMENT}")
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(1 minute)")
