"""Comments and descriptions in rendered Terraform: right for one of anything, and within AWS's alphabets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from stacks import DEMO_REGIONS, SHAPES, environment, rendered, sized

from ticketgen.spec.model import Environment, EventScale, Objectives

HEREDOC = re.compile(r"<<(\w+)\n.*?^\1$", re.DOTALL | re.MULTILINE)
WRAPPED_COMMENT = re.compile(r"(?<=[^\s#])\n *# (?=\S)")
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*')
DESCRIBED = re.compile(r'^resource "(\w+)".*?^\}$', re.DOTALL | re.MULTILINE)
DESCRIPTION = re.compile(r'^  (?:alarm_)?description\s*= "(.*)"$', re.MULTILINE)


def one_of_everything() -> Environment:
    """The smallest environment: one Region, one event, one seat, one purchase and one verification a minute."""
    return environment(
        "venue",
        DEMO_REGIONS[:1],
        event_scale=EventScale(
            purchases_per_minute=1, seats_per_event=1, concurrent_events=1, seats_per_order=1, hold_seconds=60
        ),
        objectives=Objectives(verification_interval_s=60, lock_ms=1, replication_s=1, cache_load_s=1),
    )


def prose(subject: Environment) -> Iterator[str]:
    """The comments and strings of the stack's Terraform, without function code and without sizing's formulas."""
    formulas = {figure.formula for figure in sized(subject)}
    for path, text in rendered(subject).items():
        if path.endswith(".tf"):
            one_line_a_comment = WRAPPED_COMMENT.sub(" ", HEREDOC.sub("", text))
            for found in STRING_OR_COMMENT.findall(one_line_a_comment):
                if found.removeprefix("#").strip() not in formulas:
                    yield found


def test_singular_counts_have_singular_nouns() -> None:
    slips = [
        line for line in prose(one_of_everything()) if re.search(r"(?<![\d.,-])1 (?!s\b|ms\b)[a-z]+s\b", line)
    ]
    assert slips == []


def test_a_single_region_stack_mentions_no_other_regions() -> None:
    others = re.compile(
        r"other Regions?'?\b|[Bb]oth Regions|[Tt]hese Regions|two Regions|the secondary", re.DOTALL
    )
    assert [line for line in prose(one_of_everything()) if others.search(line)] == []
    assert any(others.search(line) for line in prose(environment()))  # it would be seen


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html, .../API_SecurityGroupRuleRequest
EC2 = r"[\w ._:/()#,@\[\]+=&;{}!$*-]{1,255}"
ALPHABETS = {
    "aws_security_group": EC2,
    "aws_vpc_security_group_egress_rule": EC2,
    "aws_vpc_security_group_ingress_rule": EC2,
    "aws_wafv2_web_acl": r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]{0,254}[\w+=:#@/\-,.]",  # botocore wafv2 EntityDescription
    "aws_lambda_function": r".{1,256}",  # botocore lambda Description
    "aws_cloudwatch_event_rule": r".{1,512}",  # botocore events RuleDescription
    "aws_cloudwatch_metric_alarm": r".{1,1024}",  # botocore cloudwatch AlarmDescription
}


@pytest.mark.parametrize("shape", ["dev", "everything"])
def test_descriptions_are_accepted_by_aws(shape: str) -> None:
    seen = set()
    for path, text in rendered(SHAPES[shape]()).items():
        for resource in DESCRIBED.finditer(HEREDOC.sub("", text)) if path.endswith(".tf") else ():
            kind = resource[1]
            for description in DESCRIPTION.findall(resource[0]) if kind in ALPHABETS else ():
                seen.add(kind)
                assert re.fullmatch(ALPHABETS[kind], description, re.ASCII), f"{path}: {description}"
    assert seen == ALPHABETS.keys() - {"aws_cloudwatch_metric_alarm"}  # whose descriptions are in a local
