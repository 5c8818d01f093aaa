"""Generate the snapshot of the AWS provider's schema for `ticketgen validate`.

    cd somewhere-with-a-required_providers-block && terraform init
    terraform providers schema -json | python scripts/provider_schema.py

The snapshot is written to ``src/ticketgen/aws/provider/aws/``, as one compressed JSON file per service, without
descriptions. `ticketgen.aws.provider.schema` documents the format and reads it. The file of the archive provider is
maintained by hand, from the provider's documentation.
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
    """The types of one service and their blocks, without duplicates."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, int]] = {kind: {} for kind in KINDS.values()}
        self.blocks: list[object] = []
        self._known: dict[str, int] = {}

    def block(self, block: dict[str, Any]) -> int:
        """The index of a block in ``blocks``, which adds it if it is new."""
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
    flags = {
        "required": "r",
        "optional": "o",
        "computed": "c",
        "deprecated": "d",
        "sensitive": "s",
        "write_only": "w",
    }
    return "".join(letter for name, letter in flags.items() if attribute.get(name))


def services(provider: dict[str, Any]) -> dict[str, Service]:
    """All types of a provider, grouped by the word after ``aws_`` in the name."""
    found: dict[str, Service] = defaultdict(Service)
    for plural, kind in KINDS.items():
        for name, schema in sorted(provider.get(plural, {}).items()):
            service = found[name.split("_")[1]]
            service.types[kind][name] = service.block(schema["block"])
    found["provider"].types["provider"] = {"aws": found["provider"].block(provider["provider"]["block"])}
    return found


def main() -> None:
    """Read Terraform's JSON from standard input, and replace the snapshot."""
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
        # No timestamp in the header, so that the same schema yields the same bytes.
        compressed = gzip.compress(text.encode(), 9, mtime=0)
        (SNAPSHOT / f"{name}.json.gz").write_bytes(compressed)
        size += len(compressed)
    print(f"{len(list(SNAPSHOT.iterdir()))} services, {size:,} bytes, in {SNAPSHOT}")


if __name__ == "__main__":
    main()
