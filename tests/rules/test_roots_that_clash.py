"""Which root modules share a state, or work in another Region than their folder says."""

from __future__ import annotations

import pytest

from ticketgen.verification.verify import verify

BACKEND = 'terraform {{\n  backend "s3" {{\n{}\n  }}\n}}\n'
PLACE = '    bucket = "states"\n    key    = "{}"\n    region = "us-east-1"'


def _found(files: dict[str, str], rule: str) -> list[str]:
    return [each.message for each in verify(files, rendered=False) if each.rule == rule]


@pytest.mark.parametrize(
    ("settings", "is_shared"),
    [
        (PLACE.format("a"), True),
        (PLACE.format("b"), False),
        (PLACE.format("a").replace("states", "other-states"), False),
        (PLACE.format("a").replace("us-east-1", "eu-west-1"), True),  # buckets have one Region each
        (PLACE.format("a") + '\n    workspace_key_prefix = "two"', False),  # two/WORKSPACE/a
        (PLACE.format("a") + '\n    workspace_key_prefix = "env:"', True),  # the default
        ('    bucket = "states"', False),  # terraform init gets the key
        ("", False),
        (PLACE.format("a") + '\n    endpoints = { s3 = "https://storage.example" }', False),
    ],
)
def test_a_state_is_shared_if_bucket_and_key_are_the_same(settings: str, is_shared: bool) -> None:
    files = {"one/main.tf": BACKEND.format(PLACE.format("a")), "two/main.tf": BACKEND.format(settings)}
    expected = ["the state s3://states/a is also that of the root module in one"] if is_shared else []
    assert _found(files, "shared-state") == expected


def test_an_override_file_replaces_the_backend() -> None:
    shared = BACKEND.format(PLACE.format("a"))
    files = {"one/main.tf": shared, "two/main.tf": shared}
    files["two/override.tf"] = 'terraform {\n  backend "local" {}\n}\n'
    assert _found(files, "shared-state") == []


@pytest.mark.parametrize(
    ("folder", "provider", "region"),
    [
        ("regions/eu-west-1", 'region = "us-east-1"', "us-east-1"),
        ("regions/eu-west-1", 'region = "eu-west-1"', ""),
        ("regions/eu-west-1", 'alias = "x"\n  region = "us-east-1"', ""),
        ("regions/eu-west-1", "region = var.region", ""),  # a default proves nothing
        ("regions/eu-west-1/certificates", 'region = "us-east-1"', ""),
        ("global", 'region = "us-east-1"', ""),
    ],
)
def test_a_root_in_the_folder_of_a_region_works_there(folder: str, provider: str, region: str) -> None:
    text = f'provider "aws" {{\n  {provider}\n}}\n\nvariable "region" {{\n  default = "us-east-1"\n}}\n'
    expected = [f"the root module in {folder} works in {region}"] if region else []
    assert _found({f"{folder}/main.tf": text}, "provider-region") == expected
