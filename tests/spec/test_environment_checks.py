"""Warnings about environments that are valid, and still a risk."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_tools import both_stages

HEAD = "version: 1\nproject: tap-marketplace\nextends: flash-sale\n"


def warned(tmp_path: Path, environments: str, rule: str) -> list[str]:
    """The messages of a rule about a spec with these environments."""
    path = tmp_path / "ticketgen.yaml"
    path.write_text(f"{HEAD}environments: {environments}\n", encoding="utf-8")
    _, findings = both_stages(path)
    return [finding.message for finding in findings if finding.rule == rule]


EUROPE = "regions: [eu-west-1, eu-west-2], primary_region: eu-west-1, secondary_region: eu-west-2"


@pytest.mark.parametrize(
    ("environments", "named"),
    [
        ("{dev: {}, prod: {}}", "dev and prod"),
        ("{dev: {}, staging: {}, prod: {api: {log_role: existing}}}", "dev and staging"),
        ("{dev: {api: {log_role: existing}}, prod: {}}", None),
        (f"{{dev: {{{EUROPE}}}, prod: {{regions: [us-east-1, us-west-2]}}}}", None),
    ],
)
def test_one_environment_of_an_account_sets_its_log_role(
    tmp_path: Path, environments: str, named: str | None
) -> None:
    expected = [f"api.log_role: {named} set the API Gateway log role of one account"] if named else []
    assert warned(tmp_path, environments, "shared-log-role") == expected


@pytest.mark.parametrize(
    ("settings", "is_unheard"),
    [
        ("protect: true", True),
        ("protect: false", False),
        ("protect: true, alarms: {email: [a@example.com]}", False),
        ("protect: true, alarms: {email: []}", True),
        ('protect: true, alarms: {topic_arn: "arn:aws:sns:{region}:123456789012:on-call"}', False),
    ],
)
def test_the_alarms_of_a_protected_environment_notify_somebody(
    tmp_path: Path, settings: str, is_unheard: bool
) -> None:
    expected = ["environments.prod: its alarms notify nobody"] if is_unheard else []
    assert warned(tmp_path, f"{{prod: {{{settings}}}}}", "unheard-alarms") == expected


@pytest.mark.parametrize(
    ("settings", "is_local"),
    [
        ("protect: true", True),
        ("protect: true, state: {bucket: null}", True),
        ("protect: true, state: {region: us-east-1}", True),
        ("protect: true, state: {bucket: the-state}", False),
        ("state: {bucket: null}", False),
    ],
)
def test_the_state_of_a_protected_environment_is_in_a_bucket(
    tmp_path: Path, settings: str, is_local: bool
) -> None:
    expected = ["environments.prod: its state is a local file"] if is_local else []
    assert warned(tmp_path, f"{{prod: {{{settings}}}}}", "local-state") == expected


@pytest.mark.parametrize(
    ("arn", "where"),
    [
        ("arn:aws:sns:{region}:123456789012:on-call", None),
        ("arn:aws:sns:us-east-1:123456789012:on-call", "us-west-2"),
        ("arn:aws:sns:eu-west-1:123456789012:on-call", "us-east-1 and us-west-2"),
        ("arn:aws-cn:sns:{region}:123456789012:on-call", "us-east-1 and us-west-2"),
    ],
)
def test_an_alarm_notifies_only_a_topic_in_its_region(tmp_path: Path, arn: str, where: str | None) -> None:
    environments = f'{{prod: {{regions: [us-east-1, us-west-2], alarms: {{topic_arn: "{arn}"}}}}}}'
    path = "environments.prod.alarms.topic_arn"
    expected = [f"{path}: alarms of prod in {where} cannot notify {arn}"] if where else []
    assert warned(tmp_path, environments, "alarm-topic-region") == expected
