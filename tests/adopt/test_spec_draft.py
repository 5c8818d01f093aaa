"""A drafted spec resolves, whatever was found: what ticketgen refuses is left out and listed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ticketgen.adopt.adoption import adopt
from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.spec_draft import SpecDraft, draft_spec
from ticketgen.findings import Location

_QUEUE = 'resource "aws_sqs_queue" "{name}" {{\n  provider = aws.{name}\n}}\n'
_PROVIDER = 'provider "aws" {{\n  alias = "{name}"\n  region = "{region}"\n}}\n'
_REGIONS = ("eu-west-1", "ap-southeast-4", "ap-south-2", "ap-southeast-2", "eu-central-2")
_VALUES: dict[tuple[str, ...], tuple[str | int | bool | tuple[str, ...], ...]] = {
    ("account_id",): ("123456789012", "1"),
    ("deploy_role",): ("arn:aws:iam::210987654321:role/x", "role"),
    ("event_scale", "purchases_per_minute"): (1, 10**9, -4, True),
    ("event_scale", "seats_per_order"): (4, 9, 10**6),
    ("event_scale", "seats_per_buyer"): (2, 8, 0),
    ("event_scale", "hold_seconds"): (5, 60),
    ("protect",): (True, "maybe"),
    ("api", "auth"): ("cognito", "oauth"),
    ("api", "domain", "name"): ("tickets.example.com", "no domain"),
    ("api", "domain", "zone_id"): ("Z0123456789ABC", "zone"),
    ("api", "cors", "origins"): (("https://a.example", "javascript:"), ("x",)),
    ("cache", "engine"): ("redis", "memcached"),
    ("audit", "store"): ("timestream", "disk"),
    ("alarms", "email"): (("a@example.com", "nobody"),),
    ("alarms", "topic_arn"): ("arn:aws:sns:eu-west-1:123456789012:t", "topic"),
    ("logs", "ip_retention_days"): (7, 8),
    ("pms", "url"): ("https://pms.example", "ftp://x"),
    ("state", "bucket"): ("states-{region}", "B"),
    ("state", "region"): ("eu-west-1", "mars"),
    ("project",): ("shop", "UPPER"),
    ("tags", "Owner"): ("me",),
    ("tags", "aws:x"): ("no",),
}


def _found(rng: random.Random) -> list[FoundValue | LeftOut]:
    regions = tuple(rng.sample(_REGIONS, rng.randint(1, 4))) if rng.random() < 0.8 else ("cn-north-1",)
    at = Location("main.tf", rng.randint(1, 99))
    found: list[FoundValue | LeftOut] = [
        FoundValue(("regions",), regions, "", None, tuple((each, at) for each in regions)),
        FoundValue(("primary_region",), rng.choice(regions), "x", at),
        FoundValue(("secondary_region",), rng.choice([*regions, None]), "x", at),
        FoundValue(("opt_in_regions",), rng.choice([regions, ("eu-central-2",)]), "x", at),
    ]
    found += (
        FoundValue(path, rng.choice(every), "x", at) for path, every in _VALUES.items() if rng.random() < 0.6
    )
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_draft_resolves_if_an_environment_has_a_region_that_can_be_primary(seed: int) -> None:
    rng = random.Random(seed)
    found = {name: _found(rng) for name in ("dev", "prod")[: rng.randint(1, 2)]}
    found["live"] = [
        FoundValue(("regions",), ("eu-west-1", "ap-southeast-4"), ""),
        FoundValue(("primary_region",), "ap-southeast-4", "x"),
        FoundValue(("secondary_region",), "eu-west-1", "x"),
        *_found(rng),
    ]
    draft = draft_spec(found, dict.fromkeys(found, "x"))
    assert isinstance(draft, SpecDraft), draft
    assert "live" in {each.name for each in draft.project.environments}


def _stack(folder: Path, **regions: str) -> tuple[SpecDraft, str]:
    """The draft of a stack with a queue in each Region, by the alias of its provider, and what is left out."""
    text = "".join(_PROVIDER.format(name=name, region=region) for name, region in regions.items())
    text += "".join(_QUEUE.format(name=name) for name in regions)
    folder.joinpath("main.tf").write_text(text, encoding="utf-8")
    done = adopt(folder, "stack")
    assert not done.findings
    assert done.value is not None
    assert done.value.draft is not None
    return done.value.draft, "\n".join(
        f"{each.location}: {each.what}: {each.reason}" for each in done.value.left_out
    )


def test_the_only_region_gives_way_to_a_near_one_if_it_cannot_be_primary(tmp_path: Path) -> None:
    draft, left_out = _stack(tmp_path, a="ap-southeast-4")
    assert draft.project.environments[0].regions == ("ap-southeast-2",)
    assert "- ap-southeast-2 # assumption: near ap-southeast-4, which has no Aurora Data API" in draft.text
    assert (
        "main.tf:5:1: Region ap-southeast-4 (aws_sqs_queue.a): ap-southeast-4 has no Aurora Data API"
        in left_out
    )


def test_a_region_that_cannot_be_secondary_is_left_out_if_there_is_no_other(tmp_path: Path) -> None:
    draft, left_out = _stack(tmp_path, a="ap-southeast-2", b="ap-southeast-4")
    (environment,) = draft.project.environments
    assert (environment.regions, environment.secondary_region) == (("ap-southeast-2",), None)
    assert "main.tf:12:1: Region ap-southeast-4" in left_out


def test_another_region_is_secondary_if_the_named_one_cannot_be(tmp_path: Path) -> None:
    tmp_path.joinpath("names.tf").write_text(
        'locals {\n  primary_region = "ap-southeast-4"\n  dr_region = "ap-southeast-6"\n}\n', encoding="utf-8"
    )
    draft, left_out = _stack(
        tmp_path, a="ap-southeast-2", b="ap-southeast-4", c="ap-northeast-1", d="ap-southeast-6"
    )
    (environment,) = draft.project.environments
    assert len(environment.regions) == 4
    assert (environment.primary_region, environment.secondary_region) == ("ap-southeast-2", "ap-northeast-1")
    assert "names.tf:2:20: primary_region ap-southeast-4 (local.primary_region)" in left_out
    assert "names.tf:3:15: secondary_region ap-southeast-6 (local.dr_region)" in left_out


def test_environments_that_one_spec_cannot_have_are_left_out(tmp_path: Path) -> None:
    tmp_path.joinpath("variables.tf").write_text(
        'variable "region" {}\nvariable "environment" {}\nresource "aws_sqs_queue" "a" {}\n'
        'provider "aws" {\n  region = var.region\n}\n',
        encoding="utf-8",
    )
    for name, text in {
        "dev": 'region = "cn-north-1"\n',
        "qa": 'environment = "qa"\n',
        "prod": 'region = "eu-west-1"\n',
    }.items():
        tmp_path.joinpath(f"{name}.tfvars").write_text(text, encoding="utf-8")
    draft, left_out = _stack(tmp_path)
    assert [each.name for each in draft.project.environments] == ["prod"]
    assert "the environment dev: it is in aws-cn, and the spec is in aws" in left_out
    assert "the environment qa: its Regions are not known from the code" in left_out


def test_the_last_thirty_environments_are_kept() -> None:
    found = {
        f"e{number}": [
            FoundValue(("project",), "shop", ""),
            FoundValue(("regions",), ("eu-west-1",), ""),
            FoundValue(("primary_region",), "eu-west-1", ""),
            FoundValue(("secondary_region",), None, ""),
        ]
        for number in range(32)
    }
    draft = draft_spec(found, dict.fromkeys(found, ""))
    assert isinstance(draft, SpecDraft)
    assert [each.name for each in draft.project.environments] == [f"e{number}" for number in range(2, 32)]
    assert [each.what for each in draft.left_out] == ["the environment e0", "the environment e1"]
