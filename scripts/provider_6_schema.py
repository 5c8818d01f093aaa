"""Generate the differences between AWS provider 5.100 and 6 for `ticketgen validate`.

    pip download --no-deps cdktf-cdktf-provider-aws==20.1.0    # provider 5.100.0
    pip download --no-deps cdktf-cdktf-provider-aws==21.22.1   # provider 6.25.0
    python scripts/provider_6_schema.py WHEEL_OF_5_100 WHEEL_OF_6

Both wheels are read in the same way (`provider_bindings`), and only their differences are written, to
``src/ticketgen/aws/provider/aws_6/``, one compressed JSON file per service. `ticketgen.aws.provider.schema_changes` has
the format and applies them to the snapshot of 5.100, so what the bindings lack matters only where version 6 differs.

With ``--check``, the first wheel is compared with the snapshot of 5.100 instead, and the differences are counted: this
measures how far the schemas derived from bindings can be trusted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provider_bindings import Schema, schemas_of_wheel

from ticketgen.aws.provider.schema import BlockSchema, schema_of

DIFFERENCES = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/provider/aws_6"
EMPTY: Schema = {"attributes": {}, "block_types": {}}
EPHEMERAL = (
    "aws_cognito_identity_openid_token_for_developer_identity",
    "aws_eks_cluster_auth",
    "aws_kms_secrets",
    "aws_lambda_invocation",
    "aws_secretsmanager_random_password",
    "aws_secretsmanager_secret_version",
    "aws_ssm_parameter",
)
"""The ephemeral resources of 5.100, which the bindings lack, and whose arguments in 6 are therefore unknown."""


def flags(attribute: dict[str, Any]) -> str:
    """The flags of a derived attribute. The bindings do not say which optional attributes are computed."""
    return "r" if attribute.get("required") else "oc" if attribute.get("optional") else "c"


def changes(before: Schema, after: Schema, real: BlockSchema | None) -> dict[str, Any]:
    """The changes between two derived blocks.

    Args:
        before: the block as derived from the bindings of 5.100.
        after: the block as derived from the bindings of 6.
        real: the block in 5.100; None if it is new.
    """
    found: dict[str, Any] = defaultdict(dict)
    misread: set[str] = set()
    if real is not None:
        for name in set(real.blocks) - set(before["block_types"]):
            found["nested"][name] = {"open": True}
            misread.add(name)
        misread |= {name for name in before["block_types"] if name not in real.blocks}
        names = {*before["attributes"], *before["block_types"]}
        if names ^ {*real.attributes, *real.blocks}:
            return {"open": True}
    old_kinds = {name: kind for kind in EMPTY for name in before[kind]}
    new_kinds = {name: kind for kind in EMPTY for name in after[kind]}
    removed = sorted(name for name in set(old_kinds) - misread if old_kinds[name] != new_kinds.get(name))
    if removed:
        found["removed"] = removed
    for name, attribute in sorted(after["attributes"].items()):
        old = before["attributes"].get(name)
        if name in misread or attribute == old:
            continue
        kept = real.attribute(name) if real is not None else None
        marks = flags(attribute)
        if old is not None and kept is not None and flags(old) == marks:
            marks = real.attributes[name][0] if real is not None else marks
        elif kept is not None and kept.sensitive:
            marks += "s"
        found["attributes"][name] = [marks, attribute["type"]]
    for name, block in sorted(after["block_types"].items()):
        if name in misread:
            continue
        old = before["block_types"].get(name)
        nested = real.nested(name) if real is not None else None
        inner = changes(
            old["block"] if old else EMPTY, block["block"], nested.block if old and nested else None
        )
        limits = [block["nesting_mode"], block["min_items"], block["max_items"]]
        if old is None:
            found["blocks"][name] = [*limits, inner]
            if block["max_items"] == 1 and real is not None and name not in real.attributes:
                # It may just as well be an attribute that holds an object: the bindings are the same.
                found["attributes"][name] = ["oc", "dynamic"]
            elif block["max_items"] == 1 and real is None:
                found["attributes"][name] = ["oc", "dynamic"]
            continue
        if inner:
            found["nested"][name] = inner
        if limits != [old["nesting_mode"], old["min_items"], old["max_items"]]:
            found["limits"][name] = limits
    return dict(found)


def difference_counts(derived: Schema, real: BlockSchema, place: str) -> Iterator[tuple[str, str]]:
    """Yield category and place of each difference between a derived and a real block."""
    for name in {*derived["attributes"], *real.attributes}:
        ours, theirs = derived["attributes"].get(name), real.attribute(name)
        if ours is None or theirs is None:
            yield "attribute only " + ("derived" if theirs is None else "real"), f"{place}.{name}"
            continue
        if ours["type"] != theirs.type:
            yield "type", f"{place}.{name}"
        if theirs.required != ("r" in flags(ours)):
            yield "required", f"{place}.{name}"
        if theirs.read_only != (flags(ours) == "c"):
            yield "read-only", f"{place}.{name}"
    for name in {*derived["block_types"], *real.blocks}:
        block, nested = derived["block_types"].get(name), real.nested(name)
        if block is None or nested is None:
            yield "block only " + ("derived" if nested is None else "real"), f"{place}.{name}"
            continue
        if block["nesting_mode"] != nested.nesting:
            yield f"{block['nesting_mode']} instead of {nested.nesting}", f"{place}.{name}"
        if block["min_items"] != nested.min_items:
            yield "minimum of items", f"{place}.{name}"
        if nested.nesting != "single" and block["max_items"] != nested.max_items:
            yield "maximum of items", f"{place}.{name}"
        yield from difference_counts(block["block"], nested.block, f"{place}.{name}")


def check(before: dict[str, dict[str, Schema]]) -> None:
    """Print how the schemas derived from 5.100's bindings differ from 5.100."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for kind, types in before.items():
        for type, derived in types.items():
            real = schema_of(kind, type)
            if real is None:
                counts["type only derived"] += 1
                continue
            for category, place in difference_counts(derived, real, f"{kind} {type}"):
                counts[category] += 1
                examples.setdefault(category, place)
    print(f"{sum(map(len, before.values()))} types derived")
    for category, number in counts.most_common():
        print(f"{number:6} {category}, such as {examples[category]}")


