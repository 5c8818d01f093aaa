"""Service quotas: limits per account and Region that AWS raises on request.

Fixed limits and limits of names are in `limits` and `name_limits`. Names, codes and defaults come from the AWS General
Reference and the services' own pages, as of 2026-11. If neither page has the code of a quota, the entry says so, and
the quota is looked up by name: no code is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.aws.limits import API_THROTTLE_RATE

__all__ = ["API_SMALL_REGIONS", "BY_ID", "QUOTAS", "Quota"]

_DOCS = "https://docs.aws.amazon.com"
_REFERENCE = f"{_DOCS}/general/latest/gr"


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of an account.

    Attributes:
        key: the name in rule ids: ``quota-<key>``.
        service: the service code for ``aws service-quotas``.
        code: the quota code; "" if no page documents it.
        name: the name in Service Quotas.
        default: the value of a new account in a Region without an entry in `region_defaults`.
        unit: the unit of the value.
        source: where name and default are documented.
        region_defaults: other defaults, each with its Regions.
        follows: the key of the quota whose increase also raises this one, if AWS accepts no request for this one.
        raisable: whether AWS raises the quota on request.
        unverified_note: the part that no page confirms; "" if everything is confirmed.
        is_global: whether one value applies to all Regions of the account together.
    """

    key: str
    service: str
    code: str
    name: str
    default: int
    unit: str
    source: str
    region_defaults: tuple[tuple[int, frozenset[str]], ...] = ()
    follows: str = ""
    raisable: bool = True
    unverified_note: str = ""
    is_global: bool = False

    @property
    def id(self) -> str:
        """The name of the quota in a spec: the code, or the key if the code is unknown."""
        return self.code or self.key

    def default_in(self, region: str) -> int:
        """The value of a new account in a Region."""
        return next((value for value, regions in self.region_defaults if region in regions), self.default)


API_SMALL_REGIONS = frozenset({
    "af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
    "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
})  # fmt: skip
"""Regions where API Gateway's default throttle is a quarter of the usual one."""

_VPC = f"{_DOCS}/vpc/latest/userguide/amazon-vpc-limits.html"

_TABLE = (
    Quota(
        key="lambda-concurrency",
        service="lambda",
        code="L-B99A9384",
        name="Concurrent executions",
        default=1000,
        unit="concurrent executions",
        source=f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
        unverified_note="new accounts may have fewer, some of them 10",
    ),
    Quota(
        key="api-throttle",
        service="apigateway",
        code="L-8A5B8E43",
        name="Throttle rate",
        default=10_000,
        unit="requests/s",
        source=API_THROTTLE_RATE.source,
        region_defaults=((2500, API_SMALL_REGIONS),),
    ),
    Quota(
        key="api-burst",
        service="apigateway",
        code="L-CDF5615A",
        name="Throttle burst rate",
        default=5000,
        unit="requests",
        source=API_THROTTLE_RATE.source,
        region_defaults=((1250, API_SMALL_REGIONS),),
        follows="api-throttle",
        raisable=False,
    ),
    Quota(
        key="table-writes",
        service="dynamodb",
        code="L-AB614373",
        name="Table-level write throughput limit",
        default=40_000,
        unit="write units/s",
        source=f"{_REFERENCE}/ddb.html",
    ),
    Quota(
        key="table-reads",
        service="dynamodb",
        code="L-CF0CBE56",
        name="Table-level read throughput limit",
        default=40_000,
        unit="read units/s",
        source=f"{_REFERENCE}/ddb.html",
    ),
    Quota(
        key="kinesis-shards",
        service="kinesis",
        code="L-0918CF54",
        name="Shards per Region",
        default=1000,
        unit="shards",
        source=f"{_REFERENCE}/ak.html",
        region_defaults=(
            (20_000, frozenset({"us-east-1", "us-west-2", "eu-west-1"})),
            (6000, frozenset({
                "us-east-2", "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
                "eu-central-1", "eu-west-3",
            })),
        ),
    ),
    Quota(
        key="waf-requests",
        service="wafv2",
        code="",
        name="Maximum number of requests per second per protection pack (web ACL)",
        default=100_000,
        unit="requests/s",
        source=f"{_DOCS}/waf/latest/developerguide/limits.html",
        unverified_note="the code",
    ),
    Quota(
        key="sign-ins",
        service="cognito-idp",
        code="L-026ADBA3",
        name="Rate of UserAuthentication requests",
        default=120,
        unit="requests/s",
        source=f"{_DOCS}/cognito/latest/developerguide/quotas.html",
        unverified_note="the code, which comes from published listings of the Service Quotas API",
    ),
    Quota(
        key="vpcs",
        service="vpc",
        code="L-F678F1CE",
        name="VPCs per Region",
        default=5,
        unit="VPCs",
        source=_VPC,
    ),
    Quota(
        key="gateway-endpoints",
        service="vpc",
        code="L-1B52E74A",
        name="Gateway VPC endpoints per Region",
        default=20,
        unit="endpoints",
        source=_VPC,
    ),
    Quota(
        key="cache-nodes",
        service="elasticache",
        code="L-DFE45DF3",
        name="Nodes per Region",
        default=300,
        unit="nodes",
        source=f"{_REFERENCE}/elasticache-service.html",
        unverified_note="the code, which comes from published listings of the Service Quotas API",
    ),
    Quota(
        key="aurora-clusters",
        service="rds",
        code="L-952B80B8",
        name="DB clusters",
        default=40,
        unit="clusters",
        source=f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html",
        unverified_note="the code, which comes from published listings of the Service Quotas API",
    ),
    Quota(
        key="regional-apis",
        service="apigateway",
        code="L-AA0FF27B",
        name="Regional APIs",
        default=600,
        unit="APIs",
        source=API_THROTTLE_RATE.source,
        raisable=False,
        unverified_note="the code, which comes from published listings of the Service Quotas API",
    ),
    Quota(
        key="iam-roles",
        service="iam",
        code="L-FE177D64",
        name="Roles per account",
        default=1000,
        unit="roles",
        source=f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html",
        unverified_note="the code, which comes from published listings of the Service Quotas API",
        is_global=True,
    ),
)  # fmt: skip

QUOTAS: Mapping[str, Quota] = MappingProxyType({quota.key: quota for quota in _TABLE})
"""Every quota that a rendered stack uses, by key."""

BY_ID: Mapping[str, Quota] = MappingProxyType({quota.id: quota for quota in _TABLE})
"""Every quota that a rendered stack uses, by `Quota.id`."""
