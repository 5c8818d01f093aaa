"""Hostile Terraform cannot make a picture take long."""

from __future__ import annotations

import time

import pytest

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.hcl.watchdog import LimitExceeded
from ticketgen.pictures.extraction import build_picture

DEPTH = 40
QUEUE = 'resource "aws_sqs_queue" "q" {\n}\n'


def _locals(value: str) -> str:
    values = (f"a{n} = " + value.format(n=n + 1) for n in range(DEPTH))
    return "\n".join(["locals {", *values, f"a{DEPTH} = aws_sqs_queue.q.arn", "}\n", QUEUE])


@pytest.mark.parametrize(
    "value",
    ["[local.a{n}.x, local.a{n}.y]", "merge(local.a{n}.x, local.a{n}.y)", '"${{local.a{n}}}${{local.a{n}}}"'],
)
@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("aws_lambda_function", "role = local.a0"),
        ("aws_lambda_event_source_mapping", "event_source_arn = local.a0\n  function_name = local.a0"),
    ],
)
def test_ways_that_double_at_every_local_end_with_the_budget(value: str, type: str, body: str) -> None:
    file = parse("main.tf", _locals(value) + f'resource "{type}" "r" {{\n  {body}\n}}\n')
    assert isinstance(file, File)
    budget = Budget()
    budget.left = 20_000
    start = time.process_time()
    with pytest.raises(LimitExceeded, match="steps"):
        build_picture([file], budget)
    assert time.process_time() - start < 5
