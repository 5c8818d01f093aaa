"""Keys and indexes of DynamoDB tables that AWS or the provider rejects at the apply."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-secondary-indexes
_MAX_LOCAL = 5
_LOCAL, _GLOBAL = "local_secondary_index", "global_secondary_index"
# Such a table takes its keys from elsewhere.
_COPIED = ("restore_source_name", "restore_source_table_arn")


def _check(subject: Subject) -> Iterator[Problem]:
    for table in subject.resources("aws_dynamodb_table"):
        if not any(table.has(name) for name in _COPIED):
            yield from _keys(table)
            yield from _indexes(table)
            yield from _settings(table)


def _keys(table: BlockInstance) -> Iterator[Problem]:
    """Compare the keys of the table and its indexes with the ``attribute`` blocks."""
    indexes = [index for type in (_LOCAL, _GLOBAL) for index in table.nested_blocks(type)]
    holders = [table, *indexes]
    used = [(holder, name) for holder in holders for name in ("hash_key", "range_key") if holder.has(name)]
    keys = [(holder, name, holder.value(name)) for holder, name in used]
    attributes = [(each, each.value("name")) for each in table.nested_blocks("attribute")]
    table.subject.spend(len(keys) + len(attributes))
    declared = {name for _, name in attributes if isinstance(name, str)}
    if all(isinstance(name, str) for _, name in attributes):
        for holder, name, key in keys:
            if isinstance(key, str) and key and key not in declared:
                message = f"{name} {key} of {table.address} has no attribute block"
                yield Problem(message, holder.at(name), f'add attribute {{ name = "{key}" … }} with its type')
    # A new form of keys, `key_schema`, is unknown to provider 5.
    if all(isinstance(key, str) or key is None for *_, key in keys) and not any(
        holder.has("key_schema") or holder.loops("key_schema") for holder in holders
    ):
        for block, attribute in attributes:
            if isinstance(attribute, str) and attribute not in {key for *_, key in keys}:
                message = f"attribute {attribute} of {table.address} is no key of the table or of an index"
                yield Problem(
                    message, block.location, "remove the block: other attributes need no declaration"
                )
    for holder in holders:
        key = holder.value("hash_key")
        if isinstance(key, str) and key and key == holder.value("range_key"):
            yield Problem(
                f"{key} is both hash_key and range_key", holder.at("range_key"), "use two attributes"
            )


def _indexes(table: BlockInstance) -> Iterator[Problem]:
    local = table.nested_blocks(_LOCAL)
    if local and not table.has("range_key") and not table.loops(_LOCAL):
        message = f"{table.address} has a local index, but no range_key"
        yield Problem(message, local[0].location, "set range_key of the table, or use a global index")
    if len(local) > _MAX_LOCAL:
        message = f"{table.address} has {len(local)} local indexes, and at most {_MAX_LOCAL} are allowed"
        yield Problem(message, local[_MAX_LOCAL].location, "use global indexes")
    for index in (*local, *table.nested_blocks(_GLOBAL)):
        kind, others = index.value("projection_type"), index.value("non_key_attributes")
        if kind == "INCLUDE" and (not index.has("non_key_attributes") or others == []):
            message = "projection_type INCLUDE has no non_key_attributes"
            yield Problem(message, index.at("projection_type"), "set non_key_attributes, or use KEYS_ONLY")
        if kind in ("ALL", "KEYS_ONLY") and isinstance(others, list) and others:
            message = f"projection_type {kind} allows no non_key_attributes"
            yield Problem(
                message, index.at("non_key_attributes"), "use projection_type INCLUDE, or remove them"
            )


def _settings(table: BlockInstance) -> Iterator[Problem]:
    billing: Value = table.value("billing_mode")
    if (billing == "PROVISIONED" or not table.has("billing_mode")) and not (
        table.has("read_capacity") and table.has("write_capacity")
    ):
        message = f"{table.address} has provisioned capacity, but not both read_capacity and write_capacity"
        help = 'set both, or billing_mode = "PAY_PER_REQUEST"'
        yield Problem(message, table.at("billing_mode"), help)
    if table.value("stream_enabled") is True and not table.has("stream_view_type"):
        message = f"{table.address} has a stream without stream_view_type"
        yield Problem(message, table.at("stream_enabled"), "set stream_view_type, such as NEW_AND_OLD_IMAGES")


RULE = Rule(
    id="table-definition",
    severity=Severity.ERROR,
    certain=True,
    summary="The keys, indexes and capacity of a DynamoDB table fit each other",
    why=(
        "Terraform validates each argument, but not whether they fit each other. The plan or the apply then fails, and "
        "that after other resources have changed."
    ),
    fix="declare exactly the attributes that are keys of the table or of an index",
    check=_check,
    sources=(
        "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/dynamodb_table",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    ),
)
