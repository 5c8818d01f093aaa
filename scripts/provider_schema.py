"""Make the snapshot of the AWS provider's schema that `ticketgen validate` checks against.

    cd somewhere-with-a-required_providers-block && terraform init
    terraform providers schema -json | python scripts/provider_schema.py

It is written to ``src/ticketgen/aws/provider/aws/``: one compressed JSON a service, with everything that a check
needs and no descriptions. `ticketgen.aws.provider.schema` says what is in it, and reads it. The archive provider's
file beside it is kept by hand, from the provider's documentation.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/provider/aws"
PROVIDER = "registry.terraform.io/hashicorp/aws"
KINDS = {
    "resource_schemas": "resource",
    "data_source_schemas": "data",
    "ephemeral_resource_schemas": "ephemeral",
}


class Service:
    """The types of one service, and the blocks they consist of: equal ones are kept once."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, int]] = {kind: {} for kind in KINDS.values()}
        self.blocks: list[object] = []
        self._known: dict[str, int] = {}

    def block(self, block: dict[str, Any]) -> int:
        """The place of a block among the blocks."""
        compact: dict[str, object] = {
            "attributes": {
                name: [_flags(attribute), attribute["type"]]
                for name, attribute in sorted(block.get("attributes", {}).items())
            },
            "blocks": {
                name: [
                    inner["nesting_mode"],
                    inner.get("min_items", 0),
                    inner.get("max_items", 0),
                    self.block(inner["block"]),
                ]
                for name, inner in sorted(block.get("block_types", {}).items())
            },
        }
        if block.get("deprecated"):
            compact["deprecated"] = True
        key = json.dumps(compact)
        if key not in self._known:
            self._known[key] = len(self.blocks)
            self.blocks.append(compact)
        return self._known[key]


def _flags(attribute: dict[str, Any]) -> str:
    said = {
        "required": "r",
        "optional": "o",
        "computed": "c",
        "deprecated": "d",
        "sensitive": "s",
        "write_only": "w",
    }
    return "".join(letter for name, letter in said.items() if attribute.get(name))


def services(provider: dict[str, Any]) -> dict[str, Service]:
    """Every type of a provider, by the word behind ``aws_`` in its name."""
    found: dict[str, Service] = defaultdict(Service)
    for plural, kind in KINDS.items():
        for name, schema in sorted(provider.get(plural, {}).items()):
            service = found[name.split("_")[1]]
            service.types[kind][name] = service.block(schema["block"])
    found["provider"].types["provider"] = {"aws": found["provider"].block(provider["provider"]["block"])}
    return found


def main() -> None:
    """Read Terraform's JSON from standard input, and write the snapshot anew."""
    provider = json.load(sys.stdin)["provider_schemas"][PROVIDER]
    shutil.rmtree(SNAPSHOT, ignore_errors=True)
    SNAPSHOT.mkdir(parents=True)
    size = 0
    for name, service in services(provider).items():
        document = {
            **{kind: types for kind, types in service.types.items() if types},
            "blocks": service.blocks,
        }
        text = json.dumps(document, separators=(",", ":"))
        # No time in the header: the same schema gives the same bytes.
        compressed = gzip.compress(text.encode(), 9, mtime=0)
        (SNAPSHOT / f"{name}.json.gz").write_bytes(compressed)
        size += len(compressed)
    print(f"{len(list(SNAPSHOT.iterdir()))} services, {size:,} bytes, in {SNAPSHOT}")


if __name__ == "__main__":
    main()
