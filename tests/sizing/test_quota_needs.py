"""The needs of each Region are compared with the quotas; findings have the request command."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from stacks import DEMO_REGIONS, SHAPES, environment, sized

from ticketgen.aws.quotas import QUOTAS
from ticketgen.findings import Finding, Severity
from ticketgen.sizing import size
from ticketgen.sizing.quota_needs import Need, needs
from ticketgen.spec.model import Api, Environment, EventScale

SCALE = {
    "purchases_per_minute": 45_000,
    "seats_per_event": 234_000,
    "concurrent_events": 20,
    "seats_per_order": 8,
    "hold_seconds": 300,
}


def scaled(purchases: int, regions: tuple[str, ...] = DEMO_REGIONS[:2], **parts: Any) -> Environment:
    scale = EventScale(**SCALE | {"purchases_per_minute": purchases, "seats_per_order": 1})
    return environment(regions=regions, event_scale=scale, **parts)


def findings(subject: Environment, rule: str) -> list[Finding]:
    return [finding for finding in size(subject).findings if finding.rule == rule]


def need(subject: Environment, key: str, region: str) -> Need:
    found = [
        each for each in needs(subject, sized(subject)) if (each.quota.key, each.region) == (key, region)
    ]
    return max(found, key=lambda each: each.needed)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_region_is_compared_with_every_quota_of_its_resources(shape: str) -> None:
    subject = SHAPES[shape]()
    hubs = {subject.primary_region, subject.secondary_region}
    by_region: dict[str, set[str]] = {name: set() for name in subject.regions}
    for each in needs(subject, sized(subject)):
        by_region[each.region].add(each.quota.key)
        assert each.needed > 0
        assert each.what
        assert each.formula
    everywhere = set(QUOTAS) - {"kinesis-shards", "aurora-clusters", "sign-ins", "iam-roles"}
    for name, keys in by_region.items():
        assert everywhere <= keys
        assert ("kinesis-shards" in keys) == (name in hubs)
        assert ("iam-roles" in keys) == (name == subject.primary_region)


def test_a_hub_needs_more_executions_than_another_region() -> None:
    subject = SHAPES["prod"]()
    hub, other = (need(subject, "lambda-concurrency", name) for name in ("us-east-1", "eu-north-1"))
    assert hub.needed > other.needed > 1000
    messages = [finding.message for finding in findings(subject, "quota-lambda-concurrency")]
    assert len(messages) == 2
    assert any(message.endswith("in us-east-1, us-west-2") for message in messages)


@pytest.mark.parametrize(
    ("key", "purchases"),
    [
        ("lambda-concurrency", 60_000),
        ("api-throttle", 60_000),
        ("table-writes", 400_000),
        ("waf-requests", 400_000),
    ],
)
def test_a_raisable_quota_is_a_warning_with_its_command(key: str, purchases: int) -> None:
    subject = scaled(purchases)
    finding = findings(subject, f"quota-{key}")[0]
    assert finding.severity is Severity.WARNING
    assert f'"{QUOTAS[key].name}"' in finding.help
    small = EventScale(**SCALE | {"purchases_per_minute": 60, "seats_per_event": 1000})
    assert not findings(environment(regions=DEMO_REGIONS[:2], event_scale=small), f"quota-{key}")
    for region in subject.regions:
        assert need(subject, key, region).is_exceeded


def test_verification_reads_stay_within_the_quota() -> None:
    few = {"purchases_per_minute": 6000, "seats_per_order": 32}
    scale = EventScale(**SCALE | few | {"seats_per_event": 240_000})
    subject = environment(regions=DEMO_REGIONS[:2], event_scale=scale)
    reads = need(subject, "table-reads", "us-east-1")
    assert reads.limit / 2 < reads.needed < reads.limit
    scale = EventScale(**SCALE | few | {"seats_per_event": 1_000_000})
    more = size(environment(regions=DEMO_REGIONS[:2], event_scale=scale))
    assert {"cache-load-too-slow", "quota-table-reads"} <= {finding.rule for finding in more.findings}


def test_regions_with_a_smaller_shard_quota_are_checked() -> None:
    scale = EventScale(**SCALE | {"purchases_per_minute": 5_000_000, "seats_per_order": 8})
    crowded = environment(regions=("ap-northeast-2", "us-east-1"), event_scale=scale)
    finding = findings(crowded, "quota-kinesis-shards")[0]
    assert "1,000 in ap-northeast-2" in finding.message
    assert "us-east-1" not in finding.message


def test_sign_ins_count_with_cognito_only() -> None:
    assert not findings(scaled(45_000), "quota-sign-ins")
    finding = findings(scaled(45_000, api=Api(auth="cognito")), "quota-sign-ins")[0]
    assert "1,500 requests/s" in finding.message
    assert "120 in us-east-1" in finding.message


def test_regions_with_a_smaller_throttle_are_named() -> None:
    subject = scaled(15_000, ("us-east-1", "us-west-2", "af-south-1"), opt_in_regions=("af-south-1",))
    messages = [finding.message for finding in findings(subject, "quota-api-throttle")]
    assert len(messages) == 1
    assert messages[0].endswith("in af-south-1")


def test_a_command_is_valid_for_the_aws_cli() -> None:
    subject = SHAPES["prod"]()
    lines = {each.command for each in needs(subject, sized(subject)) if each.is_exceeded and each.command}
    assert lines
    for line in lines:
        words = shlex.split(line)
        assert words[:3] == ["aws", "service-quotas", "request-service-quota-increase"]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        assert set(options) == {"--service-code", "--quota-code", "--desired-value", "--region"}
        assert re.fullmatch("L-[0-9A-F]{8}", options["--quota-code"])
        assert options["--region"] in subject.regions
        assert int(options["--desired-value"]) > 0


def test_a_quota_without_a_known_code_is_looked_up() -> None:
    line = need(scaled(400_000), "waf-requests", "us-east-1").command
    words = shlex.split(line)
    assert words[:3] == ["aws", "service-quotas", "list-service-quotas"]
    assert "--quota-code" not in words
    assert QUOTAS["waf-requests"].name in words[-1]


def test_a_fixed_quota_has_no_command() -> None:
    subject = SHAPES["prod"]()
    assert need(subject, "api-burst", "us-east-1").is_exceeded
    assert need(subject, "api-burst", "us-east-1").command == ""
    assert not findings(subject, "quota-api-burst")  # the rate's request brings it along


def test_a_met_quota_is_not_exceeded() -> None:
    quota = QUOTAS["cache-nodes"]
    exact = Need(quota, "us-east-1", quota.default, "the seat map", "")
    assert exact.is_met
    assert not exact.is_exceeded
    assert not Need(quota, "us-east-1", quota.default - 1, "the seat map", "").is_met


def test_slow_lambda_scaling_asks_for_warm_up() -> None:
    rush = findings(scaled(400_000), "lambda-ramp")
    assert {finding.message.split(" needs ")[0] for finding in rush} == {
        "prod: ticket_purchase",
        "prod: seat_availability",
    }
    assert all(finding.severity is Severity.NOTE for finding in rush)
    assert not findings(scaled(45_000), "lambda-ramp")
