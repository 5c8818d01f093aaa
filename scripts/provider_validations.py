"""Generate the rules for values in `ticketgen validate`, by asking the AWS provider what it accepts.

    pip install grpcio protobuf msgpack
    python scripts/provider_validations.py --plugin PATH/terraform-provider-aws_v5.100.0_x5

The provider validates each argument of each type with about a hundred values. Its errors name choices, ranges and
formats; the patterns behind the other errors are read from its binary. Nothing asks AWS.
`ticketgen.aws.provider.accepted_values` reads the rules and documents their format. With two cores, it takes an
hour. `--answers FILE` keeps the provider's answers, and uses those that the file has: delete a type's line from it to
ask about the type again. The same answers yield the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from go_patterns import GoPatterns, translated
from provider_plugin import started
from provider_replacements import PROVIDER
from provider_values import configuration
from validation_messages import Outcomes, opaque_message, rules_of
from validation_probe import LONG, answers_of, leaves_of

from ticketgen.aws.provider.schema import schema_of

FOLDER = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/provider"
SCHEMAS, RULES = FOLDER / "aws", FOLDER / "accepted"
KINDS = ("resource", "data", "ephemeral", "provider")
_TOO_MANY = 10_000
"""Types with so many arguments are left out."""
_RECURSIVE = 1000
"""Types with so many arguments have blocks in blocks of the same name, such as the statements of a web ACL.

Their arguments within such a repetition get no rules: these would be the same ones again, in fifteen times the bytes.
"""
_SHORT = "<LONG>"
_OF_TEXTS = ("matches", "not matches")

Name: TypeAlias = "tuple[str, str]"
"""A kind and a type."""


def names() -> list[Name]:
    """All types of the provider, by kind."""
    return [
        (kind, type)
        for file in sorted(SCHEMAS.glob("*.json.gz"))
        for kind, types in json.loads(gzip.decompress(file.read_bytes())).items()
        if kind in KINDS
        for type in types
    ]


def is_small(name: Name) -> bool:
    """Whether the provider validates a type in less than seconds: not the definitions of QuickSight."""
    schema = schema_of(*name)
    return schema is None or len(list(islice(leaves_of(schema), _TOO_MANY))) < _TOO_MANY


def answers(plugin: Path, wanted: Sequence[Name]) -> list[dict[str, Any]]:
    """The provider's answers about these types, from a provider of its own, as one document each."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and end the provider
    schema = schema_of("provider", "aws")
    assert schema is not None
    with started(plugin, configuration("provider", schema, all=False) | PROVIDER) as provider:
        return [
            {"kind": kind, "type": type, "arguments": answers_of(provider, kind, type)}
            for kind, type in wanted
        ]


def outcomes(name: str, answer: Mapping[str, Sequence[str]]) -> Outcomes:
    """The errors by value; JSON has texts for values.

    An element of a set has its value in its path, so that each value makes the errors of its other arguments new ones.
    """
    return {
        LONG if (value := json.loads(key)) == _SHORT else value: [
            text for text in texts if "[Value({" not in text or _in_set(text) == name
        ]
        for key, texts in answer.items()
    }


def _in_set(text: str) -> str:
    """The name of the argument in an element of a set that an error is about."""
    match = re.match(r"[\w.]*", text.rpartition(")].")[2])
    return match[0].rpartition(".")[2] if match else ""


def _is_about(name: str, answer: Mapping[str, Sequence[str]]) -> bool:
    """Whether the errors are about the argument, and not about another one that comes with it."""
    return not all(answer.values()) or all(any(name in text for text in texts) for texts in answer.values())


def _is_repeated(path: str) -> bool:
    """Whether an argument is in a block in a block of the same name."""
    names = path.split(".")
    return len(set(names)) < len(names)


