"""Keys and indexes of DynamoDB tables that AWS or the provider rejects at the apply."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.values import Value, is_known
from ticketgen.rules.resource_region import region_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-secondary-indexes
_MAX_LOCAL = 5
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
_INDEX_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_LOCAL, _GLOBAL = "local_secondary_index", "global_secondary_index"
# Such a table takes its keys from elsewhere.
_COPIED = ("restore_source_name", "restore_source_table_arn")


def _check(subject: Subject) -> Iterator[Problem]:
    for table in subject.resources("aws_dynamodb_table"):
        if not any(table.has(name) for name in _COPIED):
            yield from _keys(table)
            yield from _indexes(table)
            yield from _settings(table)
            yield from _twice(table)


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
                message = f"attribute {attribute} of {table.address} is not a key of the table or of an index"
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
    for name in ("read_capacity", "write_capacity"):
        capacity = table.value(name)
        if billing == "PAY_PER_REQUEST" and isinstance(capacity, int | float) and capacity > 0:
            # Provider 5.100.0, in its plan.
            yield Problem(
                f"{name} of {table.address} is set, but not provisioned", table.at(name), "remove it"
            )
    if billing == "PROVISIONED" or not table.has("billing_mode"):
        for index in table.nested_blocks(_GLOBAL):
            if not (index.has("read_capacity") and index.has("write_capacity")):
                message = f"a global index of {table.address} lacks read_capacity or write_capacity"
                yield Problem(message, index.location, 'set both, or billing_mode = "PAY_PER_REQUEST"')
    for ttl in table.nested_blocks("ttl"):
        if ttl.value("enabled") is True and not ttl.has("attribute_name"):  # provider 5.100.0, in its plan
            yield Problem("an enabled ttl has no attribute_name", ttl.location, "set attribute_name")
    yield from _replicas(table)
    if (billing == "PROVISIONED" or not table.has("billing_mode")) and not (
        table.has("read_capacity") and table.has("write_capacity")
    ):
        message = f"{table.address} has provisioned capacity, but not both read_capacity and write_capacity"
        help = 'set both, or billing_mode = "PAY_PER_REQUEST"'
        yield Problem(message, table.at("billing_mode"), help)
    if table.value("stream_enabled") is True and not table.has("stream_view_type"):
        message = f"{table.address} has a stream without stream_view_type"
        yield Problem(message, table.at("stream_enabled"), "set stream_view_type, such as NEW_AND_OLD_IMAGES")


def _replicas(table: BlockInstance) -> Iterator[Problem]:
    replicas = [(each, each.value("region_name")) for each in table.nested_blocks("replica")]
    own = region_of(table, table.subject.values)
    seen: dict[str, BlockInstance] = {}
    for replica, region in replicas:
        if not isinstance(region, str):
            continue
        if region in seen or region == own:
            message = f"{table.address} has already a copy in {region}"
            severity = None if region == own else _severity(replica, seen[region])
            yield Problem(
                message, replica.at("region_name"), "remove one, or use another Region", severity=severity
            )
        seen[region] = replica
    view = table.value("stream_view_type")
    if replicas and isinstance(view, str) and view not in ("", "NEW_AND_OLD_IMAGES"):
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html
        message = f"{table.address} has replicas, but the stream_view_type {view}"
        yield Problem(message, table.at("stream_view_type"), "use NEW_AND_OLD_IMAGES")


def _twice(table: BlockInstance) -> Iterator[Problem]:
    """Names that two attributes, or two indexes, share, and names of indexes that are too short or long."""
    for types, what in ((("attribute",), "attributes"), ((_LOCAL, _GLOBAL), "indexes")):
        seen: dict[str, BlockInstance] = {}
        for block in (each for type in types for each in table.nested_blocks(type)):
            name = block.value("name")
            if not isinstance(name, str):
                continue
            if name in seen:
                message = f"two {what} of {table.address} are named {name}"
                yield Problem(message, block.location, "rename one", severity=_severity(block, seen[name]))
            seen[name] = block
            if what == "indexes" and name and not _INDEX_NAME.fullmatch(name):
                message = (
                    f"the index name {quoted(name)} does not consist of 3 to 255 letters, digits, _, . and -"
                )
                yield Problem(message, block.at("name"), "correct the name")


def _severity(block: BlockInstance, other: BlockInstance) -> Severity | None:
    """A warning if the provider may make one of two blocks with the same name; otherwise None, for that of the rule.

    Source: the sets of the schema in
    https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/dynamodb/table.go
    """
    one, two = (
        {each.name: found.value(each.name) for each in found.block.body.attributes}
        for found in (block, other)
    )
    is_index = all("projection_type" in each for each in (one, two))
    is_local = not any("hash_key" in each for each in (one, two))
    are_two = is_known(one) and is_known(two) and one != two
    return None if are_two and not ("type" in one or (is_index and is_local)) else Severity.WARNING


RULE = Rule(
    id="table-definition",
    severity=Severity.ERROR,
    certain=True,
    summary="The keys, indexes and capacity of a DynamoDB table fit each other",
    why=(
        "Terraform validates each argument, but not whether they fit together. The plan or the apply then fails, "
        "perhaps after other resources have changed."
    ),
    fix="declare exactly the attributes that are keys of the table or of an index",
    check=_check,
    sources=(
        "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/dynamodb_table",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    ),
)
