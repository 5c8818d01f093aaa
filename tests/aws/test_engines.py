"""Each version in the table has its dates and its source, and the provider and botocore know its engine."""

from __future__ import annotations

import re
from datetime import date

import pytest

from ticketgen.aws import engines
from ticketgen.aws.engines import EngineVersion
from ticketgen.rules.lambda_runtime import DEPRECATED

TABLE = [engines.PYTHON, *engines.CACHES.values(), engines.AURORA_POSTGRESQL]


def test_the_table_lists_every_record() -> None:
    records = [each for each in vars(engines).values() if isinstance(each, EngineVersion)]
    assert all(record in TABLE for record in records)
    assert {each for cache in engines.CACHES for each in engines.versions_of(cache)} == set(TABLE)


@pytest.mark.parametrize("version", TABLE, ids=lambda version: version.title)
def test_a_version_has_dates_and_a_source(version: EngineVersion) -> None:
    assert date(2020, 1, 1) < version.released < version.checked
    assert version.end is None or version.checked < version.end
    assert re.fullmatch(r"https://docs\.aws\.amazon\.com/\S+\.html", version.source)


@pytest.mark.parametrize("version", TABLE[1:], ids=lambda version: version.title)
def test_a_family_is_the_one_of_the_major_version(version: EngineVersion) -> None:
    assert version.family == f"{version.engine}{version.version.split('.')[0]}"


def test_a_cache_has_a_minor_version_and_the_database_has_none() -> None:
    # The provider accepts for Redis OSS from 6 on, and for Valkey, `<major>.<minor>` only:
    # https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/elasticache/engine_version.go
    assert all(re.fullmatch(r"[7-9]\.\d+", cache.version) for cache in engines.CACHES.values())
    assert engines.AURORA_POSTGRESQL.version.isdigit()


def test_the_runtime_is_not_deprecated() -> None:
    assert engines.PYTHON.version not in DEPRECATED
