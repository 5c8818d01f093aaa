"""Every quota has a name and a source, and either a code or a note that its code is unknown."""

from __future__ import annotations

import re

import pytest

from ticketgen.aws.quotas import QUOTAS, Quota
from ticketgen.aws.regions import COMMERCIAL

ALL = list(QUOTAS.values())


@pytest.mark.parametrize("quota", ALL, ids=lambda quota: quota.key)
def test_a_quota_says_where_it_is_from_and_what_of_it_is_unverified(quota: Quota) -> None:
    assert quota.source.startswith("https://docs.aws.amazon.com/")
    assert re.fullmatch("L-[0-9A-F]{8}", quota.code) or (quota.code == "" and "code" in quota.unverified)
    assert quota.name
    assert quota.unit
    assert quota.default > 0


@pytest.mark.parametrize("quota", ALL, ids=lambda quota: quota.key)
def test_other_defaults_are_of_regions_that_exist_and_each_of_one_default(quota: Quota) -> None:
    named = [region for _, regions in quota.elsewhere for region in regions]
    assert set(named) <= COMMERCIAL
    assert len(named) == len(set(named))
    for value, regions in quota.elsewhere:
        assert {quota.allowed(region) for region in regions} == {value}
    assert quota.allowed("nowhere-1") == quota.default


def test_what_follows_another_quota_names_one_that_can_be_raised() -> None:
    following = [quota for quota in ALL if quota.raised_with]
    assert {quota.key for quota in following} == {"api-burst"}
    assert all(QUOTAS[quota.raised_with].raisable and not quota.raisable for quota in following)


def test_defaults_differ_by_region_where_aws_says_so() -> None:
    assert QUOTAS["kinesis-shards"].allowed("us-east-1") == 20_000
    assert QUOTAS["kinesis-shards"].allowed("us-east-2") == 6000
    assert QUOTAS["kinesis-shards"].allowed("sa-east-1") == 1000
    assert QUOTAS["api-throttle"].allowed("af-south-1") == 2500
    assert QUOTAS["api-burst"].allowed("af-south-1") == 1250
