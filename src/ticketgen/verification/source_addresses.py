"""The syntax of version constraints, and of the addresses of providers and modules.

Sources: https://developer.hashicorp.com/terraform/language/modules/configuration,
https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses, and the parsers in
https://github.com/hashicorp/go-version, https://github.com/hashicorp/terraform-registry-address and
https://github.com/hashicorp/terraform/tree/v1.11.4/internal/getmodules/moduleaddrs
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "is_remote_module",
    "is_version_constraint",
    "module_fault",
    "provider_fault",
    "provider_name_fault",
]

_MAX_LENGTH: Final = 500
"""Limit of characters in an address or a constraint; nothing is reported about a longer one."""

_NUMBERS: Final = r"v?+[0-9]++(?:\.[0-9]++)*+"
_PRERELEASE: Final = r"-?+[A-Za-z~-][0-9A-Za-z~-]*+(?:\.[0-9A-Za-z~-]++)*+"
_NUMERIC_PRERELEASE: Final = r"-[0-9]++[0-9A-Za-z~-]*+(?:\.[0-9A-Za-z~-]++)*+"
_METADATA: Final = r"\+[0-9A-Za-z~-]++(?:\.[0-9A-Za-z~-]++)*+"
_TERM: Final = re.compile(
    rf"\s*+(?:=|!=|>=|<=|>|<|~>)?+\s*+{_NUMBERS}(?:{_NUMERIC_PRERELEASE}|{_PRERELEASE})?+(?:{_METADATA})?+\s*+"
)

_PROVIDER_PART: Final = re.compile(r"[a-z0-9](?:-?[a-z0-9])*+")
_REGISTRY_NAME: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}[0-9A-Za-z])?")
_TARGET_SYSTEM: Final = re.compile(r"[0-9a-z]{1,64}")
_LOCAL: Final = ("./", "../", ".\\", "..\\")
_HOSTS_OF_REPOSITORIES: Final = frozenset({"github.com", "bitbucket.org"})
_ELSEWHERE: Final = re.compile(
    r"[A-Za-z0-9]++::.|[A-Za-z][A-Za-z0-9+.-]*+:|git@[^:]++:/?+.|/|(?:github\.com|bitbucket\.org)/[^/]++/[^/]|"
    r".*(?:googleapis\.com/|\.amazonaws\.com/)"
)
"""The beginning of an address that a getter understands without a registry."""


def is_version_constraint(text: str) -> bool:
    """Whether Terraform can read a version constraint; True for one that is too long to tell."""
    return len(text) > _MAX_LENGTH or all(_TERM.fullmatch(term) for term in text.split(","))


def provider_name_fault(name: str) -> str:
    """What is wrong with a part of a provider's address, such as its local name; "" for nothing."""
    if not name:
        return "is empty"
    if not name.isascii() or len(name) > _MAX_LENGTH:
        return ""  # Terraform applies the rules of international domain names
    if _PROVIDER_PART.fullmatch(name):
        return ""
    if _PROVIDER_PART.fullmatch(name.lower()):
        return "must be in lower case"
    return "may contain only letters, digits and single dashes, which may not be first or last"


def provider_fault(source: str) -> str:
    """What is wrong with the ``source`` of a required provider; "" for nothing."""
    parts = source.split("/")
    if not 1 <= len(parts) <= 3 or not all(parts):
        return "must have the form [HOSTNAME/][NAMESPACE/]TYPE"
    own = parts[-2:]
    for part in own:
        if part == "-":
            return "contains the part '-', which `terraform init` refuses since Terraform 0.13"
        fault = provider_name_fault(part.lower())
        if fault:
            return f"contains the part {part!r}, which {fault}"
    if parts[-1].lower().startswith("terraform-provider-"):
        return "has a type that begins with terraform-provider-, which is the name of a repository"
    return ""


def module_fault(source: str, *, versioned: bool) -> str:
    """What is wrong with the ``source`` of a module call; "" for nothing.

    Args:
        source: the address.
        versioned: whether the call has a ``version``, which only modules of a registry have.
    """
    if len(source) > _MAX_LENGTH:
        return ""
    in_registry = _registry_fault(source)
    if versioned:
        return (
            f"is not the address of a module in a registry, so it has no version: {in_registry}"
            if in_registry
            else ""
        )
    if source.startswith(_LOCAL):
        return ""
    if not in_registry or _ELSEWHERE.match(source):
        return ""
    return "is neither a path that begins with ./ or ../, nor an address of a registry or a repository"


def is_remote_module(source: str) -> bool:
    """Whether the ``source`` of a module is neither a local path nor an address in a registry."""
    return len(source) <= _MAX_LENGTH and not source.startswith(_LOCAL) and bool(_registry_fault(source))


def _registry_fault(source: str) -> str:
    package, _, subfolder = source.partition("//")
    if subfolder.startswith("../"):
        return "the path after // leads out of the package"
    parts = package.split("/")
    if len(parts) not in {3, 4}:
        return "such an address has the form [HOSTNAME/]NAMESPACE/NAME/SYSTEM"
    if len(parts) == 4:
        host = parts.pop(0)
        if "." not in host or host.startswith(".") or host.lower() in _HOSTS_OF_REPOSITORIES:
            return f"{host!r} is not the host of a registry"
    *names, system = parts
    if not all(_REGISTRY_NAME.fullmatch(name) for name in names):
        return "the namespace and the name may contain only letters, digits, dashes and underscores"
    if not _TARGET_SYSTEM.fullmatch(system):
        return f"the system {system!r} may contain only lowercase letters and digits"
    return ""
