"""Losses that a spec accepts: which texts are addresses, reasons and dates, for the model and for the JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from spec_tools import both_stages

from ticketgen.spec.acceptances import MAX_ACCEPTED
from ticketgen.spec.json_schema import json_schema

HEAD = """version: 1
project: tap-marketplace
extends: small-venue
regions: [eu-west-1]
primary_region: eu-west-1
environments:
  dev:
  prod:
    accept: """
ENTRY = {"address": "aws_sqs_queue.a", "reason": "nobody needs it", "until": "2026-12-31"}


def accepted(tmp_path: Path, *entries: object) -> tuple[list[str], bool]:
    """The rules of the findings, and whether the JSON Schema accepts the same."""
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(HEAD + json.dumps(entries), encoding="utf-8")
    _, findings = both_stages(spec)
    document = {
        "version": 1,
        "project": "tap-marketplace",
        "environments": {"prod": {"accept": list(entries)}},
    }
    errors = list(jsonschema.Draft202012Validator(json_schema()).iter_errors(document))
    return [each.rule for each in findings if each.severity == "error"], not errors


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", 'data/us-east-1:module.data.aws_dynamodb_table.shared["sales"]'),
        ("address", "prod/data/us-east-1"),
        ("address", "x" * 400),
        ("reason", "Größe: 1 of 2, see https://wiki.example"),
        ("reason", "x" * 300),
        ("until", "2024-02-29"),
        ("until", "9999-12-31"),
    ],
)
def test_what_the_model_accepts_the_schema_accepts(key: str, value: str, tmp_path: Path) -> None:
    assert accepted(tmp_path, {**ENTRY, key: value}) == ([], True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", ""),
        ("address", "a b"),
        ("address", "a\u200bb"),
        ("address", "x" * 401),
        ("reason", ""),
        ("reason", "x" * 301),
        ("until", "2026-1-1"),
        ("until", "20261231"),
        ("until", "2026-W01-1"),
        ("until", "2026-12-31\n"),
        ("until", "٢٠٢٦-12-31"),
        ("until", ""),
    ],
)
def test_what_is_no_address_reason_or_date_is_refused_by_both(key: str, value: str, tmp_path: Path) -> None:
    rules, valid = accepted(tmp_path, {**ENTRY, key: value})
    assert len(rules) == 1
    assert not valid


def test_only_so_many_losses_are_decisions(tmp_path: Path) -> None:
    many = [{**ENTRY, "address": f"aws_sqs_queue.q{number}"} for number in range(MAX_ACCEPTED)]
    assert accepted(tmp_path, *many) == ([], True)
    assert accepted(tmp_path, *many, ENTRY)[0] == ["out-of-range"]


def test_a_date_may_be_written_with_and_without_quotes(tmp_path: Path) -> None:
    for date in ("2026-12-31", "'2026-12-31'"):
        spec = tmp_path / "ticketgen.yaml"
        entry = f"[{{ address: aws_sqs_queue.a, reason: nobody needs it, until: {date} }}]"
        spec.write_text(HEAD + entry, encoding="utf-8")
        project, findings = both_stages(spec)
        assert project is not None, findings
        (loss,) = next(each for each in project.environments if each.name == "prod").accept
        assert loss.last_day.isoformat() == "2026-12-31"
        assert next(each for each in project.environments if each.name == "dev").accept == ()
