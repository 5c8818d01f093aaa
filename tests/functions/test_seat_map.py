"""Seat maps beyond the suite: a Redis that dies, readers during a load, records in any order, and TLS."""

from __future__ import annotations

import base64
import random
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from functions_cloud import Cloud
from seat_map_tools import USER, connect, server_of, shown

import dynamo
import redis_client
import seat_map
import seat_view
from redis_client import Redis, RedisDown, RedisError
from support.redis_server import ENGINES, RedisServer

LONG = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
EMPTY: dict[str, list[int]] = {"A": [], "B": []}


@contextmanager
def tls_in_front_of(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """A port that accepts TLS connections one after the other and forwards their data."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                try:
                    with (
                        context.wrap_socket(plain, server_side=True) as secure,
                        socket.create_connection(("127.0.0.1", port)) as behind,
                    ):
                        while command := secure.recv(65536):
                            behind.sendall(command)
                            secure.sendall(behind.recv(65536))
                except OSError:  # the client rejected the certificate
                    plain.close()

        serving = threading.Thread(target=serve)
        serving.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    serving.join()


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    with server_of(request.param, monkeypatch) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    redis = connect(server.port)
    yield redis
    redis.close()


@pytest.fixture
def start(cloud: Cloud, server: RedisServer) -> Iterator[Callable[[str], Any]]:
    """Cold-start the two functions that talk to Redis, with that Redis."""
    started = []

    def cold(name: str) -> Any:
        function = cloud.function(name)
        server.sign_in(function, USER[0])
        started.append(function)
        return function

    yield cold
    for function in started:
        function.REDIS.close()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    raise AssertionError("it did not happen")


def item(seat: str, version: int, event: str = "gala") -> dict[str, Any]:
    return {"event_shard": f"{event}#0", "seat_id": seat, "version": version, "kind": "sold"}


def record(kind: str, seat: str, version: int, event: str = "gala") -> dict[str, Any]:
    image = {"OldImage" if kind == "REMOVE" else "NewImage": dynamo.pack(item(seat, version, event))["M"]}
    return {"eventName": kind, "dynamodb": {"SequenceNumber": f"{kind}-{seat}-{version}", **image}}


def test_without_redis_the_answer_is_503_and_the_map_recovers(
    cloud: Cloud, server: RedisServer, redis: Redis, start: Callable[[str], Any]
) -> None:
    cloud.event()
    cloud.put("inventory", item("A-1", 5))
    sync, availability = start("seat_cache_sync"), start("seat_availability")
    sync.handler({"refresh": True}, LONG)
    server.stop()
    down = cloud.ask(availability, "GET /events/{id}/seats", pathParameters={"id": "gala"})
    assert (down.status, down.headers["Retry-After"]) == (503, "5")
    records = [record("INSERT", "A-2", 6), record("INSERT", "B-1", 6, "opera")]
    assert sync.handler({"Records": records}, None) == {
        "batchItemFailures": [{"itemIdentifier": "INSERT-A-2-6"}, {"itemIdentifier": "INSERT-B-1-6"}]
    }
    order = {"event_id": "gala", "seats": ["A-9"]}
    assert cloud.ask(cloud.function("ticket_purchase"), "POST /tickets", order, key="key-00001").status == 201
    server.start()
    server.grant(*USER)
    assert sync.handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    assert shown(redis) == {"A": [1, 9], "B": []}
    assert sync.handler({"refresh": True}, LONG) == {"loaded": []}


def test_the_map_is_independent_of_record_order_and_repetition(
    cloud: Cloud, redis: Redis, start: Callable[[str], Any]
) -> None:
    cloud.event()
    sync = start("seat_cache_sync")
    sync.handler({"refresh": True}, LONG)
    assert shown(redis) == EMPTY
    history = [
        *(record("INSERT", "A-1", 10), record("REMOVE", "A-1", 10), record("INSERT", "A-1", 20)),
        *(record("INSERT", "A-2", 10), record("MODIFY", "A-2", 15), record("REMOVE", "A-2", 15)),
        *(record("INSERT", "B-1", 10), record("REMOVE", "B-1", 10)),
    ]
    order = random.Random(7)
    for _ in range(40):
        shuffled = history * 2
        order.shuffle(shuffled)
        redis.call("UNLINK", "{gala}:removed")
        redis.call("UNLINK", "{gala}:versions")
        sync.handler({"refresh": True}, LONG)
        for start_at in range(0, len(shuffled), 3):
            assert sync.handler({"Records": shuffled[start_at : start_at + 3]}, None) == {
                "batchItemFailures": []
            }
        assert shown(redis) == {"A": [1], "B": []}


@pytest.mark.parametrize("half", [6000, pytest.param(117_000, marks=pytest.mark.slow)])
def test_a_reader_never_sees_a_partial_map(
    cloud: Cloud, server: RedisServer, redis: Redis, start: Callable[[str], Any], half: int
) -> None:
    cloud.event(sections=[{"name": name, "first": 1, "last": half, "price": 1} for name in ("A", "B")])
    sync = start("seat_cache_sync")
    seats = [f"{section}-{number}" for section in "AB" for number in range(1, half + 1)]
    third = half // 3
    reader, seen, done = connect(server.port), set(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            overview, block = seat_view.read(reader, "gala"), seat_view.read(reader, "gala", "B")
            counts = overview and tuple(part["taken"] for part in overview["sections"])
            seen.update({counts, block and block["sections"][0]["taken_seats"]})

    watching = threading.Thread(target=watch)
    watching.start()
    sync.RELOAD_SECONDS = 0
    wait_for(lambda: None in seen)
    for version in (1, 2):
        # First with every seat taken, then with a third of them: what would be read slowly is put in its
        # place.
        taken = seats if version == 1 else seats[::3]
        spread = {f"gala#{shard}": taken[shard::3] for shard in range(3)}
        sync._taken = lambda shard, spread=spread: [
            (seat, seat_map.stamp(1, False)) for seat in spread[shard]
        ]
        assert sync.handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    wait_for(lambda: {(third, third), bitmap(half, 3)} <= seen)
    done.set()
    watching.join()
    reader.close()
    assert shown(redis)["B"][:2] == [1, 4]
    later = {(third, third), bitmap(half, 3)}
    assert {None, *later} <= seen <= {None, (half, half), bitmap(half, 1), *later}


def bitmap(seats: int, step: int) -> str:
    """Every so many seats of a section, from its first one."""
    text = "".join("1" if number % step == 0 else "0" for number in range(seats))
    return base64.b64encode(int(text.ljust((seats + 7) // 8 * 8, "0"), 2).to_bytes((seats + 7) // 8)).decode()


def test_the_client_signs_in_reconnects_and_reports_refusals(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["wrong", server.token, server.token])
    monkeypatch.setattr(redis_client, "iam_token", lambda *identity: next(tokens))
    signed = connect(server.port)
    assert signed.call("ACL", "WHOAMI") == b"tickets"  # on the second attempt, with a new token
    server.admin.client_kill_filter(_type="normal", skipme=True)
    assert signed.calls(
        [["SET", "k", "\u00e9\r\n"], ["GET", "k"], ["GET", "none"], ["LRANGE", "l", 0, -1]]
    ) == [*(b"OK", "\u00e9\r\n".encode(), None, [])]
    with pytest.raises(RedisError, match="WRONGTYPE"):
        signed.call("HGET", "k", "f")
    assert signed.call("PING") == b"PONG"
    signed.close()


def certified(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost, and a server's context with it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not there")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def test_the_client_signs_in_over_tls_with_the_functions_token_and_reconnects(
    cloud: Cloud, server: RedisServer, tmp_path: Path
) -> None:
    # The server takes any password for the user, as a real one cannot check what ElastiCache signs; that it is the
    # right one is tested by the suite. What passes here is the real token, through real TLS, to a real server.
    server.grant("tickets", "on nopass ~* +@all")
    certificate, context = certified(tmp_path)
    with tls_in_front_of(server.port, context) as port:
        function = cloud.function("seat_availability")
        signed = function.Redis(
            "localhost", port, user="tickets", replication_group="tap-marketplace-seats-prod", region="us-east-1",
            tls=ssl.create_default_context(cafile=str(certificate)),
        )  # fmt: skip
        assert signed.call("ACL", "WHOAMI") == b"tickets"
        server.admin.client_kill_filter(_type="normal", skipme=True)
        assert signed.call("ACL", "WHOAMI") == b"tickets"
        signed.close()
        nobody = Redis("localhost", port, tls=ssl.create_default_context(cafile=str(certificate)))
        with pytest.raises(RedisDown, match="NOAUTH"):
            nobody.call("PING")
        nobody.close()


def test_the_client_speaks_tls_and_checks_the_certificate(server: RedisServer, tmp_path: Path) -> None:
    certificate, context = certified(tmp_path)
    with tls_in_front_of(server.port, context) as port:
        trusting = connect(port, "localhost", tls=ssl.create_default_context(cafile=str(certificate)))
        assert trusting.call("PING") == b"PONG"
        trusting.close()
        with pytest.raises(RedisDown, match="CERTIFICATE_VERIFY_FAILED"):
            Redis("localhost", port).call("PING")
