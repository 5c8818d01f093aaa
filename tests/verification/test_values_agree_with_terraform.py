"""The provider rejects every value that the check of values rejects, and most others that it rejects are found."""

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
from ticketgen.aws.provider.accepted_values import accepted_values
from ticketgen.aws.provider.schema import BlockSchema, Type, schema_of
from ticketgen.findings import Severity
from ticketgen.findings.verification import REJECTED_VALUE
from ticketgen.verification.verify import verify

PROBES = 900
NESTED_PROBES = 300
TEXTS = (
    "", "a", "A-b", "a b", "x_y.z", "-1", "0", "7", "ENABLED", "10.0.0.0/8", "10.0.0.9/8", "10.0.0.9",
    "::1/64", "arn:aws:sqs:eu-west-1:123456789012:q", "arn:aws:s3:::b", "arn:x", '{"a": [1]}', "{]",
    "2031-02-03T04:05:06Z", "12h", "mon:01:00-mon:02:00", "b" * 33, "c" * 65, "d" * 129, "e" * 257,
    "https://example.org/x", "999999999999", "ü", "/p/", "a--b", "z-", "us-west-2", "true", "Zm9v",
)  # fmt: skip
NUMBERS = (-5, -1, 0, 1, 4, 11, 24, 59, 61, 99, 255, 1025, 4000, 65_536, 1_000_001)


def bare_arguments() -> Iterator[tuple[str, str]]:
    """Arguments that may be the only one of their resource, with their types."""
    for file in files("ticketgen").joinpath("aws/provider/accepted").iterdir():
        for type in json.loads(gzip.decompress(file.read_bytes())).get("resource", {}):
            schema = schema_of("resource", type)
            assert schema is not None
            required = {name for name, (flags, _) in schema.attributes.items() if "r" in flags}
            if any(block[1] for block in schema.blocks.values()):
                continue
            for path in accepted_values("resource", type):
                if "." not in path and required <= {path}:
                    yield type, path


def nested_arguments() -> Iterator[tuple[str, str]]:
    """Arguments with rules in blocks, or in objects that are arguments."""
    for file in files("ticketgen").joinpath("aws/provider/accepted").iterdir():
        for type in json.loads(gzip.decompress(file.read_bytes())).get("resource", {}):
            yield from ((type, path) for path in accepted_values("resource", type) if "." in path)


def with_nested(
    schema: BlockSchema, type: str, path: str, name: str, chance: random.Random
) -> tuple[list[str], int]:
    """The lines of a resource with one nested argument, and the index of the argument's line."""

    def written(each: str, flags: str, attribute_type: Type) -> str:
        if each == path:
            return f"{tried(attribute_type, type, path, chance)} # here"
        return "null" if flags == "o" else sample_text(each, attribute_type)

    def wrapped(block: str, inner: Sequence[str]) -> Sequence[str]:
        if chance.random() < 0.8:
            return f"{block} {{", *inner, "}"
        return f'dynamic "{block}" {{', "for_each = [0]", "content {", *inner, "}", "}"

    lines = [f'resource "{type}" "{name}" {{', *sampled_body(schema, {path}, written, wrapped), "}"]
    return lines, next(index for index, line in enumerate(lines) if line.endswith("# here"))


def tried(attribute_type: Type, type: str, path: str, chance: random.Random) -> str:
    """A value of the argument: near its rules, or any."""
    written = attribute_type if isinstance(attribute_type, str) else attribute_type[1]
    rules = accepted_values("resource", type)[path]
    near: list[object] = []
    for kind, *arguments in rules:
        if kind == "one of":
            near += [chance.choice(arguments[0]), str(chance.choice(arguments[0])).swapcase()]
        elif kind == "range":
            near += [each + step for each in arguments if isinstance(each, int) for step in (-1, 0, 1)]
        elif kind == "length":
            near += ["a" * (each + step) for each in arguments if isinstance(each, int) for step in (0, 1)]
    usual: list[object] = list(NUMBERS if written == "number" else TEXTS)
    value = chance.choice(near if near and chance.random() < 0.5 else usual)
    if written == "number" and not isinstance(value, int | float):
        value = chance.choice(NUMBERS)
    shown = json.dumps(value if written == "number" else str(value)[:3000], ensure_ascii=False)
    return shown if isinstance(attribute_type, str) else f"[{shown}]"


