"""Plausible values for the arguments of a resource, for the plans of `provider_replacements`.

The provider does not validate in a plan, but it parses: a policy must be JSON, a time a time. Every argument has two
values that differ; `OVERRIDES` has the ones that a name does not suggest.
"""

from __future__ import annotations

from typing import Any

from provider_plugin import UNKNOWN

from ticketgen.aws.provider.schema import BlockSchema, Type

__all__ = ["MAX_DEPTH", "OVERRIDES", "based", "configuration", "known", "proposed", "value"]

MAX_DEPTH = 4
"""How many names a path has at most; web ACLs nest deeper, and nothing that deep forces replacement."""

OVERRIDES: dict[tuple[str, str], tuple[Any, Any]] = {
    ("aws_dynamodb_table", "attribute.name"): ("alpha", "beta"),
    ("aws_dynamodb_table", "attribute.type"): ("S", "N"),
    ("aws_dynamodb_table", "local_secondary_index.projection_type"): ("ALL", "KEYS_ONLY"),
    ("aws_dynamodb_table", "local_secondary_index.range_key"): ("beta", "alpha"),
    ("aws_dynamodb_table", "range_key"): ("beta", "alpha"),
    ("aws_docdb_cluster", "engine_version"): ("4.0.0", "5.0.0"),
    ("aws_elasticache_cluster", "engine"): ("redis", "valkey"),
    ("aws_elasticache_cluster", "engine_version"): ("7.0", "7.1"),
    ("aws_elasticache_replication_group", "engine"): ("redis", "valkey"),
    ("aws_elasticache_replication_group", "engine_version"): ("7.0", "7.1"),
    ("aws_elasticsearch_domain", "elasticsearch_version"): ("6.8", "7.10"),
    ("aws_cloudwatch_log_delivery_destination", "delivery_destination_type"): ("S3", "CWL"),
    ("aws_opensearch_domain", "engine_version"): ("OpenSearch_1.3", "OpenSearch_2.5"),
    ("aws_s3tables_table", "format"): ("ICEBERG", "ICEBERG"),
    ("aws_s3tables_table", "type"): ("customer", "customer"),
    ("aws_vpc_security_group_vpc_association", "state"): ("associated", "associated"),
    ("aws_dynamodb_table", "billing_mode"): ("PAY_PER_REQUEST", "PROVISIONED"),
}
"""The values of arguments whose names do not suggest them, by type and path."""

BASES: dict[str, dict[str, Any]] = {
    "aws_dynamodb_table": {
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "alpha",
        "read_capacity": 0,
        "write_capacity": 0,
        "attribute": [{"name": "alpha", "type": "S"}, {"name": "beta", "type": "S"}],
        "global_secondary_index": [
            {
                "name": "index",
                "hash_key": "alpha",
                "range_key": "beta",
                "projection_type": "ALL",
                "read_capacity": 0,
                "write_capacity": 0,
            }
        ],
    },
    "aws_dynamodb_table read_capacity": {
        "billing_mode": "PROVISIONED",
        "read_capacity": 10,
        "write_capacity": 10,
    },
    "aws_dynamodb_table write_capacity": {
        "billing_mode": "PROVISIONED",
        "read_capacity": 10,
        "write_capacity": 10,
    },
    "aws_dynamodb_table stream_enabled": {"stream_view_type": "KEYS_ONLY"},
    "aws_kinesis_firehose_delivery_stream": {
        "destination": "extended_s3",
        "extended_s3_configuration": [{}],
    },
    "aws_kinesis_stream": {"shard_count": 1},
    "aws_sns_topic content_based_deduplication": {"name": "alpha.fifo", "fifo_topic": True},
    "aws_sqs_queue content_based_deduplication": {"name": "alpha.fifo", "fifo_queue": True},
}
"""What a type, or one argument of it, needs around it so that the provider plans at all."""

_POLICY = (
    '{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":"*","Resource":"*","Sid":"%s"}],'
    '"Version":"2012-10-17"}'
)
_JSON = ("policy", "document", "definition", "definitions", "json", "body", "pattern", "template_body")
_TRUTH = ("enabled", "enable", "upgrade", "encrypted", "public", "delete_on_termination", "ebs_optimized")


