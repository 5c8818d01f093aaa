"""Every quota has a name and a source, and either a code or a note that its code is unknown."""

from __future__ import annotations

import re

import pytest

from ticketgen.aws.quotas import QUOTAS, Quota
from ticketgen.aws.regions import COMMERCIAL

ALL = list(QUOTAS.values())


@pytest.mark.parametrize("quota", ALL, ids=lambda quota: quota.key)
def test_every_quota_has_a_source_and_marks_unverified_parts(quota: Quota) -> None:
    assert quota.source.startswith("https://docs.aws.amazon.com/")
    assert re.fullmatch("L-[0-9A-F]{8}", quota.code) or (quota.code == "" and "code" in quota.unverified_note)
    assert quota.name
    assert quota.unit
    assert quota.default > 0


@pytest.mark.parametrize("quota", ALL, ids=lambda quota: quota.key)
def test_regional_defaults_name_known_regions_once(quota: Quota) -> None:
    named = [region for _, regions in quota.region_defaults for region in regions]
    assert set(named) <= COMMERCIAL
    assert len(named) == len(set(named))
    for value, regions in quota.region_defaults:
        assert {quota.default_in(region) for region in regions} == {value}
    assert quota.default_in("nowhere-1") == quota.default


def test_a_dependent_quota_names_one_that_can_be_raised() -> None:
    following = [quota for quota in ALL if quota.follows]
    assert {quota.key for quota in following} == {"api-burst"}
    assert all(QUOTAS[quota.follows].raisable and not quota.raisable for quota in following)


def test_defaults_differ_by_region() -> None:
    assert QUOTAS["kinesis-shards"].default_in("us-east-1") == 20_000
    assert QUOTAS["kinesis-shards"].default_in("us-east-2") == 6000
    assert QUOTAS["kinesis-shards"].default_in("sa-east-1") == 1000
    assert QUOTAS["api-throttle"].default_in("af-south-1") == 2500
    assert QUOTAS["api-burst"].default_in("af-south-1") == 1250
