"""The stateful types exist, and so do the arguments that protect them and the calls that delete them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from ticketgen.aws.provider.schema import schema_of
from ticketgen.aws.stateful import KINDS, STATEFUL, StatefulType, stateful_type


@cache
def service_model(service: str) -> dict[str, Any]:
    folder = files("botocore").joinpath("data", service)
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    found: dict[str, Any] = json.loads(
        gzip.decompress(folder.joinpath(version, "service-2.json.gz").read_bytes())
    )
    return found


@pytest.mark.parametrize("stateful", STATEFUL.values(), ids=lambda each: each.type)
def test_a_stateful_type_exists_with_its_arguments(stateful: StatefulType) -> None:
    schema = schema_of("resource", stateful.type)
    assert schema is not None
    for name in (stateful.protected_by, stateful.final_snapshot, stateful.emptied_by, stateful.kept_by):
        assert not name or schema.attribute(name), name


@pytest.mark.parametrize("stateful", STATEFUL.values(), ids=lambda each: each.type)
def test_a_source_is_a_call_of_botocore_that_deletes(stateful: StatefulType) -> None:
    library, version, service, call = stateful.source.split()
    assert (library, version) == ("botocore", "1.44")
    model = service_model(service)
    assert call in model["operations"] or call in model["shapes"]
    assert any(word in call for word in ("Delete", "Deletion", "Release"))


def test_every_argument_that_protects_is_named() -> None:
    unnamed = []
    for stateful in STATEFUL.values():
        schema = schema_of("resource", stateful.type)
        assert schema is not None
        names = {
            name
            for name in schema.attributes
            if name.startswith(
                ("deletion_protection", "termination_protection", "skip_final", "force_d", "skip_d")
            )
        }
        # It only detaches the clusters that are left.
        names -= {"force_destroy"} if stateful.type == "aws_rds_global_cluster" else set()
        said = {stateful.protected_by, stateful.final_snapshot, stateful.emptied_by, stateful.kept_by}
        if names - said:
            unnamed.append((stateful.type, sorted(names - said)))
    assert unnamed == []


def test_kinds_are_in_order_and_none_is_empty() -> None:
    assert list(
        dict.fromkeys(each.kind for each in sorted(STATEFUL.values(), key=lambda each: each.rank))
    ) == list(KINDS)
    first = ("table", "database", "key", "queue", "stream", "log group")
    assert KINDS[: len(first)] == first
    assert KINDS[-1] == "cache"
    assert {each.kind for each in STATEFUL.values() if each.rebuilt} == {"cache"}


def test_types_that_hold_data_are_stateful_and_others_are_not() -> None:
    table = stateful_type("aws_dynamodb_table")
    assert table is not None
    assert (table.kind, table.holds) == ("table", "the table's items")
    assert table.protected_by == "deletion_protection_enabled"
    for name in (
        "aws_kms_alias",
        "aws_lambda_function",
        "aws_rds_cluster_instance",
        "aws_sns_topic",
        "aws_vpc",
    ):
        assert stateful_type(name) is None, name
