"""Known arguments that functions of Terraform 1.11 refuse, and neighbours that they accept."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

REFUSED = [
    'rsadecrypt("x", "y")',
    'rsadecrypt("eA==", "y")',
    'textencodebase64("a", "nope")',
    'textencodebase64("é", "US-ASCII")',
    'textdecodebase64("YQ==", "nope")',
    'textdecodebase64("YQ==", "UTF-16LE")',
    'cidrsubnets("10.0.0.0/30", 1, 1, 1)',
    'cidrsubnets("10.0.0.0/30", 1, 2, 1)',
    'cidrsubnet("10.0.0.0/8", 1.5, 0)',
    'cidrhost("10.0.0.0/24", 1.5)',
    'substr("abc", 1.5, 1)',
    'element(["a"], 1.5)',
    'chunklist(["a"], 1.5)',
    'indent(-1, "a")',
    "signum(1.5)",
    "pow(-8, 0.5)",
    "coalescelist()",
    'join(",")',
    "transpose({ a = null })",
    "transpose({ a = [null] })",
    'format("%x", "abc")',
    'format("%*d", 1, 2)',
    'timeadd("2020-02-30T00:00:00Z", "1h")',
    'uuidv5("00000000-0000-0000-0000-00000000000z", "a")',
]
ACCEPTED = [
    'textencodebase64("a", "UTF-16LE")',
    'textencodebase64("é", "windows-1252")',
    'textdecodebase64("YQ==", "utf-8")',
    'cidrsubnets("10.0.0.0/30", 1, 2, 2)',
    'cidrsubnets("10.0.0.0/8", 4, 8, 4, 16)',
    'cidrsubnets("fd00::/48", 16, 16)',
    'cidrsubnet("10.0.0.0/8", 8.0, 255)',
    'substr("abc", -5, 1)',
    'indent(0, "a")',
    "signum(-1)",
    "pow(-8, 3)",
    "pow(8, 0.5)",
    'transpose({ a = ["x"] })',
    'format("%x", 255)',
    'timeadd("2020-02-29T00:00:00Z", "1h")',
    'uuidv5("dns", "a")',
    'uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "a")',
    "rsadecrypt(var.v, var.v)",
]


def has_errors(expression: str) -> bool:
    findings = verify(
        {"main.tf": f'output "a" {{\n  value = {expression}\n}}\nvariable "v" {{}}\n'}, rendered=False
    )
    return any(each.severity is Severity.ERROR for each in findings)


@pytest.mark.parametrize("expression", REFUSED)
def test_refused_arguments_are_errors(expression: str) -> None:
    assert has_errors(expression)


@pytest.mark.parametrize("expression", ACCEPTED)
def test_accepted_arguments_have_no_errors(expression: str) -> None:
    assert not has_errors(expression)