def snapshot(plugin: Path, documents: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules by service."""
    tried = [
        (document["kind"], document["type"], path, outcomes(path.rpartition(".")[2], answer))
        for document in documents
        for path, answer in document["arguments"].items()
        if not (len(document["arguments"]) >= _RECURSIVE and _is_repeated(path))
        and _is_about(path.rpartition(".")[2], answer)
    ]
    messages = {
        message
        for *_, found in tried
        for texts in found.values()
        for text in texts
        if (message := opaque_message(text)) is not None
    }
    patterns = GoPatterns(plugin)
    linked = patterns.by_message(messages)
    translate = cache(translated)
    every = [python for go in patterns.every if (python := translate(go)) is not None]
    services: dict[str, dict[str, Any]] = defaultdict(lambda: {"rules": []})
    indexes: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, type, path, found in sorted(tried, key=lambda each: each[:3]):
        service = "provider" if kind == "provider" else type.split("_")[1]
        own: list[int] = []
        for rule in rules_of(path.rpartition(".")[2], found, linked, every, translate):
            if rule[0] in _OF_TEXTS and not any(isinstance(value, str) for value in found):
                continue  # a pattern that happens to fit the numbers
            key = json.dumps(rule)
            if key not in indexes[service]:
                indexes[service][key] = len(services[service]["rules"])
                services[service]["rules"].append(rule)
            own.append(indexes[service][key])
        if own:
            services[service].setdefault(kind, {}).setdefault(type, {})[path] = sorted(set(own))
    return services


def compressed(document: Mapping[str, Any]) -> bytes:
    """The bytes of a file; without a timestamp, so that the same rules yield the same bytes."""
    return gzip.compress(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(), 9, mtime=0)


def read_answers(file: Path | None) -> Iterator[dict[str, Any]]:
    """The answers that a file has; none if it does not exist."""
    if file is not None and file.exists():
        for line in file.read_text("utf-8").splitlines():
            yield json.loads(line)


def main() -> int:
    """Ask the provider, and replace the rules."""
    parser = argparse.ArgumentParser(description="Generate the rules of values that the provider accepts.")
    parser.add_argument("--plugin", type=Path, required=True, help="the binary of AWS provider 5.100.0")
    parser.add_argument("--jobs", type=int, default=2, help="how many providers to ask at a time")
    parser.add_argument(
        "--check", action="store_true", help="compare with the rules instead of replacing them"
    )
    parser.add_argument("--answers", type=Path, help="a file for the provider's answers, one type a line")
    arguments = parser.parse_args()
    documents = list(read_answers(arguments.answers))
    answered = {(each["kind"], each["type"]) for each in documents}
    missing = [name for name in names() if name not in answered and is_small(name)]
    with ProcessPoolExecutor(arguments.jobs) as jobs:
        shares = [missing[share :: arguments.jobs] for share in range(arguments.jobs)]
        for part in jobs.map(answers, [arguments.plugin] * len(shares), shares):
            documents += part
    if arguments.answers:
        arguments.answers.write_text("".join(f"{json.dumps(each)}\n" for each in documents), "utf-8")
    services = snapshot(arguments.plugin, documents)
    files = {f"{service}.json.gz": compressed(document) for service, document in services.items()}
    if arguments.check:
        committed = {file.name: file.read_bytes() for file in RULES.glob("*.json.gz")}
        different = sorted(
            name for name in files.keys() | committed.keys() if files.get(name) != committed.get(name)
        )
        for name in different:
            print(f"{name}: the provider accepts other values than the rules say")
        return 1 if different else 0
    RULES.mkdir(exist_ok=True)
    for old in RULES.glob("*.json.gz"):
        old.unlink()
    for name, content in files.items():
        (RULES / name).write_bytes(content)
    paths = sum(
        len(each)
        for kind in KINDS
        for service in services.values()
        for each in service.get(kind, {}).values()
    )
    print(f"{paths:,} arguments, {sum(map(len, files.values())):,} bytes, in {RULES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
