"""Write the list of instance types again, from the service models of the botocore that is installed.

pip install botocore && python scripts/instance_types.py
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path

import botocore
from botocore.loaders import Loader

TARGET = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/instance_types.json.gz"
SHAPES = {
    "ec2": ("ec2", "InstanceType"),
    "opensearch": ("opensearch", "OpenSearchPartitionInstanceType"),
    "elasticsearch": ("es", "ESPartitionInstanceType"),
}
"""Service and shape by the name of a list."""


def main() -> None:
    """Write the sizes of each family of each service."""
    types: dict[str, dict[str, list[str]]] = {}
    for name, (service, shape) in SHAPES.items():
        families: dict[str, list[str]] = defaultdict(list)
        for type in Loader().load_service_model(service, "service-2")["shapes"][shape]["enum"]:
            family, _, size = type.partition(".")
            families[family].append(size.removesuffix(f".{'search' if name == 'opensearch' else name}"))
        types[name] = dict(sorted(families.items()))
    document = {"source": "botocore", "version": botocore.__version__, "types": types}
    TARGET.write_bytes(gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{sum(len(sizes) for each in types.values() for sizes in each.values()):,} types in {TARGET}")


if __name__ == "__main__":
    main()
