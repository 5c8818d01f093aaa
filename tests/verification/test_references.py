"""References within a module and between modules are declared."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import LEVELS
from ticketgen.verification.verify import verify

LEVEL = {info.id for info in LEVELS["References"]} - {"unused-declaration"} | {"not-checked"}
"""The findings under test; other levels have their own tests."""

NETWORK = {
    "modules/network/main.tf": """terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.peer]
    }
  }
}

variable "cidr" {
  type = string
}

variable "names" {
  type    = map(object({ name = optional(string, "x") }))
  default = {}

  validation {
    condition     = alltrue([for name in var.names : name.name != ""])
    error_message = "Empty names: ${join(", ", keys(var.names))}"
  }
}

resource "aws_vpc" "main" {
  cidr_block = var.cidr
}

resource "aws_vpc" "peer" {
  provider   = aws.peer
  cidr_block = cidrsubnet(var.cidr, 4, 1)
}

output "vpc_id" {
  value = aws_vpc.main.id
}
""",
}
ROOT = """provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

locals {
  ports = { https = 443 }
  tags  = { for key, value in local.ports : key => "${value}-${terraform.workspace}" }
}

data "aws_region" "here" {
  provider = aws.us_east_1
}

module "network" {
  source    = "./modules/network"
  providers = { aws = aws.us_east_1, aws.peer = aws.us_east_1 }
  for_each  = local.ports

  cidr = "10.${each.value}.0.0/16"
}

resource "aws_security_group" "web" {
  provider = aws.us_east_1
  count    = length(local.ports)
  vpc_id   = module.network["https"].vpc_id
  name     = "${data.aws_region.here.name}-${count.index}-${path.module}"

  dynamic "ingress" {
    for_each = local.ports
    iterator = port

    content {
      from_port   = port.value
      to_port     = port.value
      protocol    = "tcp"
      description = port.key
    }
  }

  dynamic "timeouts" {
    for_each = [for name in keys(local.ports) : name if name != ""]
    content {
      create = timeouts.value
    }
  }

  lifecycle {
    ignore_changes       = [tags["Owner"], description]
    replace_triggered_by = [module.network]

    postcondition {
      condition     = self.name != ""
      error_message = "No name"
    }
  }

  provisioner "local-exec" {
    when       = destroy
    on_failure = continue
    command    = "echo ${self.id}"
  }

  depends_on = [module.network, data.aws_region.here]
}

check "answers" {
  data "http" "page" {
    url = "https://example.com"
  }

  assert {
    condition     = data.http.page.status_code == 200
    error_message = "${data.http.page.url} is down"
  }
}

moved {
  from = aws_security_group.old
  to   = aws_security_group.web
}

import {
  to       = aws_security_group.web[0]
  id       = "sg-1"
  provider = aws.us_east_1
}

