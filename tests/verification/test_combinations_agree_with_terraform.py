"""The provider rejects every combination of arguments that is reported, and most others that it rejects are found."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from sampled_bodies import sample_text, sampled_body

from terraform_tool import Terraform
from ticketgen.aws.provider.combinations import argument_combinations
from ticketgen.aws.provider.schema import BlockSchema, Type, schema_of
from ticketgen.findings import Severity
from ticketgen.findings.verification import CONFLICTING_ARGUMENTS
from ticketgen.verification.verify import verify

RESOURCES = 700
SUMMARIES = {
    "Conflicting configuration arguments", "Invalid combination of arguments", "Invalid Attribute Combination",
    "Missing Attribute Configuration", "Invalid Block",
}  # fmt: skip


def ruled() -> list[str]:
    """The types of resources that have rules."""
    file = files("ticketgen").joinpath("aws/provider/combinations.json.gz")
    return sorted(json.loads(gzip.decompress(file.read_bytes()))["resource"])


def body(schema: BlockSchema, wanted: set[str], chance: random.Random) -> Iterator[str]:
    """The arguments that must be set, and wanted ones, some of which are null or unknown."""

    def written(path: str, flags: str, type: Type) -> str:
        text, kind = sample_text(path, type), chance.random()
        return "var.x" if kind < 0.15 else "null" if kind < 0.2 and "o" in flags else text

    def wrapped(name: str, inner: Sequence[str]) -> Sequence[str]:
        if chance.random() >= 0.1:
            return f"{name} {{", *inner, "}"
        loop = f"for_each = {chance.choice(('[0]', 'var.x'))}"
        return f'dynamic "{name}" {{', loop, "content {", *inner, "}", "}"

    yield from sampled_body(schema, wanted, written, wrapped)


@pytest.mark.slow
@pytest.mark.terraform
def test_the_provider_rejects_every_combination_that_is_reported(
    terraform: Terraform, tmp_path: Path
) -> None:
    chance = random.Random(20)
    lines = ['provider "aws" {', '  region = "us-east-1"', "}", 'variable "x" {', "}"]
    owners: dict[int, str] = {}
    types = ruled()
    for number in range(RESOURCES):
        type = chance.choice(types)
        schema = schema_of("resource", type)
        assert schema is not None
        block, rules = chance.choice(sorted(argument_combinations("resource", type).items()))
        named = sorted({each for rule in rules for each in rule[1:]})
        wanted = {f"{block}{each}" for each in chance.sample(named, chance.randint(0, min(4, len(named))))}
        wanted |= {block.rstrip(".")} - {""}
        begin = len(lines)
        lines += [f'resource "{type}" "r{number}" {{', *body(schema, wanted, chance), "}"]
        owners |= dict.fromkeys(range(begin + 1, len(lines) + 1), f"{type}.r{number}")
    text = "\n".join(lines) + "\n"
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert terraform.init(tmp_path).returncode == 0
    answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
    rejected = {
        owners[each["range"]["start"]["line"]]
        for each in answer["diagnostics"]
        if each["summary"] in SUMMARIES
        or (each["summary"] == "Missing required argument" and "must be specified" in each["detail"])
    }
    reported = {
        owners[each.location.line]
        for each in verify({"main.tf": text}, rendered=False)
        if each.rule == CONFLICTING_ARGUMENTS.id
        and each.severity is Severity.ERROR
        and each.location is not None
    }
    resources = {owner: line for line, owner in reversed(owners.items())}
    wrong = sorted(reported - rejected)
    missed = sorted(rejected - reported)
    print(f"{RESOURCES} resources, {len(rejected)} rejected, {len(reported)} reported, missed {missed}")
    assert not wrong, [(each, resources[each]) for each in wrong]
    assert len(rejected) > RESOURCES / 4
    assert len(reported) >= 0.85 * len(rejected)