def _string(name: str, which: int) -> str:
    words = name.split("_")
    if words[-1] in _JSON:
        return _POLICY % "AB"[which]
    if "arn" in words or "arns" in words or name in ("kms_key_id", "kms_master_key_id", "kms_key"):
        return f"arn:aws:kms:us-east-1:123456789012:key/{which}0000000-0000-0000-0000-000000000000"
    if "cidr" in words or "cidrs" in words:
        return f"2001:db8:{which}::/56" if "ipv6" in words else f"10.{which}.0.0/16"
    if "ip" in words or name.endswith("ip_address"):
        return f"10.0.0.{which + 1}"
    if name.endswith("zone_id"):
        return f"Z{which}AAAAAAAAAAA"
    if "zone" in words:
        return f"us-east-1{'ab'[which]}"
    if "region" in words:
        return ("us-west-2", "eu-west-1")[which]
    if name.endswith("account_id") or words[-1] == "account":
        return ("123456789012", "210987654321")[which]
    if words[-1] in _TRUTH:
        return ("true", "false")[which]
    if words[-1] in ("time", "date", "until", "at") or "timestamp" in words:
        return f"2030-01-0{which + 1}T00:00:00Z"
    if words[-1] == "version":
        return f"{which + 1}.0"
    if words[-1] in ("port", "ports", "size", "count"):
        return str(which + 10)
    if words[-1] == "window":
        hours = f"0{which + 3}:00-0{which + 4}:00"
        return hours if {"backup", "snapshot"} & set(words) else f"sun:{hours.replace('-', '-sun:')}"
    if words[-1] in ("domain", "url", "uri", "endpoint"):
        return f"https://{'ab'[which]}.example.com"
    return ("alpha", "beta")[which]


def value(resource: str, path: str, type: Type, which: int) -> Any:
    """The first or second value of an argument of that type.

    Raises:
        ValueError: a type that no provider of protocol 5 has.
    """
    if (resource, path) in OVERRIDES:
        return OVERRIDES[resource, path][which]
    name = path.rpartition(".")[2]
    match type:
        case "string" | "dynamic":
            return _string(name, which)
        case "number":
            return which + 10
        case "bool":
            return not which
        case ["list" | "set", element]:
            return [value(resource, path, element, which)]
        case ["map", element]:
            return {"key": value(resource, path, element, which)}
        case ["object", fields]:
            return {key: value(resource, f"{path}.{key}", inner, which) for key, inner in fields.items()}
        case ["tuple", elements]:
            return [value(resource, path, element, which) for element in elements]
    raise ValueError(type)


def configuration(
    resource: str, schema: BlockSchema, prefix: str = "", *, all: bool, keep: str = ""
) -> dict[str, Any]:
    """A configuration with first values.

    Args:
        resource: the type of the resource.
        schema: of its block, or of a nested one.
        prefix: the path of the nested block, with a dot at its end.
        all: whether to set every argument, instead of those that must be set.
        keep: a path to set besides, with the blocks around it.
    """
    found: dict[str, Any] = {}
    for name in schema.attributes:
        attribute = schema.attribute(name)
        assert attribute is not None
        path = f"{prefix}{name}"
        wanted = attribute.required or path == keep or (all and attribute.optional)
        # Terraform chooses the id, and tests of provider timeouts say nothing about replacement.
        wanted = wanted and not (attribute.read_only or path == "id" or "w" in schema.attributes[name][0])
        found[name] = value(resource, path, attribute.type, 0) if wanted else None
    for name in schema.blocks:
        nested = schema.nested(name)
        assert nested is not None
        path = f"{prefix}{name}"
        wanted = nested.min_items > 0 or all or path == keep or keep.startswith(f"{path}.")
        if name == "timeouts" or path.count(".") >= MAX_DEPTH + 1:
            wanted = False
        inner = configuration(resource, nested.block, f"{path}.", all=all, keep=keep) if wanted else None
        if nested.nesting in ("single", "group"):
            found[name] = inner
        elif nested.nesting == "map":
            found[name] = {} if inner is None else {"key": inner}
        else:
            found[name] = [] if inner is None else [inner]
    return found