@pytest.mark.slow
@pytest.mark.terraform
def test_the_provider_rejects_every_value_that_is_reported(terraform: Terraform, tmp_path: Path) -> None:
    chance = random.Random(20)
    arguments = chance.choices(sorted(bare_arguments()), k=PROBES)
    lines = ["provider aws {", '  region = "us-east-1"', "}"]
    for number, (type, path) in enumerate(arguments):
        schema = schema_of("resource", type)
        assert schema is not None
        attribute = schema.attribute(path)
        assert attribute is not None
        value = tried(attribute.type, type, path, chance)
        lines += [f'resource "{type}" "r{number}" {{', f"  {path} = {value}", "}"]
    text = "\n".join(lines) + "\n"
    text = text.replace("provider aws", 'provider "aws"')
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert terraform.init(tmp_path).returncode == 0
    answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
    rejected = {
        each["range"]["start"]["line"]
        for each in answer["diagnostics"]
        if each["severity"] == "error" and "range" in each
    }
    reported = {
        each.location.line
        for each in verify({"main.tf": text}, rendered=False)
        if each.rule == REJECTED_VALUE.id and each.location is not None
    }
    wrong = sorted(reported - rejected)
    assert not wrong, "\n".join(lines[number - 2] + lines[number - 1] for number in wrong)
    at_values = {line for line in rejected if line > 3 and line % 3 == 2}
    print(f"{len(arguments)} values, {len(at_values)} rejected, {len(reported)} reported")
    assert len(at_values) > PROBES / 4
    assert len(reported) >= 0.85 * len(at_values), [lines[each - 1] for each in sorted(at_values - reported)]


@pytest.mark.slow
@pytest.mark.terraform
def test_the_provider_rejects_every_nested_value_that_is_reported(
    terraform: Terraform, tmp_path: Path
) -> None:
    chance = random.Random(21)
    lines = ['provider "aws" {', '  region = "us-east-1"', "}"]
    owners: dict[int, int] = {}
    tried_at: dict[int, tuple[int, str]] = {}
    paths: dict[str, list[str]] = {}
    for type, path in sorted(nested_arguments()):
        paths.setdefault(type, []).append(path)
    # Once for each type, because the provider takes seconds for a web ACL, which has most of the arguments.
    for number, type in enumerate(chance.sample(sorted(paths), k=NESTED_PROBES)):
        path = chance.choice(paths[type])
        schema = schema_of("resource", type)
        assert schema is not None
        resource, index = with_nested(schema, type, path, f"r{number}", chance)
        tried_at[number] = len(lines) + index + 1, path.rpartition(".")[2]
        owners |= dict.fromkeys(range(len(lines) + 1, len(lines) + len(resource) + 1), number)
        lines += resource
    text = "\n".join(lines) + "\n"
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert terraform.init(tmp_path).returncode == 0
    answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
    rejected = set()
    faulty = set()  # Terraform asks the provider about no value of a resource that does not fit the schema
    for each in answer["diagnostics"]:
        if each["severity"] == "error" and "range" in each and each["range"]["start"]["line"] in owners:
            number = owners[each["range"]["start"]["line"]]
            faulty.add(number)
            line, name = tried_at[number]
            value = lines[line - 1].partition("=")[2].removesuffix(" # here").strip(' []"')
            said = each["summary"] + each["detail"]  # about an element of a set, with its value and no name
            if each["range"]["start"]["line"] == line or name in said or (value and value in said):
                rejected.add(number)
    reported = {
        number
        for each in verify({"main.tf": text}, rendered=False)
        if each.rule == REJECTED_VALUE.id
        and each.severity is Severity.ERROR
        and each.location is not None
        and each.location.line == tried_at[number := owners[each.location.line or 0]][0]
    }
    types = {number: lines[min(line for line in owners if owners[line] == number) - 1] for number in tried_at}
    print(f"{NESTED_PROBES} values, {len(rejected)} rejected, {len(reported)} reported")
    for number in sorted(rejected - reported):
        print("missed:", types[number], lines[tried_at[number][0] - 1])
    wrong = [
        (types[number], lines[tried_at[number][0] - 1]) for number in sorted(reported - rejected - faulty)
    ]
    assert not wrong, wrong
    assert len(reported & rejected) > NESTED_PROBES // 3
    assert len(rejected) > NESTED_PROBES / 4
    assert len(reported) >= 0.85 * len(rejected)
