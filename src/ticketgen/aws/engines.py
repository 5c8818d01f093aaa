"""The engine and runtime versions of the stack, with the dates of AWS's support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

__all__ = ["AURORA_POSTGRESQL", "CACHES", "CACHE_PORT", "PYTHON", "EngineVersion", "versions_of"]


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """A version that the stack pins, and how long AWS supports it.

    Attributes:
        title: its name for people.
        engine: its name for AWS.
        version: the version as it is rendered.
        family: of its parameter groups; "" for a runtime, which has none.
        released: the first day of support.
        end: the last day of standard support; None if AWS has announced none.
        checked: the day on which the source was read.
        source: the page with the dates.
    """

    title: str
    engine: str
    version: str
    family: str
    released: date
    end: date | None
    checked: date
    source: str


_DOCS = "https://docs.aws.amazon.com"
_CACHE_VERSIONS = f"{_DOCS}/AmazonElastiCache/latest/dg/engine-versions.html"
_CHECKED = date(2026, 11, 27)

# Not 3.14: provider 5.100 of June 2025 does not know a runtime of November 2025, and rejects it.
PYTHON = EngineVersion(
    "Lambda runtime", "lambda", "python3.13", "", date(2024, 11, 14), date(2029, 6, 30), _CHECKED,
    f"{_DOCS}/lambda/latest/dg/lambda-runtimes.html",
)  # fmt: skip

# IAM authentication needs Valkey 7.2 or Redis OSS 7.0: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
# Provider 5.100 accepts `<major>.<minor>` only, and Redis OSS ends with 7.1.
CACHES: Mapping[str, EngineVersion] = MappingProxyType({
    "valkey": EngineVersion(
        "Valkey", "valkey", "8.2", "valkey8", date(2025, 10, 13), None, _CHECKED, _CACHE_VERSIONS
    ),
    "redis": EngineVersion(
        "Redis OSS", "redis", "7.1", "redis7", date(2023, 11, 14), None, _CHECKED, _CACHE_VERSIONS
    ),
})  # fmt: skip
"""The engines of the seat map, by their name in the spec."""

CACHE_PORT = 6379

# The major version only: with a minor one, the first automatic upgrade would make each later apply try a downgrade.
# Each 17.x from 17.4, the first of Aurora, has the Data API:
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
AURORA_POSTGRESQL = EngineVersion(
    "Aurora PostgreSQL", "aurora-postgresql", "17", "aurora-postgresql17", date(2025, 5, 1), date(2030, 2, 28),
    _CHECKED, f"{_DOCS}/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/aurorapostgresql-release-calendar.html",
)  # fmt: skip


def versions_of(cache: str) -> Iterator[EngineVersion]:
    """The versions that a stack with this engine of the seat map runs on."""
    yield from (PYTHON, CACHES[cache], AURORA_POSTGRESQL)