def known(resource: str, schema: BlockSchema, planned: Any, prefix: str = "", *, defaults: bool) -> Any:
    """The state after an apply: a planned state, with first values for what only AWS tells.

    Args:
        resource: the type of the resource.
        schema: of its block, or of a nested one.
        planned: the planned state of the block.
        prefix: the path of the nested block, with a dot at its end.
        defaults: whether AWS gives arguments that are not set a value.
    """
    found = dict(planned)
    for name, (flags, type) in schema.attributes.items():
        path = f"{prefix}{name}"
        if found[name] is UNKNOWN:
            told = defaults or "o" not in flags or path == "id"
            found[name] = value(resource, path, type, 0) if told else None
        elif _has_unknown(found[name]):
            found[name] = _without_unknown(found[name])
    for name in schema.blocks:
        nested = schema.nested(name)
        assert nested is not None
        path = f"{prefix}{name}."
        blocks = planned[name]
        if blocks is UNKNOWN:
            found[name] = []
        elif isinstance(blocks, list):
            found[name] = [
                known(resource, nested.block, block, path, defaults=defaults)
                for block in blocks
                if block is not UNKNOWN
            ]
        elif isinstance(blocks, dict) and nested.nesting == "map":
            found[name] = {
                key: known(resource, nested.block, block, path, defaults=defaults)
                for key, block in blocks.items()
            }
        elif isinstance(blocks, dict):
            found[name] = known(resource, nested.block, blocks, path, defaults=defaults)
    return found


def based(resource: str, schema: BlockSchema, config: dict[str, Any], path: str) -> dict[str, Any]:
    """The configuration with what the type, and that argument of it, need around it."""
    return _merged(
        resource, schema, config, BASES.get(resource, {}) | BASES.get(f"{resource} {path}", {}), path
    )


def _merged(
    resource: str,
    schema: BlockSchema,
    config: dict[str, Any],
    base: dict[str, Any],
    path: str,
    prefix: str = "",
) -> dict[str, Any]:
    found = dict(config)
    for name, wanted in base.items():
        nested = schema.nested(name)
        if nested is None:
            found[name] = wanted
            continue
        inner = f"{prefix}{name}."
        template = configuration(resource, nested.block, inner, all=False, keep=path)
        found[name] = [_merged(resource, nested.block, template, block, path, inner) for block in wanted]
    return found


def _has_unknown(found: Any) -> bool:
    if isinstance(found, dict):
        return any(map(_has_unknown, found.values()))
    return any(map(_has_unknown, found)) if isinstance(found, list) else found is UNKNOWN


def _without_unknown(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _without_unknown(inner) for name, inner in found.items()}
    if isinstance(found, list):
        return [_without_unknown(inner) for inner in found]
    return None if found is UNKNOWN else found


def proposed(schema: BlockSchema, config: Any, prior: Any) -> Any:
    """What Terraform proposes: a configuration, with the prior state's computed values where nothing is set.

    See https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/objchange.go.
    """
    found = dict(config)
    for name, (flags, _) in schema.attributes.items():
        if found[name] is None and "c" in flags and "w" not in flags:
            found[name] = prior[name]
    for name in schema.blocks:
        nested = schema.nested(name)
        assert nested is not None
        blocks, before = config[name], prior[name]
        if isinstance(blocks, list):
            matches = [_match(nested.nesting, block, before, index) for index, block in enumerate(blocks)]
            found[name] = [
                block if match is None else proposed(nested.block, block, match)
                for block, match in zip(blocks, matches, strict=True)
            ]
        elif isinstance(blocks, dict) and nested.nesting == "map":
            found[name] = {
                key: proposed(nested.block, block, before[key]) if before and key in before else block
                for key, block in blocks.items()
            }
        elif isinstance(blocks, dict) and before is not None:
            found[name] = proposed(nested.block, blocks, before)
    return found


def _match(nesting: str, block: Any, before: list[Any] | None, index: int) -> Any:
    """The prior block that a block continues; in a set, only one with the same arguments."""
    if not before:
        return None
    if nesting == "list":
        return before[index] if index < len(before) else None
    return next((each for each in before if _continues(block, each)), None)


def _continues(block: Any, before: Any) -> bool:
    if isinstance(block, dict) and isinstance(before, dict):
        return all(_continues(inner, before.get(name)) for name, inner in block.items())
    if isinstance(block, list) and isinstance(before, list):
        return len(block) == len(before) and all(map(_continues, block, before))
    return block is None or block == before
