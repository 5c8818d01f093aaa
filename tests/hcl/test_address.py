"""An address is parsed once, from the syntax model, and never cut from a string."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ticketgen
from ticketgen.hcl.address import Address
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File, Reference

SOURCE = Path(ticketgen.__file__).parent
KINDS = "check|data|ephemeral|local|module|output|provider|resource|var"
CUTS = re.compile(
    rf"""\.r?(?:split|partition)\(["']\.["']|(?:removeprefix|startswith)\(\(?["'](?:{KINDS})\.["']"""
)
OF_OTHER_THINGS = {
    "hcl/address.py": ("text.split",),  # a provider configuration in a string, as in Terraform 0.11
    "rules/client_flow.py": ("name.rpartition", "handler.rpartition"),  # Python's names
    "rules/code_imports.py": ("text.split",),  # a version
    "rules/python_code.py": ("alias.name.partition", "node.module.partition"),  # Python's names
    "rules/python_scopes.py": ("alias.name.partition",),  # Python's names
    "rules/service_settings.py": ("fact.type.split",),  # a type and the nested blocks in it
    "rules/state_machine.py": (
        "resource.rpartition",
    ),  # an integration such as sqs:sendMessage.waitForTaskToken
    "rules/vpc_route.py": (
        "name.rpartition",
    ),  # an endpoint service such as com.amazonaws.us-east-1.dynamodb
    "verification/argument_combinations.py": (
        "argument.partition",
        "argument.rpartition",
        "path.partition",
    ),  # arguments of nested blocks
    "verification/directory.py": ("file.partition",),  # the suffix of a file's name
    "verification/provider_schema.py": (
        "path.rpartition",
    ),  # an attribute of nested blocks in the provider's tables
    "verification/provider_values.py": ("path.split", "whole.split"),  # nested blocks; an instance type
    "verification/superseded_names.py": ("path.split",),  # an attribute of nested blocks
    "verification/version_constraints.py": ("match[2].split",),  # a version
}


def reference(text: str) -> Reference:
    file = parse("main.tf", f"a = {text}\n")
    assert isinstance(file, File)
    value = file.body.attributes[0].value
    assert isinstance(value, Reference)
    return value


@pytest.mark.parametrize(
    ("text", "address", "written", "steps"),
    [
        ("var.tags.Owner", Address("var", "", "tags"), "var.tags", 1),
        ('local.tags["a"]', Address("local", "", "tags"), "local.tags", 1),
        ("aws_vpc.main.id", Address("resource", "aws_vpc", "main"), "aws_vpc.main", 1),
        ("resource.aws_vpc.main.id", Address("resource", "aws_vpc", "main"), "aws_vpc.main", 1),
        ("data.aws_region.here[0].name", Address("data", "aws_region", "here"), "data.aws_region.here", 2),
        ("module.net[0].id", Address("module", "", "net"), "module.net", 2),
        ("path.module", Address("path", "", "module"), "path.module", 0),
        ("data.aws_region", Address("data", "aws_region"), "data.aws_region", 0),
        ("aws_vpc[0].id", Address("resource", "aws_vpc"), "aws_vpc", 2),
        ("var", Address("var"), "var", 0),
        ("resource", Address("resource", "resource"), "resource", 0),
    ],
)
def test_a_reference_names_an_address_and_steps_into_it(
    text: str, address: Address, written: str, steps: int
) -> None:
    found = reference(text)
    assert found.address == address
    assert str(found.address) == written
    assert found.parsed[1] == found.steps[len(found.steps) - steps :]


def test_an_output_is_the_first_attribute_behind_any_index() -> None:
    output = reference('module.net["a"].id.x').attribute
    assert output is not None
    assert output.name == "id"
    assert reference("module.net[0]").attribute is None


def test_addresses_have_an_order() -> None:
    names = [Address("var", "", "b"), Address("resource", "aws_vpc", "a"), Address("var", "", "a")]
    assert list(map(str, sorted(names))) == ["aws_vpc.a", "var.a", "var.b"]


def test_no_address_is_cut_from_a_string() -> None:
    cuts = [
        f"{name}: {line.strip()}"
        for package in (".", "hcl", "pictures", "rules", "verification")
        for path in sorted((SOURCE / package).glob("*.py"))
        for name in [path.relative_to(SOURCE).as_posix()]
        for line in path.read_text("utf-8").splitlines()
        if CUTS.search(line) and not any(allowed in line for allowed in OF_OTHER_THINGS.get(name, ()))
    ]
    assert cuts == []
