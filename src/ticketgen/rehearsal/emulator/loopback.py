"""Refuse every connection of a process to another machine, whichever library opens it."""

from __future__ import annotations

import errno
import ipaddress
import sys
from typing import Any

__all__ = ["ISOLATION_VARIABLES", "connect_to_loopback_only"]

ISOLATION_VARIABLES = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""Without them, the SDKs would look in the home folder of the user and ask the machine's metadata service."""

# Source: https://docs.python.org/3/library/audit_events.html
_NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_CONNECTIONS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def connect_to_loopback_only() -> None:
    """Let this process and its forks connect to loopback only, for good."""
    sys.addaudithook(_audit_hook)


def _audit_hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _NAMES:
        _require_loopback(arguments[0])
    elif event in _CONNECTIONS and isinstance(arguments[1], tuple):
        _require_loopback(arguments[1][0])


def _require_loopback(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ConnectionRefusedError(
            errno.ECONNREFUSED, f"a rehearsal connects to loopback only, not to {name}"
        )
