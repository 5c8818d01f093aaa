"""The values that AWS provider 5.100.0 accepts for each argument, as the provider itself answers.

``scripts/provider_validations.py`` generates ``accepted/`` by asking the provider about every argument, as one
compressed JSON file per service. The file of a service is read when one of its types is first used. ``rules`` is a
list of rules (`ticketgen.aws.provider.value_rules`). ``resource``, ``data`` and ``provider`` map a type to its
arguments, and each argument, as names joined by dots, to indexes in ``rules``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ticketgen.aws.provider.value_rules import ValueRule

__all__ = ["accepted_values"]

_NETWORK_RULE: Mapping[str, Sequence[ValueRule]] = {
    "cidr_ipv4": (["cidr", True, 4],),
    "cidr_ipv6": (["cidr", True, 6],),
}
_EDGES: ValueRule = ["not matches", ["^-|-\\Z"], "it must neither begin nor end with a hyphen"]
_BALANCER: Mapping[str, Sequence[ValueRule]] = {
    "name": (_EDGES, ["not matches", ["^internal-"], "it must not begin with internal-"])
}
_NO_DOT: ValueRule = ["not matches", ["\\.\\Z"], "it must not end with a dot"]
_FURTHER: Mapping[str, Mapping[str, Sequence[ValueRule]]] = {
    "aws_vpc_security_group_ingress_rule": _NETWORK_RULE,
    "aws_vpc_security_group_egress_rule": _NETWORK_RULE,
    "aws_lb": _BALANCER,
    "aws_alb": _BALANCER,
    "aws_lb_target_group": {"name": (_EDGES,)},
    "aws_alb_target_group": {"name": (_EDGES,)},
    "aws_acm_certificate": {"domain_name": (_NO_DOT,), "subject_alternative_names": (_NO_DOT,)},
    "aws_ecs_task_definition": {
        "container_definitions": (
            ["json", True],
            ["matches", [r"^\s*(\[|null|\Z)"], "it must be a JSON list"],
        )
    },
    "aws_rds_cluster": {
        "engine": (
            [
                "matches",
                ["^custom-|^(aurora-mysql|aurora-postgresql|mysql|postgres)\\Z"],
                "the engine is unknown",
            ],
        )
    },
}
"""Rules of resources that the script cannot recognize in the provider's answers.

Sources: https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/service, in
``ec2/vpc_security_group_ingress_rule.go``, ``elbv2/validate.go``, ``acm/certificate.go``, ``ecs/validate.go`` and
``rds/cluster.go``.
"""

_FOLDER = Path(__file__).with_name("accepted")


@cache
def accepted_values(kind: str, type: str) -> Mapping[str, Sequence[ValueRule]]:
    """The rules of the arguments of a type by path; empty for a type without rules.

    Args:
        kind: ``resource``, ``data``, ``ephemeral`` or ``provider``.
        type: such as ``aws_sqs_queue``; for the provider, ``aws``.
    """
    service = "provider" if kind == "provider" else type.split("_", 2)[1] if type.startswith("aws_") else ""
    document = _document(service)
    rules = document.get("rules", ())
    found = {
        path: tuple(rules[index] for index in indexes)
        for path, indexes in document.get(kind, {}).get(type, {}).items()
    }
    for path, further in _FURTHER.get(type, {}).items() if kind == "resource" else ():
        found[path] = (*found.get(path, ()), *further)
    return found


@cache
def _document(service: str) -> Mapping[str, Any]:
    import gzip
    import json

    file = _FOLDER / f"{service}.json.gz"
    if not service.isidentifier() or not file.exists():
        return {}
    return json.loads(gzip.decompress(file.read_bytes()))  # type: ignore[no-any-return]