output "script" {
  value = <<-EOT
    %{ for name, port in local.ports ~}
    ${name} ${port} ${aws_security_group.web[*].id[0]}
    %{ endfor ~}
    EOT
}
"""


def found(root: str, others: Mapping[str, str] = NETWORK) -> list[Finding]:
    return [each for each in verify({"main.tf": root, **others}, rendered=True) if each.rule in LEVEL]


def test_valid_references_are_accepted() -> None:
    assert found(ROOT) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "words"),
    [
        ("keys(local.ports)", "keys(local.port)", "undeclared-reference", "undeclared local value local.port"),
        ("= port.value\n      to", "= ingress.value\n      to", "undeclared-reference", "ingress.value"),
        ("timeouts.value", "each.key2", "undeclared-reference", "each.key2"),
        ("data.aws_region.here.name", "data.aws_region.there.name", "undeclared-reference", "undeclared data source"),
        ("aws_security_group.web[*]", "aws_security_group.wep[*]", "undeclared-reference", "undeclared resource"),
        ("${terraform.workspace}", "${terraform.workspaces}", "undeclared-reference", "terraform.workspaces"),
        ("${terraform.workspace}", "${terraform.env}", "undeclared-reference", "terraform.env is not"),
        ('"tcp"', "tcp", "undeclared-reference", "tcp is not a complete reference"),
        ('name in keys(local.ports) : name if name != ""', 'name in keys(local.ports) : nam if name != ""',
         "undeclared-reference", "nam is not a complete"),
        ("${name} ${port}", "${name} ${ports}", "undeclared-reference", "ports is not a complete"),
        ("[module.network]", "[module.networks]", "undeclared-reference", "undeclared module module.networks"),
        ('["https"].vpc_id', '["https"].vpc', "unknown-module-output", "no output vpc"),
        ('cidr = "', 'cidrs = "', "unknown-module-input", "unsupported argument cidrs in module.network"),
        ('cidr = "10.${each.value}.0.0/16"', "", "missing-module-input", "required argument cidr"),
        ("provider = aws.us_east_1\n  count", "provider = aws.us_west_1\n  count", "undeclared-provider", "us_west_1"),
        ("aws = aws.us_east_1, aws", "aws = aws.us_west_1, aws", "undeclared-provider", "us_west_1"),
        (", aws.peer = aws.us_east_1", "", "missing-module-provider", "aws.peer"),
        ("aws.peer = aws.us_east_1", "aws.peer = aws.us_east_1, aws.pear = aws.us_east_1",
         "unknown-module-provider", "aws.pear"),
        ("./modules/network", "./modules/networks", "missing-module", "modules/networks"),
    ],
)  # fmt: skip
def test_an_invalid_reference_is_reported_at_its_place(old: str, new: str, rule: str, words: str) -> None:
    assert ROOT.count(old) == 1
    text = ROOT.replace(old, new)
    matching = [each for each in found(text) if each.rule == rule]
    assert len(matching) == 1, found(text)
    (finding,) = matching
    assert words in finding.message
    # Terraform only warns: the source of the provider is HashiCorp's.
    only_warned = rule == "unknown-module-provider"
    assert finding.severity is (Severity.WARNING if only_warned else Severity.ERROR)
    assert finding.help
    assert finding.location is not None
    changed = next(number for number, pair in enumerate(zip(ROOT.split("\n"), text.split("\n"), strict=False), 1)
                   if pair[0] != pair[1])  # fmt: skip
    call = 1 + ROOT.split("\n").index('module "network" {')
    assert finding.location.line in {changed, call}


def test_the_help_suggests_the_nearest_name() -> None:
    (finding,) = found(ROOT.replace("keys(local.ports)", "keys(local.portz)"))
    assert finding.help == "did you mean local.ports?"


@pytest.mark.parametrize(
    ("old", "new", "help"),
    [
        ("${terraform.workspace}", "${terraform.workspaces}", "did you mean terraform.workspace?"),
        ("${terraform.workspace}", "${terraform.x}", "use terraform.applying or terraform.workspace"),
        ('"tcp"', "tcp", 'write tcp.NAME, or "tcp" in quotes for a string'),
        ('"tcp"', "t3.micro", 'write "t3.micro" in quotes for a string, or declare it in this module'),
        ("keys(local.ports)", "keys(local.x)", "declare it in this module"),
        ("keys(local.ports)", "keys(var.ports)", "did you mean local.ports?"),
        ("[module.network]", "[module.x]", "declare it in this module"),
        ("aws_security_group.web[*]", "aws_security_group.x[*]", "declare it in this module"),
        ("aws_security_group.web[*]", "aws_security_grup.web[*]", "did you mean aws_security_group.web?"),
        ("data.aws_region.here.name", "data.aws_regoin.here.name", "did you mean data.aws_region.here?"),
        ('["https"].vpc_id', '["https"].x', "declare the output in modules/network"),
        (
            "provider = aws.us_east_1\n  count",
            "provider = aws.x\n  count",
            'add a provider "aws" block with alias = "x"',
        ),
    ],
)
def test_applying_the_help_fixes_the_error(old: str, new: str, help: str) -> None:
    assert [each.help for each in found(ROOT.replace(old, new, 1))] == [help]


def test_a_module_outside_the_directory_gets_a_note() -> None:
    (finding,) = found(ROOT.replace("./modules/network", "../network"), {})
    assert (finding.rule, finding.severity) == ("module-not-checked", Severity.NOTE)


def test_a_module_from_a_registry_gets_a_note() -> None:
    (finding,) = found(ROOT.replace("./modules/network", "terraform-aws-modules/vpc/aws"), {})
    assert (finding.rule, finding.severity) == ("module-not-checked", Severity.NOTE)


def test_an_unread_file_prevents_findings_about_undeclared_references() -> None:
    broken = {**NETWORK, "more.tf": "locals {\n  port = {\n"}
    text = ROOT.replace("keys(local.ports)", "keys(local.port)").replace(
        "aws.us_east_1\n  count", "aws.x\n  count"
    )
    assert found(text, broken) == []
    assert "syntax" in {each.rule for each in verify({"main.tf": text, **broken}, rendered=True)}


def test_an_unread_file_of_a_module_may_declare_its_variables() -> None:
    broken = {**NETWORK, "modules/network/more.tf": 'variable "cidrs" {\n'}
    assert found(ROOT.replace("  cidr = ", "  cidr = var.x\n  cidrs = ").replace("var.x", "1"), broken) == []


def test_a_declaration_in_another_folder_does_not_count() -> None:
    other = {"modules/other/main.tf": "locals {\n  a = var.cidr\n}\n"}
    (finding,) = found(ROOT, {**NETWORK, **other})
    assert finding.location is not None
    assert (finding.location.file, finding.location.line) == ("modules/other/main.tf", 2)
