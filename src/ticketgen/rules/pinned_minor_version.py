"""Minor versions that Terraform pins and AWS upgrades."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# Versions that contain a minor version, by engine. Shorter ones are prefixes, which the provider compares as such:
# https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/rds/engine_version.go
_PINNED = {
    "aurora-postgresql": re.compile(r"\d+\.\d+"),
    "aurora-mysql": re.compile(r"[\d.]+mysql_aurora\.\d+\.\d+"),
    "mariadb": re.compile(r"\d+\.\d+\.\d+"),
    "mysql": re.compile(r"\d+\.\d+\.\d+"),
    "postgres": re.compile(r"\d+\.\d+"),
    "redis": re.compile(r"[67]\.\d+"),
    "valkey": re.compile(r"\d+\.\d+"),
}
# The last minor versions of their major versions, which AWS upgrades no further:
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
_LAST = {("redis", "6.2"), ("redis", "7.1"), ("valkey", "7.2")}

# Terraform converts these to a bool: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
# Unset means on: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/rds_cluster_instance
_ON = (None, True, "true", "1")

_MAX_LENGTH = 64
"""Longer texts are no versions."""


def _check(subject: Subject) -> Iterator[Problem]:
    pinned: dict[int, tuple[BlockInstance, BlockInstance]] = {}
    for instance in subject.resources("aws_rds_cluster_instance"):
        link = instance.link("cluster_identifier")
        cluster = subject.first_instance(link) if link and link.resource.type == "aws_rds_cluster" else None
        if cluster is not None and _is_pinned(cluster) and _is_upgraded(instance):
            pinned.setdefault(id(cluster.declared), (cluster, instance))
    for cluster, instance in pinned.values():
        yield _problem(cluster, instance, 'write the major version only, such as engine_version = "17"')
    for database in subject.resources("aws_db_instance"):
        if _is_pinned(database) and _is_upgraded(database):
            yield _problem(database, database, "leave the minor version out of engine_version")
    for cache in subject.resources("aws_elasticache_replication_group"):
        if _is_pinned(cache) and _is_upgraded(cache):
            yield _problem(cache, cache, "set auto_minor_version_upgrade = false")


def _is_pinned(store: BlockInstance) -> bool:
    engine, version = store.value_with_defaults("engine"), store.value_with_defaults("engine_version")
    if not isinstance(engine, str) or not isinstance(version, str) or len(version) > _MAX_LENGTH:
        return False
    format = _PINNED.get(engine)
    if format is None or not format.match(version) or (engine, version) in _LAST:
        return False
    return "engine_version" not in store.ignored_changes()


def _is_upgraded(store: BlockInstance) -> bool:
    return store.value_with_defaults("auto_minor_version_upgrade") in _ON


def _problem(store: BlockInstance, upgraded: BlockInstance, help: str) -> Problem:
    version = store.value_with_defaults("engine_version")
    whose = "its minor version" if upgraded is store else f"the minor version of {upgraded.address}"
    message = f"{store.address} pins version {version}, but AWS upgrades {whose}"
    return Problem(message, store.at("engine_version"), help)


RULE = Rule(
    id="pinned-minor-version",
    severity=Severity.WARNING,
    summary="Terraform pins no minor version that AWS upgrades automatically",
    why=(
        "After the first automatic upgrade, engine_version in the code is older than the running version, and each "
        "later plan contains a downgrade. RDS refuses it, so every apply fails. For a cache, the provider "
        "replaces the whole replication group."
    ),
    fix="write the major version only, or switch automatic minor upgrades off",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.VersionPolicy.Versioning.html",
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html",
        "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/rds_cluster",
    ),
)
