"""Calls about networks with known arguments that Terraform refuses; see `refused_calls`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ticketgen.type_checking.refusal import Refused

__all__ = ["NETWORK_REFUSALS"]

_MAX_BITS: Final = 32
"""The bits by which the functions extend the prefix of a network at most."""


def _network(prefix: str) -> tuple[int, int, int]:
    """The length of the prefix, and of the addresses, and the first address as a number."""
    from ipaddress import ip_interface

    address, slash, length = prefix.partition("/")
    # Terraform reads numbers with leading zeros, as earlier versions did.
    address = ".".join(each.lstrip("0") or each[:1] for each in address.split("."))
    try:
        network = ip_interface(f"{address}/{length}").network
        if not slash or not length.isdigit():
            raise ValueError
    except ValueError:
        raise Refused(0, "it is not a CIDR block") from None
    return network.prefixlen, network.max_prefixlen, int(network.network_address)


def _cidrsubnet(prefix: str, bits: Any, number: Any) -> None:
    length, longest, _ = _network(prefix)
    if isinstance(bits, int) and length + bits > longest:
        raise Refused(1, f"the prefix of {length} bits cannot be extended by {bits}")
    if isinstance(bits, int) and isinstance(number, int) and 0 <= bits <= 128 and number >= 1 << bits:
        raise Refused(2, f"there is no network {number} with {bits} more bits")


def _cidrsubnets(prefix: str, *bits: Any) -> None:
    length, longest, first = _network(prefix)
    after = first
    for position, each in enumerate(bits, 1):
        if isinstance(each, int) and (each < 1 or each > _MAX_BITS or length + each > longest):
            raise Refused(position, f"the prefix of {length} bits cannot be extended by {each}")
        if not isinstance(each, int):
            return
        size = 1 << (longest - length - each)
        start = -(-after // size) * size  # each network begins at a multiple of its size
        if start >= first + (1 << (longest - length)):
            raise Refused(position, f"{prefix} has no room left for a network with {each} more bits")
        after = start + size


def _cidrhost(prefix: str, number: Any) -> None:
    length, longest, _ = _network(prefix)
    size = 1 << (longest - length)
    if isinstance(number, int) and not -size <= number < size:
        raise Refused(1, f"the range has no host {number}")


def _cidrnetmask(prefix: str) -> None:
    if _network(prefix)[1] != 32:
        raise Refused(0, "IPv6 CIDR blocks have no netmask")


NETWORK_REFUSALS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "cidrhost": _cidrhost,
        "cidrnetmask": _cidrnetmask,
        "cidrsubnet": _cidrsubnet,
        "cidrsubnets": _cidrsubnets,
    }
)
"""The checks by the name of the function."""
