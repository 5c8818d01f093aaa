"""A resource uses the provider configuration that Terraform gives it."""

from __future__ import annotations

import pytest

from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.parse import parse
from ticketgen.hcl.provider_resolution import ProviderConfiguration, provider_of
from ticketgen.hcl.syntax import File, Literal

_TABLE = 'resource "aws_dynamodb_table" "seats" {}\n'
_TWO = 'provider "aws" { region = "eu-west-1" }\nprovider "aws" {\nalias = "us"\nregion = "us-east-1"\n}\n'
_ALIASES = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
      configuration_aliases = [aws.replica]
    }
  }
}
"""


def scope_of(texts: dict[str, str], path: str = "") -> Scope:
    files = []
    for name, text in texts.items():
        file = parse(f"{name}/main.tf".lstrip("/"), text)
        assert isinstance(file, File), file
        files.append(file)
    return next(each for each in Configuration(files, {}).all_scopes() if each.path == path)


def found(texts: dict[str, str], path: str = "") -> ProviderConfiguration | None:
    scope = scope_of(texts, path)
    return provider_of(scope, scope.module.resources[0])


def region(found: ProviderConfiguration | None) -> object:
    assert found is not None
    assert found.declaration is not None
    value = found.declaration.value("region")
    assert isinstance(value, Literal)
    return value.value


def table(argument: str) -> str:
    return f'resource "aws_dynamodb_table" "seats" {{\n{argument}\n}}\n'


def call(argument: str = "", source: str = "./inner") -> str:
    return f'module "inner" {{\nsource = "{source}"\n{argument}\n}}\n'


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("", "eu-west-1"),
        ("provider = aws", "eu-west-1"),
        ("provider = aws.us", "us-east-1"),
        ('provider = "aws.us"', "us-east-1"),
    ],
)
def test_a_resource_of_a_root_module_uses_the_provider_that_it_names(argument: str, expected: str) -> None:
    assert region(found({"": _TWO + table(argument)})) == expected


def test_a_data_source_and_a_provider_of_another_name_are_resolved_too() -> None:
    text = (
        _TWO + 'provider "europe" { region = "eu-north-1" }\ndata "aws_region" "here" { provider = europe }'
    )
    assert region(found({"": text})) == "eu-north-1"


def test_without_a_block_the_default_configuration_is_implicit() -> None:
    provider = found({"": _TABLE})
    assert provider is not None
    assert (provider.name, provider.alias, provider.declaration) == ("aws", "", None)


def test_an_undeclared_alias_has_no_configuration() -> None:
    assert found({"": _TWO + table("provider = aws.eu")}) is None
    assert found({"": _TWO + call(), "inner": table("provider = aws.us")}, "module.inner") is None


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("", "eu-west-1"),
        ("providers = { aws = aws.us }", "us-east-1"),
        ('providers = { "aws" = "aws.us" }', "us-east-1"),
        ("for_each = toset([1, 2])\nproviders = { aws = aws.us }", "us-east-1"),
        ("providers = { random = random }", "eu-west-1"),
    ],
)
def test_a_module_gets_its_default_provider_passed_or_inherits_it(argument: str, expected: str) -> None:
    assert region(found({"": _TWO + call(argument), "inner": _TABLE}, "module.inner")) == expected


def test_an_alias_of_a_module_is_what_its_call_passes() -> None:
    inner = _ALIASES + table("provider = aws.replica")
    passed = {"": _TWO + call("providers = { aws = aws, aws.replica = aws.us }"), "inner": inner}
    assert region(found(passed, "module.inner")) == "us-east-1"
    assert found({"": _TWO + call(), "inner": inner}, "module.inner") is None


def test_providers_pass_through_nested_modules() -> None:
    texts = {
        "": _TWO + call("providers = { aws.replica = aws.us }"),
        "inner": _ALIASES + call("providers = { aws = aws.replica }", "../deep"),
        "deep": _TABLE,
    }
    assert region(found(texts, "module.inner.module.inner")) == "us-east-1"
    texts["inner"] = _ALIASES + call("", "../deep")
    assert region(found(texts, "module.inner.module.inner")) == "eu-west-1"


def test_a_block_in_a_module_is_used_unless_the_call_replaces_it() -> None:
    own = {"": _TWO + call(), "inner": 'provider "aws" { region = "sa-east-1" }\n' + _TABLE}
    assert region(found(own, "module.inner")) == "sa-east-1"
    proxy = {"": _TWO + call("providers = { aws = aws.us }"), "inner": 'provider "aws" {}\n' + _TABLE}
    assert region(found(proxy, "module.inner")) == "us-east-1"


def test_a_provider_with_another_local_name_is_inherited_by_its_source() -> None:
    named = 'terraform {\n  required_providers {\n    %s = { source = "hashicorp/aws" }\n  }\n}\n'
    texts = {
        "": named % "amazon" + 'provider "amazon" { region = "eu-west-3" }\n' + call(),
        "inner": "terraform {\n  required_providers {\n"
        '    aws = { source = "registry.terraform.io/hashicorp/aws" }\n  }\n}\n' + _TABLE,
    }
    provider = found(texts, "module.inner")
    assert region(provider) == "eu-west-3"
    assert provider is not None
    assert provider.name == "amazon"


def test_two_resources_share_a_configuration_if_and_only_if_it_is_the_same() -> None:
    both = table("") + 'resource "aws_sqs_queue" "a" {}\nresource "aws_sqs_queue" "b" { provider = aws.us }\n'
    scope = scope_of({"": _TWO + both})
    seats, same, other = (provider_of(scope, each) for each in scope.module.resources)
    assert seats == same
    assert hash(seats) == hash(same)
    assert seats != other
