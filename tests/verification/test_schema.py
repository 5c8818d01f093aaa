"""The schema level reports the same lines as Terraform's own validation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.aws.provider.schema import AWS_VERSION, BlockSchema, schema_of
from ticketgen.aws.provider.version_6 import BOOLEANS, DEPRECATED, REMOVED, REMOVED_TYPES
from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import LEVELS
from ticketgen.verification.verify import verify

LEVEL = {info.id for info in LEVELS["Schema"]}

WRONG = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

variable "any" {
  type = any
}

provider "aws" {
  region = "us-east-1"
  regoin = "us-east-1" # unknown-attribute

  default_tag { # unknown-block
    tags = {}
  }
}

resource "aws_sqs_queue" "typo" {
  nmae = "a" # unknown-attribute
}

resource "aws_sqs_queue" "read_only" {
  name = "a"
  arn  = "b" # read-only-attribute
  url  = "c" # read-only-attribute
}

resource "aws_dynamodb_table" "lacks" { # missing-attribute
  hash_key = "id"

  attribute { # missing-attribute
    name = "id"
  }
}

resource "aws_dynamodb_table" "types" {
  name         = ["a"] # wrong-type
  billing_mode = { a = 1 } # wrong-type
  ttl {
    attribute_name = "x"
    enabled        = "maybe" # wrong-type
  }
  ttl { # too-many-blocks
    attribute_name = "y"
  }
  replicas { # unknown-block
    region_name = "eu-west-1"
  }
  read_capacity  = "ten" # wrong-type
  stream_enabled = [] # wrong-type
  tags           = ["a"] # wrong-type
}

resource "aws_lambda_function" "nested" {
  function_name = "a"
  role          = "arn:aws:iam::123456789012:role/b"
  layers        = "c" # wrong-type
  vpc_config    = {} # unknown-attribute

  environment {
    variables = { A = ["b"] } # wrong-type
    varaibles = {} # unknown-attribute
  }

  dynamic "dead_letter_config" {
    for_each = var.any
    content { # missing-attribute
      target = "a" # unknown-attribute
    }
  }

  timeouts {
    create = "1m"
    crate  = "1m" # unknown-attribute
  }
}

resource "aws_security_group" "as_blocks" {
  ingress { # missing-attribute
    from_port = 1
    to_prt    = 1 # unknown-attribute
  }
}

data "aws_iam_policy_document" "data" {
  statement {
    action = ["a"] # unknown-attribute
  }
}

output "reads" {
  value = [
    aws_sqs_queue.typo.arns, # unknown-attribute
    data.aws_iam_policy_document.data.jsn, # unknown-attribute
    aws_dynamodb_table.types[0].stream_arm, # unknown-attribute
  ]
}
"""

RIGHT = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

variable "any" {
  type = any
}

resource "aws_dynamodb_table" "converted" {
  count = 2

  name             = 1
  hash_key         = true
  read_capacity    = "10"
  stream_enabled   = "true"
  stream_view_type = null

  attribute {
    name = "id"
    type = "S"
  }

  dynamic "attribute" {
    for_each = var.any
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "replica" {
    for_each = var.any
    iterator = each_replica
    content {
      region_name = each_replica.value
    }
  }

  timeouts {
    create = "1h"
  }

  lifecycle {
    prevent_destroy = true
    ignore_changes  = [read_capacity]
  }

  provisioner "local-exec" {
    command = "true"
  }

  tags = { Name = 1, Other = true }
}

resource "aws_security_group" "as_blocks_and_as_values" {
  ingress {
    from_port   = 1
    to_port     = "2"
    protocol    = -1
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress = []
}

resource "aws_lambda_function" "made" {
  function_name = "a"
  filename      = "a.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  role          = var.any
  layers        = toset([for each in var.any : each])
  memory_size   = 1 + 127
  timeout       = -(-3)

  environment {
    variables = { for key, value in var.any : key => value }
  }
}

data "aws_vpc" "data" {
  filter {
    name   = "a"
    values = ["b"]
  }
}

resource "terraform_data" "own" {
  input = data.aws_vpc.data.cidr_block
}

output "reads" {
  value = [
    aws_dynamodb_table.converted[*].arn,
    aws_dynamodb_table.converted[0].attribute,
    aws_security_group.as_blocks_and_as_values.ingress,
    aws_lambda_function.made.environment[0].variables,
    data.aws_vpc.data.tags["a"],
  ]
}
"""


def schema_findings(text: str, **others: str) -> list[Finding]:
    return [each for each in verify({"main.tf": text, **others}, rendered=False) if each.rule in LEVEL]


def marked(text: str) -> list[tuple[int, str]]:
    """The rules by line, from the comments at the ends of lines."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        rule = line.rpartition("# ")[2]
        if rule in LEVEL:
            found.append((number, rule))
    return found


def test_each_error_is_reported_at_its_line_under_its_rule() -> None:
    found = {(each.location.line, each.rule) for each in schema_findings(WRONG) if each.location}
    assert sorted(found) == marked(WRONG)
    assert {each.severity for each in schema_findings(WRONG)} == {Severity.ERROR}


def test_valid_blocks_are_accepted() -> None:
    assert schema_findings(RIGHT) == []


@pytest.mark.slow
@pytest.mark.terraform
def test_terraform_agrees(terraform: Terraform, tmp_path: Path) -> None:
    # Terraform stops if a provider block is invalid.
    provider = WRONG[WRONG.index("  regoin") : WRONG.index("}\n\nresource")]
    for name, text in (("right", RIGHT), ("wrong", WRONG.replace(provider, "\n" * provider.count("\n")))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
        assert terraform.init(tmp_path / name).returncode == 0
    right = json.loads(terraform.run(tmp_path / "right", "validate", "-json").stdout)
    assert right["diagnostics"] == []
    wrong = json.loads(terraform.run(tmp_path / "wrong", "validate", "-json").stdout)
    lines = {each["range"]["start"]["line"] for each in wrong["diagnostics"] if "range" in each}
    ours = {line for line, _ in marked(WRONG)}
    assert lines <= ours
    assert len(lines) > len(ours) / 2  # Terraform stops at the first unknown name in a block


IN_BOTH = " in AWS provider 5.100.0 and 6.25.0"
CONSTRAINED = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "%s"
    }
  }
}

