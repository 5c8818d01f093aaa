"""The AWS Regions, and the features that some of them lack.

The table is literal, because it records the slots and because rendering should not need botocore; a test compares it
with botocore's ``data/partitions.json`` (botocore 1.44). That file also lists ``sa-west-1`` and ``me-west-1``, which
AWS has announced but does not offer to customers yet. They are only in ``ANNOUNCED``, so that a spec that names one
gets a finding instead of a failed ``terraform apply``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "ANNOUNCED",
    "COMMERCIAL",
    "DATA_API_MISSING",
    "PARTITIONS",
    "PROVIDER_5_UNKNOWN",
    "REGIONS",
    "TIMESTREAM",
    "Region",
]


@dataclass(frozen=True, slots=True)
class Region:
    """A Region that customers can use.

    Attributes:
        name: AWS's name, such as ``us-east-1``.
        slot: the position in the private address space. It is permanent: a deployed VPC cannot change its range, so
            never change a slot, and never assign it to another Region.
        partition: ``aws``, ``aws-cn``, ...; nothing replicates across partitions.
        opt_in: whether an account must enable the Region before it can use it.
        long_name: AWS's description, such as ``US East (N. Virginia)``.
    """

    name: str
    slot: int
    partition: str
    opt_in: bool
    long_name: str

    @property
    def vpc_cidr(self) -> str:
        """The address range of the VPC, which is independent of a stack's other Regions."""
        return f"10.{self.slot}.0.0/16"


# Opt-in status: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
# Slots leave gaps for new Regions in each part of the world, and skip 10.0.0.0/16, the usual default of other VPCs.
_TABLE = (
    Region("us-east-1", 10, "aws", False, "US East (N. Virginia)"),
    Region("us-east-2", 11, "aws", False, "US East (Ohio)"),
    Region("us-west-1", 12, "aws", False, "US West (N. California)"),
    Region("us-west-2", 13, "aws", False, "US West (Oregon)"),
    Region("ca-central-1", 20, "aws", False, "Canada (Central)"),
    Region("ca-west-1", 21, "aws", True, "Canada West (Calgary)"),
    Region("mx-central-1", 25, "aws", True, "Mexico (Central)"),
    Region("sa-east-1", 30, "aws", False, "South America (Sao Paulo)"),
    Region("eu-central-1", 40, "aws", False, "Europe (Frankfurt)"),
    Region("eu-central-2", 41, "aws", True, "Europe (Zurich)"),
    Region("eu-north-1", 42, "aws", False, "Europe (Stockholm)"),
    Region("eu-south-1", 43, "aws", True, "Europe (Milan)"),
    Region("eu-south-2", 44, "aws", True, "Europe (Spain)"),
    Region("eu-west-1", 45, "aws", False, "Europe (Ireland)"),
    Region("eu-west-2", 46, "aws", False, "Europe (London)"),
    Region("eu-west-3", 47, "aws", False, "Europe (Paris)"),
    Region("ap-east-1", 60, "aws", True, "Asia Pacific (Hong Kong)"),
    Region("ap-east-2", 61, "aws", True, "Asia Pacific (Taipei)"),
    Region("ap-northeast-1", 62, "aws", False, "Asia Pacific (Tokyo)"),
    Region("ap-northeast-2", 63, "aws", False, "Asia Pacific (Seoul)"),
    Region("ap-northeast-3", 64, "aws", False, "Asia Pacific (Osaka)"),
    Region("ap-south-1", 65, "aws", False, "Asia Pacific (Mumbai)"),
    Region("ap-south-2", 66, "aws", True, "Asia Pacific (Hyderabad)"),
    Region("ap-southeast-1", 67, "aws", False, "Asia Pacific (Singapore)"),
    Region("ap-southeast-2", 68, "aws", False, "Asia Pacific (Sydney)"),
    Region("ap-southeast-3", 69, "aws", True, "Asia Pacific (Jakarta)"),
    Region("ap-southeast-4", 70, "aws", True, "Asia Pacific (Melbourne)"),
    Region("ap-southeast-5", 71, "aws", True, "Asia Pacific (Malaysia)"),
    Region("ap-southeast-6", 72, "aws", True, "Asia Pacific (New Zealand)"),
    Region("ap-southeast-7", 73, "aws", True, "Asia Pacific (Thailand)"),
    Region("il-central-1", 90, "aws", True, "Israel (Tel Aviv)"),
    Region("me-central-1", 91, "aws", True, "Middle East (UAE)"),
    Region("me-south-1", 92, "aws", True, "Middle East (Bahrain)"),
    Region("af-south-1", 100, "aws", True, "Africa (Cape Town)"),
    Region("cn-north-1", 110, "aws-cn", False, "China (Beijing)"),
    Region("cn-northwest-1", 111, "aws-cn", False, "China (Ningxia)"),
    Region("us-gov-east-1", 120, "aws-us-gov", False, "AWS GovCloud (US-East)"),
    Region("us-gov-west-1", 121, "aws-us-gov", False, "AWS GovCloud (US-West)"),
    Region("eusc-de-east-1", 130, "aws-eusc", False, "AWS European Sovereign Cloud (Germany)"),
    Region("us-iso-east-1", 140, "aws-iso", False, "US ISO East"),
    Region("us-iso-west-1", 141, "aws-iso", False, "US ISO WEST"),
    Region("us-isob-east-1", 145, "aws-iso-b", False, "US ISOB East (Ohio)"),
    Region("us-isob-west-1", 146, "aws-iso-b", False, "US ISOB West"),
    Region("eu-isoe-west-1", 150, "aws-iso-e", False, "EU ISOE West"),
    Region("us-isof-east-1", 155, "aws-iso-f", False, "US ISOF EAST"),
    Region("us-isof-south-1", 156, "aws-iso-f", False, "US ISOF SOUTH"),
)

REGIONS: Mapping[str, Region] = MappingProxyType({region.name: region for region in _TABLE})
"""Every Region that customers of its partition can use, by name."""

PARTITIONS = frozenset(region.partition for region in _TABLE)
"""The partitions of these Regions, as they stand in ARNs."""

COMMERCIAL = frozenset(region.name for region in _TABLE if region.partition == "aws")
"""The 34 Regions of the partition ``aws``."""

ANNOUNCED = frozenset({"me-west-1", "sa-west-1"})
"""Regions that botocore knows but AWS does not offer yet."""

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
DATA_API_MISSING = frozenset({"ap-south-2", "ap-southeast-4", "ap-southeast-6"})
"""Commercial Regions whose Aurora PostgreSQL has no Data API: they can be neither primary nor secondary."""

# https://docs.aws.amazon.com/general/latest/gr/timestream.html
TIMESTREAM = frozenset({
    "ap-northeast-1", "ap-south-1", "ap-southeast-2", "eu-central-1", "eu-west-1",
    "us-east-1", "us-east-2", "us-west-2",
})  # fmt: skip
"""Commercial Regions with Timestream for LiveAnalytics, which has been closed to new customers since 2025-06-20."""

# The Region opened in September 2025; provider 5.100.0 was released in June 2025.
PROVIDER_5_UNKNOWN = frozenset({"ap-southeast-6"})
"""Regions that AWS provider 5.100 rejects unless ``skip_region_validation`` is set; 6.x knows them."""