def write(before: dict[str, dict[str, Schema]], after: dict[str, dict[str, Schema]]) -> None:
    """Write the differences, one file per service."""
    services: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for type in EPHEMERAL:
        services[type.split("_")[1]]["ephemeral"][type] = {"open": True}
    for kind in before:
        for type in sorted({*before[kind], *after[kind]}):
            service = services["provider" if kind == "provider" else type.split("_")[1]]
            if type not in after[kind]:
                service[kind][type] = None
                continue
            old = before[kind].get(type)
            found = changes(old or EMPTY, after[kind][type], schema_of(kind, type) if old else None)
            if found or old is None:
                service[kind][type] = found
    shutil.rmtree(DIFFERENCES, ignore_errors=True)
    DIFFERENCES.mkdir(parents=True)
    size = 0
    for name, document in services.items():
        text = json.dumps(document, separators=(",", ":"), sort_keys=True)
        compressed = gzip.compress(text.encode(), 9, mtime=0)
        (DIFFERENCES / f"{name}.json.gz").write_bytes(compressed)
        size += len(compressed)
    print(f"{len(services)} services, {size:,} bytes, in {DIFFERENCES}")


def main() -> None:
    """Read the wheels, and write or count the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("before", type=Path, help="the wheel with provider 5.100")
    parser.add_argument("after", type=Path, nargs="?", help="the wheel with provider 6")
    parser.add_argument("--check", action="store_true", help="compare the first wheel with the snapshot")
    arguments = parser.parse_args()
    before = schemas_of_wheel(arguments.before)
    if arguments.check:
        check(before)
    else:
        write(before, schemas_of_wheel(arguments.after))


if __name__ == "__main__":
    main()
