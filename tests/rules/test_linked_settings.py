"""Facts of AWS about settings that fit together: each row breaks one of them, or comes close to it."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.rules.compute_facts import COMPUTE_FACTS
from ticketgen.rules.linked_facts import LINKED_FACTS
from ticketgen.rules.messaging_facts import MESSAGING_FACTS
from ticketgen.rules.network_facts import NETWORK_FACTS
from ticketgen.rules.policy_resource import may_overlap
from ticketgen.rules.registry import RULES
from ticketgen.rules.storage_facts import STORAGE_FACTS
from ticketgen.verification.verify import verify

NEW = {
    "service-settings", "policy-form", "policy-resource", "network-ranges", "function-environment", "dns-record",
    "nonexistent-region", "table-definition",
}  # fmt: skip
VPC = 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'


def resource(type: str, *lines: str, name: str = "x") -> str:
    return f'resource "{type}" "{name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def found(text: str) -> list[str]:
    return [
        f"{'warning ' if each.severity is Severity.WARNING else ''}{each.rule}: {each.message}"
        for each in verify({"main.tf": text}, rendered=False)
        if each.rule in NEW
    ]


def policy(
    statement: str, type: str = "aws_iam_policy", name: str = "policy", version: str = "2012-10-17"
) -> str:
    return resource(
        type, f'{name} = jsonencode({{ Version = "{version}", Statement = [{{ {statement} }}] }})'
    )


def subnet(block: str, name: str, *lines: str) -> str:
    return resource("aws_subnet", "vpc_id = aws_vpc.v.id", f'cidr_block = "{block}"', *lines, name=name)


def table(*lines: str) -> str:
    key = 'attribute {\n    name = "a"\n    type = "S"\n  }'
    return resource("aws_dynamodb_table", 'name = "tickets"', 'hash_key = "a"', key, *lines)


ALLOW = 'Effect = "Allow", Action = "s3:GetObject"'
OBJECTS = 'Resource = "arn:aws:s3:::b/*"'
ON_DEMAND = 'billing_mode = "PAY_PER_REQUEST"'
REPLICA = 'replica {\n region_name = "eu-west-1"\n}\n'
SIZE = 'variable "size" {\n  default = 3\n}\n'
QUEUE = resource("aws_sqs_queue", 'name = "q"')
MAPPING = resource(
    "aws_lambda_event_source_mapping",
    "function_name = aws_lambda_function.x.arn",
    "event_source_arn = aws_sqs_queue.x.arn",
)
FUNCTION = ('function_name = "f"', 'handler = "a.b"', 'runtime = "python3.13"', 'filename = "f.zip"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy(f"{ALLOW}, {OBJECTS}"), ""),
        (policy(ALLOW), "has no Resource"),
        (policy(f'Action = "s3:GetObject", {OBJECTS}'), "has no Effect"),
        (policy(f'{ALLOW}, {OBJECTS}, Principal = "*"'), "has Principal"),
        (policy(f'{ALLOW}, {OBJECTS}, NotAction = "s3:PutObject"'), "both Action and NotAction"),
        (policy(f"{ALLOW}, {OBJECTS}, Conditions = {{}}"), "unknown element"),
        (policy(f'{ALLOW}, {OBJECTS}, Sid = "Read it"'), "letters and digits"),
        (policy(f'{ALLOW}, Resource = "arn:awz:s3:::b/*"'), "unknown partition"),
        (policy(f'{ALLOW}, Resource = "arn:*:s3:::b/*"'), ""),
        (policy(f'{ALLOW}, Resource = "arn:aws:s3:::b"'), "warning policy-resource"),
        (policy(f'{ALLOW}, Resource = "arn:aws:s3:::b*"'), ""),
        (policy('Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::b/*"'), "to no resource"),
        (policy('Effect = "Allow", Action = "s3:List*", Resource = "arn:aws:s3:::b"'), ""),
        (policy('Effect = "Allow", Action = "ec2:DescribeVpcs", Resource = "arn:aws:ec2:*:*:vpc/*"'), "to no resource"),
        (policy('Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "arn:aws:s3:::b"'), "to no resource"),
        (policy('Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "arn:aws:s3:::*"'), ""),
        (policy('Effect = "Allow", Action = "elasticloadbalancing:AddTags", '
                'Resource = "arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*"'), ""),
        (policy('Effect = "Deny", Action = "s3:GetObject", Resource = "arn:aws:s3:::b"'), ""),
        (policy(f"{ALLOW}, Resource = var.missing"), ""),
        (policy(f"{ALLOW}, {OBJECTS}", "aws_s3_bucket_policy"), "has no Principal"),
        (policy(f'{ALLOW}, {OBJECTS}, Principal = "*"', "aws_s3_bucket_policy"), ""),
        (policy('Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" }', "aws_iam_role",
                "assume_role_policy"), ""),
        (policy('Effect = "Allow", Action = "sts:AssumeRole"', "aws_iam_role", "assume_role_policy"), "no Principal"),
        (policy('Effect = "Allow", Action = "s3:GetObject", Principal = { AWS = "*" }', "aws_iam_role",
                "assume_role_policy"), "not an action of STS"),
        (VPC + subnet("10.0.1.0/24", "a") + subnet("10.0.2.0/24", "b"), ""),
        (VPC + subnet("10.1.1.0/24", "a"), "is not in 10.0.0.0/16"),
        (VPC + subnet("10.1.1.0/24", "a") + resource(
            "aws_vpc_ipv4_cidr_block_association", "vpc_id = aws_vpc.v.id", 'cidr_block = "10.1.0.0/16"'), ""),
        (VPC + subnet("10.0.0.0/20", "a") + subnet("10.0.8.0/24", "b"), "overlaps with 10.0.0.0/20 of aws_subnet.a"),
        (VPC + subnet("10.0.0.0/30", "a"), "not between /16 and /28"),
        (QUEUE + MAPPING + resource("aws_lambda_function", *FUNCTION, "timeout = 60"), "may take 60 s"),
        (QUEUE + MAPPING + resource("aws_lambda_function", *FUNCTION, "timeout = 30"), ""),
        (resource("aws_lambda_function", *FUNCTION, 'environment {\n variables = { AWS_REGION = "x" }\n}'), "itself"),
        (resource("aws_lambda_function", *FUNCTION, 'environment {\n variables = { AWS_REGIONS = "x" }\n}'), ""),
        (resource("aws_lambda_function", *FUNCTION, 'environment {\n variables = { "A-B" = "x" }\n}'), "letters"),
        (resource("aws_lambda_function", 'function_name = "f"', 'package_type = "Image"', 'image_uri = "x"'), ""),
        (resource("aws_route53_record", 'type = "A"', 'name = "a"', 'records = ["192.0.2.1"]'), ""),
        (resource("aws_route53_record", 'type = "A"', 'name = "a"', 'records = ["2001:db8::1"]'), "an IPv4 address"),
        (resource("aws_route53_record", 'type = "MX"', 'name = "a"', 'records = ["mail.example.com"]'), "a priority"),
        (resource("aws_route53_record", 'type = "MX"', 'name = "a"', 'records = ["1\\tmail.example.com"]'), ""),
        (resource("aws_route53_record", 'type = "CNAME"', 'name = ""', 'records = ["b"]'), "zone's own name"),
        ('provider "aws" {\n  region = "eu-west-1a"\n}\n', "is a zone"),
        ('provider "aws" {\n  region = "eu-west-9"\n}\n', "warning nonexistent-region"),
        ('provider "aws" {\n  region = "local"\n  endpoints {\n    s3 = "http://localhost"\n  }\n}\n', ""),
        (table(ON_DEMAND), ""),
        (table(ON_DEMAND, "read_capacity = 5"), "not provisioned"),
        (table(ON_DEMAND, "ttl {\n enabled = true\n}"), "no attribute_name"),
        (table(ON_DEMAND, REPLICA * 2), "warning table-definition: aws_dynamodb_table.x has already a copy"),
        (table(ON_DEMAND, REPLICA, REPLICA.replace("}", " propagate_tags = true\n}")),
         "already a copy in eu-west-1"),
        (table(ON_DEMAND, 'attribute {\n name = "a"\n type = "S"\n}'), "warning table-definition: two attributes"),
        (VPC + subnet("10.0.1.0/24", "a", "count = var.n") + subnet("10.0.1.0/24", "b", "count = 1 - var.n"), ""),
        (resource("aws_vpc_endpoint", 'vpc_id = "v"', 'service_name = "s3"', "subnet_ids = []"), ""),
        (resource("aws_vpc_endpoint", 'vpc_id = "v"', 'service_name = "s3"', 'subnet_ids = ["s"]'), "has subnet_ids"),
        (resource("aws_ebs_volume", "size = 8", 'type = "gp2"', "iops = 0"), ""),
        (table(ON_DEMAND, 'stream_view_type = "KEYS_ONLY"', 'replica {\n region_name = "eu-west-1"\n}'), "replicas"),
        (resource("aws_sqs_queue", 'name = "q"', "fifo_queue = true"), "does not end in .fifo"),
        (resource("aws_sqs_queue", 'name = "q.fifo"', "fifo_queue = true"), ""),
        (resource("aws_sqs_queue", 'name = "q.fifo"'), "not a FIFO queue"),
        (resource("aws_security_group_rule", "from_port = 90", "to_port = 80", 'protocol = "tcp"'), "greater than"),
        (resource("aws_security_group_rule", "from_port = 8", "to_port = 0", 'protocol = "icmp"'), ""),
        (resource("aws_lb_listener", "port = 443", 'protocol = "HTTPS"'), "no certificate"),
        (resource("aws_autoscaling_group", "min_size = 3", "max_size = 2"), "greater than max_size"),
        (resource("aws_autoscaling_group", "min_size = 2", "max_size = 2"), ""),
        (resource("aws_kms_key", 'key_usage = "SIGN_VERIFY"', "enable_key_rotation = true"), "symmetric"),
        (SIZE + resource("aws_autoscaling_group", "min_size = var.size", "max_size = 2"), "warning service-settings"),
    ],
)  # fmt: skip
def test_settings(text: str, expected: str) -> None:
    problems = found(text)
    assert len(problems) == bool(expected), problems
    assert all(expected in each for each in problems)


def test_a_block_that_the_provider_merges_with_its_equal_is_no_error() -> None:
    other = REPLICA.replace("}", " propagate_tags = true\n}")
    index = 'global_secondary_index {\n name = "index"\n hash_key = "a"\n projection_type = "%s"\n}'
    for pair, expected in (
        ((REPLICA, REPLICA), "warning "),
        ((REPLICA, other), ""),
        ((index % "ALL", index % "ALL"), "warning "),
        ((index % "ALL", index % "KEYS_ONLY"), ""),
        (('attribute {\n name = "a"\n type = "N"\n}',), "warning "),
    ):
        (problem,) = found(table(ON_DEMAND, *pair))
        assert problem.startswith(f"{expected}table-definition: "), pair


def test_elements_that_may_be_absent_are_not_judged() -> None:
    optional = (
        'dynamic "principals" {\n for_each = var.some\n content {\n type = "AWS"\n identifiers = ["*"]\n }\n}'
    )
    document = (
        f'statement {{\n actions = var.some\n not_actions = var.more\n resources = ["*"]\n {optional}\n}}'
    )
    data = f'data "aws_iam_policy_document" "d" {{\n{document}\n}}\n'
    assert found(data + resource("aws_iam_policy", "policy = data.aws_iam_policy_document.d.json")) == []


def test_every_fact_has_a_source_and_a_fix() -> None:
    for fact in (*COMPUTE_FACTS, *MESSAGING_FACTS, *NETWORK_FACTS, *STORAGE_FACTS, *LINKED_FACTS):
        assert fact.source.startswith(("https://docs.aws.amazon.com/", "provider 5.100.0")), fact
        assert fact.help, fact
        assert fact.conditions, fact
    assert {rule.id for rule in RULES} >= NEW


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abc", True),
        ("a*", "*c", True),
        ("a*d", "*c", False),
        ("*", "", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("x*y", "x*z*y", True),
    ],
)
def test_patterns_that_overlap(one: str, other: str, expected: bool) -> None:
    assert may_overlap(one, other) is expected
    assert may_overlap(other, one) is expected
