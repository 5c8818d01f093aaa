"""Blocks that an override file changes: what Terraform ignores there, what it requires, and where findings are."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

OBJECT = 'resource "aws_s3_object" "o" {\n  bucket = "b"\n  key = "k"\n'
IN_O = 'resource "aws_s3_object" "o" {\n'
CALL = 'module "m" {\n  source = "./m"\n'
MODULE = 'variable "a" {}\noutput "o" {\n  value = var.a\n}\n'
PROVIDER = 'data "aws_region" "r" {}\nprovider "aws" {\n  region = "eu-west-1"\n'

W, E = Severity.WARNING, Severity.ERROR


# Each is what `terraform validate` of version 1.11 says of the same files.
@pytest.mark.parametrize(
    ("base", "override", "expected"),
    [
        (OBJECT + "  zz = 1\n}\n", IN_O + "}\n", [("unknown-attribute", "main.tf", 4, W)]),
        (OBJECT + "}\n", IN_O + "\n\n  zz = 1\n}\n", [("unknown-attribute", "override.tf", 4, W)]),
        (OBJECT + "  zz {}\n}\n", IN_O + "}\n", [("unknown-block", "main.tf", 4, W)]),
        (OBJECT + '  dynamic "zz" {\n    for_each = []\n    content {}\n  }\n}\n', IN_O + "}\n",
         [("unknown-block", "main.tf", 4, E)]),
        (OBJECT + "  zz = [\n    local.none]\n}\n", IN_O + "}\n",
         [("unknown-attribute", "main.tf", 4, W), ("undeclared-reference", "main.tf", 5, W)]),
        (OBJECT + "  acl = local.none\n}\n", IN_O + "}\n", [("undeclared-reference", "main.tf", 4, E)]),
        (OBJECT + "}\n", IN_O + "\n\n\n\n  acl = local.none\n}\n", [("undeclared-reference", "override.tf", 6, E)]),
        (OBJECT + "}\n", IN_O + "\n  override_provider {\n    zz = 1\n  }\n}\n",
         [("unknown-attribute", "override.tf", 4, E)]),
        (OBJECT.replace('  key = "k"\n', "}\n"), IN_O + '  key = "k"\n}\n', [("missing-attribute", "main.tf", 1, E)]),
        (CALL + "}\n", 'module "m" {\n  a = 1\n}\n', [("missing-module-input", "main.tf", 1, E)]),
        (CALL + "  a = 1\n  b = 1\n}\n", 'module "m" {\n  a = 2\n  c = 2\n}\n',
         [("unknown-module-input", "main.tf", 4, W), ("unknown-module-input", "override.tf", 3, W)]),
        (PROVIDER + "  zz = 1\n}\n", 'provider "aws" {\n  yy = 1\n}\n',
         [("unknown-attribute", "main.tf", 4, W), ("unknown-attribute", "override.tf", 2, W)]),
        ('variable "v" {\n  zz = 1\n}\noutput "o" {\n  value = var.v\n}\n', 'variable "v" {\n  default = 1\n}\n',
         [("unknown-attribute", "main.tf", 2, E)]),
    ],
)  # fmt: skip
def test_findings_are_those_of_terraform(
    base: str, override: str, expected: list[tuple[str, str, int, Severity]]
) -> None:
    files = {"main.tf": base, "override.tf": override}
    if "./m" in base:
        files["m/main.tf"] = MODULE
    found = [
        (each.rule, each.location.file, each.location.line, each.severity)
        for each in verify(files, rendered=False)
        if each.location and each.severity is not Severity.NOTE
    ]
    assert sorted(found) == sorted(expected)


def test_the_line_in_an_override_file_in_json_is_its_own() -> None:
    text = '{\n"resource": {"aws_s3_object": {"o": {\n"acl": "${local.none}"}}}}\n'
    found = verify({"main.tf": OBJECT + "}\n", "override.tf.json": text}, rendered=False)
    assert [(each.rule, each.location.file, each.location.line) for each in found if each.location] == [
        ("undeclared-reference", "override.tf.json", 3)
    ]


def test_faults_of_an_unused_provider_in_an_override_file_are_warnings() -> None:
    files = {
        "main.tf": 'provider "aws" {\n  alias = "x"\n}\n',
        "override.tf": 'provider "aws" {\n  alias  = "x"\n  region = local.none\n}\n',
    }
    found = verify(files, rendered=False)
    assert [(each.rule, each.location.file, each.severity) for each in found if each.location] == [
        ("undeclared-reference", "override.tf", W)
    ]


def test_places_in_texts_are_those_in_the_files() -> None:
    files = {
        "main.tf": "locals {\n  a = 1\n}\n",
        "override.tf": "\nlocals {\n  a = 2\n}\n",
        "other.tf": "locals {\n  a = 3\n}\n",
    }
    (finding,) = (each for each in verify(files, rendered=False) if each.rule == "duplicate-address")
    assert finding.message == "local.a is already declared at override.tf:3:3"