resource "aws_eip" "nat" {
  vpc   = true
  other = 1
}
"""


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("nmae = 1", "unsupported argument nmae in aws_sqs_queue", "did you mean name?"),
        ("x = 1", "unsupported argument x in aws_sqs_queue", "remove it"),
        ("urll = 1", "unsupported argument urll in aws_sqs_queue", "remove it"),  # url is read-only
        ("timeout {}", "unsupported block type timeout in aws_sqs_queue", "did you mean timeouts?"),
        ("arn {}", "arn of aws_sqs_queue is a read-only attribute, but is written as a block", "remove it"),
        ("name {}", "name of aws_sqs_queue is an argument, but is written as a block", "write name = …"),
        (
            'fifo_queue = "maybe"',
            'inappropriate value for fifo_queue of aws_sqs_queue: a bool is required, not "maybe"',
            "write true or false",
        ),
        ("delay_seconds = [1]",
         "inappropriate value for delay_seconds of aws_sqs_queue: a number is required, not a list", "write a number"),
        ("tags = 1", "inappropriate value for tags of aws_sqs_queue: a map is required, not 1", "write { … }"),
        ("timeouts {}\ntimeouts {}", "too many timeouts blocks in aws_sqs_queue: only one is allowed",
         "remove a block"),
    ],
)  # fmt: skip
def test_a_finding_has_a_message_and_a_fix(text: str, message: str, help: str) -> None:
    findings = schema_findings(f'resource "aws_sqs_queue" "q" {{\n{text}\n}}\n')
    assert [(each.message, each.help) for each in findings] == [(f"{message}{IN_BOTH}", help)]


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "missing required block event_bus in aws_cloudwatch_event_endpoint: at least 2 are required"),
        (1, "missing required block event_bus in aws_cloudwatch_event_endpoint: at least 2 are required"),
        (3, "too many event_bus blocks in aws_cloudwatch_event_endpoint: only 2 are allowed"),
    ],
)
def test_a_number_of_blocks_is_singular_or_plural(count: int, message: str) -> None:
    text = 'resource "aws_cloudwatch_event_endpoint" "e" {\n' + "event_bus {}\n" * count + "}\n"
    found = [each for each in schema_findings(text) if each.rule in {"missing-block", "too-many-blocks"}]
    assert f"{message}{IN_BOTH}" in [each.message for each in found]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (">= 5.0", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
        ("~> 5.100", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
        ("5.100.0", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
        ("~> 6.0", {"removed-in-provider-6": "error", "unknown-attribute": "warning"}),
        ("~> 6.0, < 6.20", {"removed-in-provider-6": "error", "unknown-attribute": "error"}),
        (">= 6.28", {"removed-in-provider-6": "error", "schema-not-checked": "note"}),
        ("~> 4.0", {"schema-not-checked": "note"}),
        (">= 7.0", {"schema-not-checked": "note"}),
        ("< 5.100", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
        ("5.31.1", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
        ("!= 5.100.0", {"removed-in-provider-6": "warning", "unknown-attribute": "error"}),
    ],
)
def test_only_provider_versions_that_a_module_accepts_are_checked(
    constraint: str, expected: dict[str, str]
) -> None:
    found = {each.rule: each.severity.value for each in schema_findings(CONSTRAINED % constraint)}
    assert found == expected


def test_unknown_types_are_counted_in_one_note_per_reason() -> None:
    text = "".join(f'resource "random_id" "r{n}" {{\n  byte_length = 2\n}}\n' for n in range(3))
    text += 'resource "time_sleep" "x" {\n  anything = 1\n}\n'
    found = schema_findings(text, **{"m/main.tf": text})
    assert [(each.rule, each.severity.value) for each in found] == [("schema-not-checked", "note")] * 2
    assert {each.message.partition(":")[0] for each in found} == {
        "2 blocks are not checked against a schema",
        "6 blocks are not checked against a schema",
    }


def test_another_provider_with_the_same_local_name_is_not_checked() -> None:
    text = 'terraform {\n  required_providers {\n    aws = { source = "me/aws" }\n  }\n}\n'
    found = schema_findings(text + 'resource "aws_eip" "e" {\n  mine = 1\n}\n')
    assert [each.rule for each in found] == ["schema-not-checked"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('resource "aws_opsworks_stack" "s" {\n  name = "a"\n}\n', "removed-in-provider-6"),
        ('data "aws_region" "r" {}\noutput "o" {\n  value = data.aws_region.r.name\n}\n', "deprecated"),
        ('resource "aws_lb_target_group" "t" {\n  preserve_client_ip = 1\n}\n', "removed-in-provider-6"),
        (
            'resource "aws_iam_role" "r" {\n  assume_role_policy = "{}"\n  managed_policy_arns = []\n}\n',
            "deprecated",
        ),
    ],
)
def test_removals_and_deprecations_of_provider_6_are_reported(text: str, rule: str) -> None:
    assert rule in {each.rule for each in schema_findings(text)}


def test_an_argument_new_in_provider_6_is_wrong_only_if_5_is_accepted_too() -> None:
    queue = 'resource "aws_sqs_queue" "q" {\n  name   = "a"\n  region = "eu-west-1"\n}\n'
    assert schema_findings(queue) == []
    accepting = CONSTRAINED.partition("resource")[0] % ">= 5.100" + queue
    assert [(each.rule, each.severity.value) for each in schema_findings(accepting)] == [
        ("unknown-attribute", "warning")
    ]


def _has(subject: str, path: str) -> bool:
    kind, _, type = subject.rpartition(".")
    schema = schema_of(kind or "resource", type)
    *blocks, last = path.split(".")
    for block in blocks:
        nested = schema.nested(block) if schema else None
        schema = nested.block if nested else None
    return schema is not None and (last in schema.attributes or last in schema.blocks)


def test_everything_that_provider_6_changed_exists_in_provider_5() -> None:
    assert [key for key in (*REMOVED, *DEPRECATED, *BOOLEANS) if not _has(*key)] == []
    assert [subject for subject in REMOVED_TYPES if not _has(subject, "id")] == []


def test_the_snapshot_has_every_type_with_a_name_limit() -> None:
    assert [type for type, _ in NAME_LIMITS if schema_of("resource", type) is None] == []


@pytest.mark.slow
@pytest.mark.terraform
def test_the_snapshot_matches_the_provider(terraform: Terraform, tmp_path: Path) -> None:
    """Names, flags, types and counts of every resource, data source and block are the same."""
    version = ".".join(map(str, AWS_VERSION))
    (tmp_path / "main.tf").write_text(CONSTRAINED.partition("resource")[0] % version)
    assert terraform.init(tmp_path).returncode == 0
    documented = json.loads(terraform.run(tmp_path, "providers", "schema", "-json").stdout)
    provider = documented["provider_schemas"]["registry.terraform.io/hashicorp/aws"]
    different = []
    for plural, kind in (("resource_schemas", "resource"), ("data_source_schemas", "data")):
        assert len(provider[plural]) > 500
        for type, document in provider[plural].items():
            if not _same(schema_of(kind, type), document["block"]):
                different.append(f"{kind} {type}")
    assert different == []


def _same(ours: object, theirs: dict[str, object]) -> bool:
    if not isinstance(ours, BlockSchema):
        return False
    attributes = theirs.get("attributes", {})
    blocks = theirs.get("block_types", {})
    assert isinstance(attributes, dict)
    assert isinstance(blocks, dict)
    if set(ours.attributes) != set(attributes) or set(ours.blocks) != set(blocks):
        return False
    for name, documented in attributes.items():
        own = ours.attribute(name)
        flags = [
            documented.get(each, False)
            for each in ("required", "optional", "computed", "deprecated", "sensitive")
        ]
        if own is None or own.type != documented["type"]:
            return False
        if [own.required, own.optional, own.computed, own.deprecated, own.sensitive] != flags:
            return False
    for name, documented in blocks.items():
        nested = ours.nested(name)
        if (
            nested is None
            or nested.min_items != documented.get("min_items", 0)
            or not _same(nested.block, documented["block"])
        ):
            return False
        if nested.nesting != "single" and nested.max_items != documented.get("max_items", 0):
            return False
    return True
