"""The instance types of EC2 and of the services that offer them under names of their own.

``scripts/instance_types.py`` writes ``instance_types.json.gz`` from the service models of botocore 1.43.11
(2026-05): the shapes InstanceType of ec2, OpenSearchPartitionInstanceType of opensearch and ESPartitionInstanceType of
es, in https://github.com/boto/botocore/tree/1.43.11/botocore/data. The models of RDS and the other services list no
types: their classes are those of EC2 after a prefix. AWS adds types every month, so an unknown one may be new.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["INSTANCE_TYPES", "NamedTypes", "similar_types"]


class NamedTypes(NamedTuple):
    """The name of a list of types, and what is before and after each of them."""

    name: str
    prefix: str = ""
    suffix: str = ""


_FILE = Path(__file__).with_name("instance_types.json.gz")
_EC2 = NamedTypes("ec2")
_DB = NamedTypes("ec2", "db.")
_CACHE = NamedTypes("ec2", "cache.")
_SEARCH = NamedTypes("opensearch", suffix=".search")
_ELASTICSEARCH = NamedTypes("elasticsearch", suffix=".elasticsearch")
_OVERRIDE = "launch_template.override.instance_type"

INSTANCE_TYPES: Mapping[str, Mapping[str, NamedTypes]] = MappingProxyType({
    "aws_autoscaling_group": {f"mixed_instances_policy.{_OVERRIDE}": _EC2},
    "aws_cloud9_environment_ec2": {"instance_type": _EC2},
    "aws_db_instance": {"instance_class": _DB},
    "aws_dms_replication_instance": {"replication_instance_class": NamedTypes("ec2", "dms.")},
    "aws_docdb_cluster_instance": {"instance_class": _DB},
    "aws_ec2_capacity_reservation": {"instance_type": _EC2},
    "aws_ec2_fleet": {"launch_template_config.override.instance_type": _EC2},
    "aws_ec2_host": {"instance_type": _EC2},
    "aws_eks_node_group": {"instance_types": _EC2},
    "aws_elasticache_cluster": {"node_type": _CACHE},
    "aws_elasticache_global_replication_group": {"cache_node_type": _CACHE},
    "aws_elasticache_replication_group": {"node_type": _CACHE},
    "aws_elasticsearch_domain": {"cluster_config.instance_type": _ELASTICSEARCH},
    "aws_emr_cluster": {
        "core_instance_fleet.instance_type_configs.instance_type": _EC2,
        "core_instance_group.instance_type": _EC2,
        "master_instance_fleet.instance_type_configs.instance_type": _EC2,
        "master_instance_group.instance_type": _EC2,
    },
    "aws_emr_instance_fleet": {"instance_type_configs.instance_type": _EC2},
    "aws_emr_instance_group": {"instance_type": _EC2},
    "aws_imagebuilder_infrastructure_configuration": {"instance_types": _EC2},
    "aws_instance": {"instance_type": _EC2},
    "aws_launch_configuration": {"instance_type": _EC2},
    "aws_launch_template": {"instance_type": _EC2},
    "aws_memorydb_cluster": {"node_type": _DB},
    "aws_memorydb_multi_region_cluster": {"node_type": _DB},
    "aws_mq_broker": {"host_instance_type": NamedTypes("ec2", "mq.")},
    "aws_neptune_cluster_instance": {"instance_class": _DB},
    "aws_opensearch_domain": {"cluster_config.instance_type": _SEARCH},
    "aws_rds_cluster": {"db_cluster_instance_class": _DB},
    "aws_rds_cluster_instance": {"instance_class": _DB},
    "aws_spot_fleet_request": {
        "launch_specification.instance_type": _EC2,
        "launch_template_config.overrides.instance_type": _EC2,
    },
    "aws_spot_instance_request": {"instance_type": _EC2},
})  # fmt: skip
"""The types that an argument takes, by type of resource and path."""

_OWN_FAMILIES = frozenset({"influx", "oi2", "om2", "or1", "or2", "serverless", "ultrawarm1", "x2g"})
"""Families that EC2 does not have:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-instance-types.html"""


def similar_types(value: str, named: NamedTypes) -> list[str] | None:
    """The types of the family, or else those of the size, of an unknown type; None if the type is known."""
    name, prefix, suffix = named
    if not value:
        return None
    bare = value.removeprefix(prefix).removesuffix(suffix)
    family, _, size = bare.partition(".")
    # The lists of search instances lack some families that are EC2's.
    types = _document()["types"]
    families = types[name] if family in types[name] else types["ec2"]
    if value.startswith(prefix) and value.endswith(suffix):
        if size in families.get(family, ()) or ((prefix or suffix) and family in _OWN_FAMILIES):
            return None
        if (
            prefix and ".tpc" in size
        ):  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ConfigureProcessor.html
            return None
    if family in families:
        return [f"{prefix}{family}.{each}{suffix}" for each in families[family]]
    return [f"{prefix}{each}.{size}{suffix}" for each, sizes in families.items() if size in sizes]


@cache
def _document() -> Mapping[str, Any]:
    import gzip
    import json

    with gzip.open(_FILE) as file:
        return json.load(file)  # type: ignore[no-any-return]
