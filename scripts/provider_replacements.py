"""Generate the table of the arguments that force replacement for the destruction guard, by asking the AWS provider.

    pip install grpcio protobuf msgpack
    python scripts/provider_replacements.py --plugin PATH/terraform-provider-aws_v5.100.0_x5

For each resource type, the provider plans the change of one argument after the other: from one value to another and
back, set and removed, with only the required arguments around it and with all of them; and it plans one block more and
one less. Nothing asks AWS. `ticketgen.aws.provider.replacement` reads the table and documents its format.
"""

from __future__ import annotations

import argparse
import gzip
import json
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from provider_plugin import started
from provider_probe import probed
from provider_values import configuration

from ticketgen.aws.provider.schema import AWS_VERSION, schema_of

TABLE = Path(__file__).resolve().parents[1] / "src/ticketgen/aws/provider/replacements.json.gz"
PROVIDER = {
    "region": "us-east-1",
    "access_key": "none",
    "secret_key": "none",
    "max_retries": 1,
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
}


SERVICES = (
    "accessanalyzer", "acm", "acmpca", "alb", "api", "apigatewayv2", "appautoscaling", "autoscaling",
    "backup", "cloudfront", "cloudhsm", "cloudtrail", "cloudwatch", "codecommit", "cognito", "dax", "db",
    "default", "directory", "docdb", "docdbelastic", "dsql", "dynamodb", "ebs", "ec2", "ecr", "ecrpublic",
    "ecs", "efs", "eip", "eks", "elasticache", "elasticsearch", "flow", "fsx", "glacier", "globalaccelerator",
    "glue", "iam", "instance", "internet", "keyspaces", "kinesis", "kms", "lambda", "launch", "lb",
    "lightsail", "memorydb", "mq", "msk", "mskconnect", "nat", "neptune", "network", "opensearch",
    "opensearchserverless", "pipes", "qldb", "rds", "redshift", "redshiftserverless", "route", "route53",
    "s3", "s3tables", "scheduler", "schemas", "secretsmanager", "security", "service", "sesv2", "sfn", "sns",
    "sqs", "ssm", "subnet", "timestreaminfluxdb", "timestreamwrite", "transfer", "vpc", "wafv2", "xray",
)  # fmt: skip
"""Words after ``aws_`` in a type: services of hand-written stacks of this kind, and those that hold data."""


def types() -> list[str]:
    """All resource types of these services."""
    documents = [TABLE.parent / "aws" / f"{service}.json.gz" for service in SERVICES]
    return sorted(
        type
        for document in documents
        for type in json.loads(gzip.decompress(document.read_bytes())).get("resource", {})
    )


def table_of(plugin: Path, names: list[str]) -> dict[str, Any]:
    """The table of these types, from a provider of its own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and end the provider
    schema = schema_of("provider", "aws")
    assert schema is not None
    with started(plugin, configuration("provider", schema, all=False) | PROVIDER) as provider:
        found = {name: probed(provider, name) for name in names}
    return {name: entry for name, entry in found.items() if entry is not None}


def main() -> int:
    """Ask the provider, and replace the table."""
    parser = argparse.ArgumentParser(
        description="Generate the table of the arguments that force replacement."
    )
    parser.add_argument("--plugin", type=Path, required=True, help="the binary of AWS provider 5.100.0")
    parser.add_argument("--jobs", type=int, default=2, help="how many providers to ask at a time")
    parser.add_argument("--check", action="store_true", help="compare with the table instead of replacing it")
    parser.add_argument("types", nargs="*", help="only these; the table keeps its entries of the others")
    arguments = parser.parse_args()
    names = arguments.types or types()
    with ProcessPoolExecutor(arguments.jobs) as jobs:
        shares = [names[share :: arguments.jobs] for share in range(arguments.jobs)]
        parts = jobs.map(table_of, [arguments.plugin] * len(shares), shares)
        table = dict(sorted(entry for part in parts for entry in part.items()))
    committed = json.loads(gzip.decompress(TABLE.read_bytes()))["types"] if TABLE.exists() else {}
    if arguments.check:
        different = [name for name in names if table.get(name) != committed.get(name)]
        for name in different:
            print(f"{name}: the table has {committed.get(name)}, but the provider says {table.get(name)}")
        return 1 if different else 0
    if arguments.types:
        kept = {name: entry for name, entry in committed.items() if name not in names}
        table = dict(sorted({**kept, **table}.items()))
    document = {"provider": ".".join(map(str, AWS_VERSION)), "types": table}
    # No timestamp in the header, so that the same answers yield the same bytes.
    compressed = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 9, mtime=0)
    TABLE.write_bytes(compressed)
    print(f"{len(table)} types, {len(compressed):,} bytes, in {TABLE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
