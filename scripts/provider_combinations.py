"""Generate the rules for combinations of arguments in `ticketgen validate`, by asking the AWS provider.

    pip install grpcio protobuf msgpack
    python scripts/provider_combinations.py --plugin PATH/terraform-provider-aws_v5.100.0_x5

`ticketgen.aws.provider.combinations` reads the rules and documents their format. Nothing asks AWS. With two cores, it
takes four minutes.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from combination_probe import Combination, combinations_of
from provider_plugin import started
from provider_replacements import PROVIDER
from provider_validations import Name, compressed, names
from provider_values import configuration

from ticketgen.aws.provider.schema import schema_of

FILE = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/provider/combinations.json.gz"
Answer = tuple[Name, list[Combination]]


def answers(plugin: Path, wanted: Sequence[Name]) -> list[Answer]:
    """The rules of these types, from a provider of its own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and end the provider
    schema = schema_of("provider", "aws")
    assert schema is not None
    with started(plugin, configuration("provider", schema, all=False) | PROVIDER) as provider:
        return [(name, combinations_of(provider, *name)) for name in wanted]


def by_block(rules: Sequence[Combination]) -> dict[str, list[list[str]]]:
    """The rules under the innermost block that has all their arguments, each rule once."""
    merged: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    groups: dict[tuple[str, str, str, tuple[str, ...]], str] = {}
    for kind, argument, others in rules:
        block = _block([argument, *others])
        own = argument.removeprefix(block)
        inner = tuple(each.removeprefix(block) for each in others)
        if kind in ("conflict", "required with"):
            merged[block, kind, own].update(inner)
        elif kind == "all or none":
            for each in inner:
                merged[block, "required with", each].update(set(inner) - {each})
        else:
            groups.setdefault((block, kind, own.rpartition(".")[0], inner), own)
    found: dict[str, list[list[str]]] = defaultdict(list)
    for (block, kind, own), others_set in sorted(merged.items()):
        found[block].append([kind, own, *sorted(others_set)])
    for (block, kind, _, inner), own in sorted(groups.items()):
        found[block].append([kind, own, *inner])
    return dict(sorted(found.items()))


def _block(paths: Sequence[str]) -> str:
    """The path of the block that has all arguments, with a dot at its end."""
    parents = [path.split(".")[:-1] for path in paths]
    common: list[str] = []
    for names_at_depth in zip(*parents, strict=False):
        if len(set(names_at_depth)) > 1:
            break
        common.append(f"{names_at_depth[0]}.")
    return "".join(common)


def main() -> int:
    """Ask the provider, and replace the rules."""
    parser = argparse.ArgumentParser(
        description="Generate the rules of arguments that the provider accepts together."
    )
    parser.add_argument("--plugin", type=Path, required=True, help="the binary of AWS provider 5.100.0")
    parser.add_argument("--jobs", type=int, default=2, help="how many providers to ask at a time")
    parser.add_argument(
        "--check", action="store_true", help="compare with the rules instead of replacing them"
    )
    arguments = parser.parse_args()
    wanted = names()
    document: dict[str, dict[str, Any]] = defaultdict(dict)
    with ProcessPoolExecutor(arguments.jobs) as jobs:
        shares = [wanted[share :: arguments.jobs] for share in range(arguments.jobs)]
        parts = list(jobs.map(answers, [arguments.plugin] * len(shares), shares))
    for (kind, type), rules in sorted(answer for part in parts for answer in part):
        if rules:
            document[kind][type] = by_block(rules)
    content = compressed(document)
    if arguments.check:
        if FILE.read_bytes() != content:
            print("the provider accepts other combinations of arguments than the rules say")
            return 1
        return 0
    FILE.write_bytes(content)
    count = sum(len(block) for kind in document.values() for type in kind.values() for block in type.values())
    print(f"{count:,} rules, {len(content):,} bytes, in {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
