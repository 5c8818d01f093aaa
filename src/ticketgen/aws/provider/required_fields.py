"""The fields that AWS provider 5.100.0 requires in blocks that stand for objects, although its schema does not.

Source: the provider's own errors, ``The argument "ingress.0.protocol" is required``, about one such block without any
argument, for every argument of this kind of every resource type.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["REQUIRED_FIELDS"]

_PORTS = ("from_port", "protocol", "to_port")
_ENTRY = ("action", "from_port", "protocol", "rule_no", "to_port")

REQUIRED_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType({
    ("aws_default_security_group", "egress"): _PORTS,
    ("aws_default_security_group", "ingress"): _PORTS,
    ("aws_emr_cluster", "placement_group_config"): ("instance_role",),
    ("aws_emr_cluster", "step"): ("action_on_failure", "hadoop_jar_step", "name"),
    ("aws_network_acl", "egress"): _ENTRY,
    ("aws_network_acl", "ingress"): _ENTRY,
    ("aws_security_group", "egress"): _PORTS,
    ("aws_security_group", "ingress"): _PORTS,
})  # fmt: skip
"""The required fields by type and argument."""
