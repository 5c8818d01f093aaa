"""The Regions table agrees with botocore, and its slots never change, because deployed VPCs use them."""

from __future__ import annotations

import ipaddress
import json
from importlib.resources import files

from ticketgen.aws.regions import (
    ANNOUNCED,
    COMMERCIAL,
    DATA_API_MISSING,
    PROVIDER_5_UNKNOWN,
    REGIONS,
    TIMESTREAM,
)

# Never edit a number here: each is the address range of deployed VPCs. Give new Regions new numbers.
SLOTS = {
    "us-east-1": 10, "us-east-2": 11, "us-west-1": 12, "us-west-2": 13, "ca-central-1": 20,
    "ca-west-1": 21, "mx-central-1": 25, "sa-east-1": 30, "eu-central-1": 40, "eu-central-2": 41,
    "eu-north-1": 42, "eu-south-1": 43, "eu-south-2": 44, "eu-west-1": 45, "eu-west-2": 46,
    "eu-west-3": 47, "ap-east-1": 60, "ap-east-2": 61, "ap-northeast-1": 62, "ap-northeast-2": 63,
    "ap-northeast-3": 64, "ap-south-1": 65, "ap-south-2": 66, "ap-southeast-1": 67,
    "ap-southeast-2": 68, "ap-southeast-3": 69, "ap-southeast-4": 70, "ap-southeast-5": 71,
    "ap-southeast-6": 72, "ap-southeast-7": 73, "il-central-1": 90, "me-central-1": 91,
    "me-south-1": 92, "af-south-1": 100, "cn-north-1": 110, "cn-northwest-1": 111,
    "us-gov-east-1": 120, "us-gov-west-1": 121, "eusc-de-east-1": 130, "us-iso-east-1": 140,
    "us-iso-west-1": 141, "us-isob-east-1": 145, "us-isob-west-1": 146, "eu-isoe-west-1": 150,
    "us-isof-east-1": 155, "us-isof-south-1": 156,
}  # fmt: skip


def botocore_regions() -> dict[str, tuple[str, str]]:
    document = json.loads(files("botocore").joinpath("data/partitions.json").read_text("utf-8"))
    return {
        name: (partition["id"], region["description"])
        for partition in document["partitions"]
        for name, region in partition["regions"].items()
        if not name.endswith("-global")
    }


def test_the_table_matches_botocore_without_announced_regions() -> None:
    known = botocore_regions()
    assert set(known) - ANNOUNCED == set(REGIONS)
    assert set(known) >= ANNOUNCED
    assert {name: (region.partition, region.long_name) for name, region in REGIONS.items()} == {
        name: known[name] for name in REGIONS
    }


def test_there_are_34_commercial_regions_half_of_them_opt_in() -> None:
    assert len(COMMERCIAL) == 34
    assert sum(REGIONS[name].opt_in for name in COMMERCIAL) == 17


def test_no_slot_was_ever_changed_or_reused() -> None:
    slots = {name: region.slot for name, region in REGIONS.items()}
    assert slots == SLOTS
    assert len(set(slots.values())) == len(slots)


def test_address_ranges_are_private_and_never_overlap() -> None:
    ranges = [ipaddress.ip_network(region.vpc_cidr) for region in REGIONS.values()]
    assert all(network.is_private and network.prefixlen == 16 for network in ranges)
    assert len(set(ranges)) == len(ranges)


def test_special_regions_are_commercial_regions() -> None:
    assert DATA_API_MISSING | TIMESTREAM | PROVIDER_5_UNKNOWN <= COMMERCIAL
    assert not TIMESTREAM & DATA_API_MISSING
