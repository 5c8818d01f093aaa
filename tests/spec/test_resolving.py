"""Resolving: three places become environments, and every value knows where it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_tools import DEMO, both_stages

from ticketgen.aws.regions import COMMERCIAL, DATA_API_MISSING, REGIONS
from ticketgen.findings import Location, Severity, has_errors
from ticketgen.spec.authoring import MAX_ENVIRONMENTS
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.model import Environment, EventScale, Project
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve

HEAD = "version: 1\nproject: tap-marketplace\nextends: flash-sale\n"


def resolved(folder: Path, text: str) -> Project:
    path = folder / "ticketgen.yaml"
    path.write_text(text, encoding="utf-8")
    project, findings = both_stages(path)
    assert not has_errors(findings), findings
    assert project is not None
    return project


def environment(folder: Path, overrides: str, head: str = HEAD) -> Environment:
    return resolved(folder, f"{head}environments:\n  prod: {overrides}\n").environments[0]


def test_the_demo_matches_the_design() -> None:
    project, findings = both_stages(DEMO)

    assert not has_errors(findings)
    assert project is not None
    assert project.name == "tap-marketplace"
    dev, staging, prod = project.environments
    assert [dev.name, staging.name, prod.name] == ["dev", "staging", "prod"]
    assert dev.regions == ("us-east-1", "us-west-2")
    assert (dev.primary_region, dev.secondary_region) == ("us-east-1", "us-west-2")
    assert len(prod.regions) == 12
    assert prod.event_scale == EventScale(
        purchases_per_minute=45_000,
        seats_per_event=234_000,
        concurrent_events=20,
        seats_per_order=8,
        hold_seconds=300,
    )
    assert dev.event_scale.purchases_per_minute == 60
    assert staging.event_scale.purchases_per_minute == 4_500
    assert (dev.event_scale.seats_per_event, dev.event_scale.hold_seconds) == (500, 300)
    assert not dev.functions.reserved_concurrency
    assert [dev.protect, staging.protect, prod.protect] == [False, False, True]
    assert prod.objectives.model_dump() == {
        "lock_ms": 50, "replication_s": 2, "cache_load_s": 3, "verification_interval_s": 10,
        "verification_s": 8, "correction_s": 15,
    }  # fmt: skip
    assert prod.tags == {"Owner": "ticketing"}


def test_regions_are_sorted(tmp_path: Path) -> None:
    prod = environment(tmp_path, "{regions: [us-west-2, eu-west-1, us-east-1]}")

    assert prod.regions == ("eu-west-1", "us-east-1", "us-west-2")


@pytest.mark.parametrize("nothing", ["", "{}", "null", "~"])
def test_an_empty_override_changes_nothing(tmp_path: Path, nothing: str) -> None:
    assert environment(tmp_path, nothing) == environment(tmp_path, "{protect: false}")


def test_overrides_win_key_by_key(tmp_path: Path) -> None:
    prod = environment(
        tmp_path,
        "{event_scale: {hold_seconds: 60}, tags: {Team: b}}",
        HEAD + "event_scale: {hold_seconds: 90, seats_per_order: 4}\ntags: {Team: a, Owner: c}\n",
    )

    scale = prod.event_scale
    assert (scale.hold_seconds, scale.seats_per_order, scale.concurrent_events) == (60, 4, 20)
    assert prod.tags == {"Team": "b", "Owner": "c"}


def test_null_resets_nullable_values(tmp_path: Path) -> None:
    prod = environment(
        tmp_path,
        "{pms: {url: null}, state: {bucket: ~}, api: {domain: },"
        " regions: [us-east-1], secondary_region: null}",
        HEAD
        + "pms: {url: https://pms.example.com}\nstate: {bucket: the-state, region: eu-west-1}\n"
        + "api: {auth: cognito, domain: {name: a.example.com, zone_id: Z1}}\n",
    )

    assert (prod.pms.url, prod.state.bucket, prod.api.domain, prod.secondary_region) == (None,) * 4
    assert (prod.api.auth, prod.state.region) == ("cognito", "eu-west-1")


def test_everything_can_be_overridden(tmp_path: Path) -> None:
    prod = environment(
        tmp_path,
        "{regions: [eu-west-1, eu-south-1], primary_region: eu-west-1, secondary_region: eu-south-1,"
        " opt_in_regions: [eu-south-1], retired_regions: [us-west-2, us-east-1], account_id: '123456789012',"
        " deploy_role: 'arn:aws:iam::123456789012:role/deploy', event_scale: {seats_per_order: 2,"
        " seats_per_buyer: 4},"
        " objectives: {lock_ms: 80},"
        " admission: {ticket_seconds: 60}, protect: true,"
        " api: {auth: cognito, cors: {origins: ['https://a.b']}, log_role: existing},"
        " audit: {store: dynamodb},"
        " alarms: {email: [a@example.com]}, logs: {ip_retention_days: 14}, cache: {engine: redis},"
        " pms: {url: 'http://pms'}, state: {bucket: abc}, functions: {reserved_concurrency: false},"
        " quotas: {L-B99A9384: 10, L-8A5B8E43: {eu-west-1: 5}}, tags: {A: b},"
        " accept: [{address: aws_kms_key.a, reason: it is empty, until: 2026-12-31}]}",
    )

    assert prod.model_dump(exclude={"name", "project"}) == {
        "accept": ({"address": "aws_kms_key.a", "reason": "it is empty", "until": "2026-12-31"},),
        "regions": ("eu-south-1", "eu-west-1"), "primary_region": "eu-west-1",
        "secondary_region": "eu-south-1", "opt_in_regions": ("eu-south-1",),
        "retired_regions": ("us-east-1", "us-west-2"), "account_id": "123456789012",
        "deploy_role": "arn:aws:iam::123456789012:role/deploy",
        "event_scale": {"purchases_per_minute": 45_000, "seats_per_event": 234_000,
                        "concurrent_events": 20, "seats_per_order": 2, "hold_seconds": 300,
                        "seats_per_buyer": 4},
        "objectives": {"lock_ms": 80, "replication_s": 2, "cache_load_s": 3,
                       "verification_interval_s": 10, "verification_s": 8, "correction_s": 15},
        "admission": {"buyers_per_minute": None, "ticket_seconds": 60},
        "protect": True,
        "api": {"auth": "cognito", "domain": None, "cors": {"origins": ("https://a.b",)}, "log_role": "existing"},
        "audit": {"store": "dynamodb"}, "alarms": {"email": ("a@example.com",), "topic_arn": None},
        "cache": {"engine": "redis"}, "logs": {"ip_retention_days": 14}, "pms": {"url": "http://pms"},
        "state": {"bucket": "abc", "region": None}, "functions": {"reserved_concurrency": False},
        "quotas": {"L-B99A9384": 10, "L-8A5B8E43": {"eu-west-1": 5}}, "tags": {"A": "b"},
    }  # fmt: skip


def test_all_commercial_regions_can_be_used(tmp_path: Path) -> None:
    every = ", ".join(sorted(COMMERCIAL))
    opt_in = ", ".join(sorted(name for name in COMMERCIAL if REGIONS[name].opt_in))

    assert len(environment(tmp_path, f"{{regions: [{every}], opt_in_regions: [{opt_in}]}}").regions) == 34


def test_a_region_without_the_data_api_may_sell(tmp_path: Path) -> None:
    name = min(DATA_API_MISSING)
    prod = environment(tmp_path, f"{{regions: [us-east-1, us-west-2, {name}], opt_in_regions: [{name}]}}")

    assert name in prod.regions


def test_a_region_of_another_partition_is_refused(tmp_path: Path) -> None:
    prod = environment(
        tmp_path, "{regions: [cn-north-1], primary_region: cn-north-1, secondary_region: null}"
    )

    assert prod.regions == ("cn-north-1",)


def test_a_preset_may_bring_environments(tmp_path: Path) -> None:
    own = read(b"version: 1\nproject: tap\nenvironments: {prod: {protect: true}}", "own").value
    preset = read(
        b"regions: [us-east-1]\nprimary_region: us-east-1\n"
        b"event_scale: {purchases_per_minute: 1, seats_per_event: 1, concurrent_events: 1,"
        b" seats_per_order: 1, hold_seconds: 30}\n"
        b"environments: {prod: {tags: {A: b}}, dev: {event_scale: {hold_seconds: 60}}}",
        "preset",
    ).value
    assert own is not None
    checked = resolve(SpecDocument("own", own, preset))

    assert not has_errors(checked.findings)
    assert checked.value is not None
    prod, dev = checked.value.environments
    assert (prod.protect, prod.tags, dev.event_scale.hold_seconds) == (True, {"A": "b"}, 60)


def test_an_error_in_a_preset_is_reported_in_the_preset() -> None:
    own = read(b"version: 1\nproject: tap\nenvironments: {prod: {}}", "own").value
    preset = read(
        b"extends: other\nregions: [us-east-1]\nprimary_region: us-east-1\nsecondary_region: us-east-1\n"
        b"event_scale:\n  {purchases_per_minute: 1, seats_per_event: 1, concurrent_events: 1,"
        b" hold_seconds: 30,\n  seats_per_order: 40}",
        "preset",
    ).value
    assert own is not None
    findings = resolve(SpecDocument("own", own, preset)).findings

    assert [(finding.rule, finding.location) for finding in findings] == [
        ("unknown-key", Location("preset", 1, 1)),
        ("secondary-region", Location("preset", 4, 19)),
        ("out-of-range", Location("preset", 7, 20)),
    ]
    assert findings[0].help == "delete it: a preset has no extends"


def test_locations_name_the_origin_of_every_value() -> None:
    project, _ = both_stages(DEMO)
    assert project is not None
    marks = project.locations
    file = str(DEMO)

    assert marks["project",] == Location(file, 3, 10)
    assert marks["tags", "Owner"] == Location(file, 33, 19)
    assert marks["environments", "prod"] == Location(file, 28, 3)
    assert marks["environments", "dev", "event_scale", "purchases_per_minute"] == Location(file, 25, 42)
    assert marks["environments", "dev", "event_scale", "hold_seconds"] == Location(file, 14, 17)
    assert marks["environments", "dev", "regions", 0] == Location(file, 24, 15)
    # Sorted, so the first is the one that stands eighth in the file.
    assert marks["environments", "prod", "regions", 0] == Location(file, 8, 25)
    for each in project.environments:
        for region in range(len(each.regions)):
            at = marks["environments", each.name, "regions", region]
            line = DEMO.read_text(encoding="utf-8").splitlines()[at.line - 1]
            assert line[at.column - 1 :].startswith(each.regions[region])


def test_locations_of_preset_values_are_in_the_preset(tmp_path: Path) -> None:
    project = resolved(tmp_path, HEAD + "environments: {prod: }\n")

    at = project.locations["environments", "prod", "event_scale", "hold_seconds"]
    assert at.file.endswith("flash-sale.yaml")


def test_warnings_do_not_prevent_resolution(tmp_path: Path) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(HEAD + "environments: {dev: {api: {auth: none}}}\n", encoding="utf-8")
    project, findings = both_stages(path)

    assert project is not None
    assert [(finding.rule, finding.severity) for finding in findings] == [
        ("no-authentication", Severity.WARNING)
    ]


def test_the_number_of_environments_is_bounded(tmp_path: Path) -> None:
    def rules_of(count: int) -> list[str]:
        spec = tmp_path / "ticketgen.yaml"
        names = "".join(f"  e{number}:\n" for number in range(count))
        spec.write_text(f"version: 1\nproject: tap\nextends: small-venue\nenvironments:\n{names}")
        document = load(spec).value
        assert document is not None
        return [found.rule for found in resolve(document).findings if found.severity is Severity.ERROR]

    assert rules_of(MAX_ENVIRONMENTS + 1) == ["too-many-environments"]
    assert rules_of(3000) == ["too-many-environments"]
    assert "too-many-environments" not in rules_of(MAX_ENVIRONMENTS)
