"""The seat maps, in a real Redis."""

from __future__ import annotations

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
from urllib.parse import parse_qs, urlsplit

import pytest
from functions_cloud import Cloud
from redis_server import RedisServer

import dynamo
import redis_client
import seat_map
from redis_client import Redis, RedisDown, RedisError

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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.running(tmp_path) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    redis = server.client()
    yield redis
    redis.close()


@pytest.fixture
def start(cloud: Cloud, server: RedisServer) -> Iterator[Callable[[str], Any]]:
    """Cold-start the two functions that talk to Redis, with that Redis."""
    started = []

    def cold(name: str) -> Any:
        function = cloud.function(name)
        function.REDIS = function.Redis("127.0.0.1", server.port, tls=False)  # without sign-in
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


def shown(redis: Redis) -> dict[str, list[int]]:
    """The taken seats of each section, as readers see them."""
    sections = seat_map.read(redis, "gala")
    assert sections is not None
    answer = {}
    for section in sections["sections"]:
        told = seat_map.read(redis, "gala", section["name"])
        assert told is not None
        (part,) = [part for part in told["sections"] if part["name"] == section["name"]]
        assert part["taken"] == section["taken"] == len(part["taken_seats"])
        answer[section["name"]] = part["taken_seats"]
    return answer


def test_availability_tells_what_is_taken_and_available(cloud: Cloud, start: Callable[[str], Any]) -> None:
    cloud.event()
    for seat in ("A-10", "A-2", "B-1"):
        cloud.put("inventory", item(seat, 5))
    assert start("seat_cache_sync").handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    function = start("seat_availability")
    answer = cloud.ask(function, "GET /events/{id}/seats", pathParameters={"id": "gala"})
    assert answer.status == 200
    assert answer.body["sections"] == [
        {"name": "A", "capacity": 50, "price": 10000, "taken": 2, "available": 48},
        {"name": "B", "capacity": 20, "price": 4000, "taken": 1, "available": 19},
    ]
    asked: Any = {"pathParameters": {"id": "gala"}, "queryStringParameters": {"section": "A"}}
    answer = cloud.ask(function, "GET /events/{id}/seats", **asked)
    assert answer.body["sections"][0]["taken_seats"] == [2, 10]


def test_a_section_does_not_count_the_seats_of_one_whose_name_it_begins(
    cloud: Cloud, redis: Redis, start: Callable[[str], Any]
) -> None:
    cloud.event(
        sections=[{"name": name, "first": 1, "last": 9, "price": 1} for name in ("1", "10", "1_", "A")]
    )
    for seat in ("1-1", "10-1", "10-2", "1_-3", "A-1"):
        cloud.put("inventory", item(seat, 5))
    start("seat_cache_sync").handler({"refresh": True}, LONG)
    assert shown(redis) == {"1": [1], "10": [1, 2], "1_": [3], "A": [1]}


def test_unknown_events_are_404_and_maps_that_are_not_there_yet_503(
    cloud: Cloud, redis: Redis, start: Callable[[str], Any]
) -> None:
    function = start("seat_availability")

    def status(event_id: str) -> int:
        return cloud.ask(function, "GET /events/{id}/seats", pathParameters={"id": event_id}).status

    assert status("gala") == 503  # the list of events is not known yet
    start("seat_cache_sync").handler({"refresh": True}, LONG)
    assert status("gala") == 404
    cloud.event()
    start("seat_cache_sync").handler(
        {"refresh": True}, SimpleNamespace(get_remaining_time_in_millis=lambda: 0)
    )
    assert status("gala") == 503
    assert status("a{b}") == 404


def test_redis_down_is_503_and_the_map_heals(
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
    server.start()  # with no memory
    assert sync.handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    assert shown(redis) == {"A": [1, 9], "B": []}
    assert sync.handler({"refresh": True}, LONG) == {"loaded": []}


def test_records_leave_the_same_map_in_any_order_and_number(
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


def test_a_tombstone_outlives_a_reload(cloud: Cloud, redis: Redis, start: Callable[[str], Any]) -> None:
    cloud.event()
    sync = start("seat_cache_sync")
    sync.handler({"refresh": True}, LONG)
    sync.handler({"Records": [record("INSERT", "A-1", 10), record("REMOVE", "A-1", 10)]}, None)
    sync.RELOAD_SECONDS = 0
    assert sync.handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    sync.handler({"Records": [record("INSERT", "A-1", 10)]}, None)
    assert shown(redis) == EMPTY


def test_seats_sold_and_freed_during_a_load_are_so_after_it(
    cloud: Cloud, redis: Redis, start: Callable[[str], Any]
) -> None:
    cloud.event()
    sync = start("seat_cache_sync")
    for seat in ("A-1", "A-2"):
        cloud.put("inventory", item(seat, 10))
    sync.handler({"refresh": True}, LONG)
    assert shown(redis) == {"A": [1, 2], "B": []}
    sync.RELOAD_SECONDS = 0
    read = sync._taken

    def meanwhile(shard: str) -> Any:
        found = read(shard)
        if shard == "gala#0":  # it has been read, and changes now
            changes = [record("INSERT", "A-3", 30), record("REMOVE", "A-2", 10)]
            other.handler({"Records": changes}, None)
            during.append(shown(redis))
        return found

    during: list[dict[str, list[int]]] = []
    other = start("seat_cache_sync")
    sync._taken = meanwhile
    assert sync.handler({"refresh": True}, LONG) == {"loaded": ["gala"]}
    assert during == [{"A": [1, 3], "B": []}]
    assert shown(redis) == {"A": [1, 3], "B": []}


def test_only_one_loads_at_a_time_and_a_dead_loader_is_replaced(redis: Redis) -> None:
    assert seat_map.begin(redis, "gala", "first")
    assert not seat_map.begin(redis, "gala", "second")
    assert seat_map.apply(redis, "gala", [("A-1", 20)], "first")
    redis.call("DEL", "{gala}:loading")  # it was silent too long
    assert seat_map.begin(redis, "gala", "second")
    assert not seat_map.apply(redis, "gala", [("A-2", 20)], "first")
    assert not seat_map.publish(redis, "gala", "first", 1.0)
    assert seat_map.publish(redis, "gala", "second", 1.0)
    assert redis.call("EXISTS", "{gala}:taken") == 0


@pytest.mark.parametrize("half", [6000, pytest.param(117_000, marks=pytest.mark.slow)])
def test_a_reader_never_sees_a_mixture_of_all_the_seats(
    cloud: Cloud, server: RedisServer, redis: Redis, start: Callable[[str], Any], half: int
) -> None:
    cloud.event(sections=[{"name": name, "first": 1, "last": half, "price": 1} for name in ("A", "B")])
    sync = start("seat_cache_sync")
    seats = [f"{section}-{number}" for section in "AB" for number in range(1, half + 1)]
    third = half // 3
    reader, seen, done = server.client(), set(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            told = seat_map.read(reader, "gala")
            seen.add(None if told is None else tuple(part["taken"] for part in told["sections"]))

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
    wait_for(lambda: (third, third) in seen)
    done.set()
    watching.join()
    reader.close()
    assert shown(redis)["B"][:2] == [1, 4]
    assert {None, (third, third)} <= seen <= {None, (half, half), (third, third)}


def test_the_token_is_a_connect_signed_for_15_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    parts = urlsplit("https://" + redis_client.iam_token("tickets", "tickets-prod", "eu-west-1"))
    query = parse_qs(parts.query)
    assert (parts.netloc, parts.path) == ("tickets-prod", "/")
    assert (query["Action"], query["User"], query["X-Amz-Expires"]) == (["connect"], ["tickets"], ["900"])
    assert query["X-Amz-Credential"][0].endswith("/eu-west-1/elasticache/aws4_request")
    assert len(query["X-Amz-Signature"][0]) == 64


def test_the_client_signs_in_reconnects_and_reports_refusals(server: RedisServer, redis: Redis) -> None:
    redis.call("ACL", "SETUSER", "tickets", "on", ">secret", "~*", "+@all")
    tokens = iter(["wrong", "secret", "secret"])
    signed = server.client(user="tickets", replication_group="g", region="r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_client, "iam_token", lambda *identity: next(tokens))
        assert signed.call("ACL", "WHOAMI") == b"tickets"  # on the second attempt, with a new token
        redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
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


def test_the_client_signs_in_over_tls_with_the_token_of_the_function_and_again_when_cut_off(
    server: RedisServer, redis: Redis, tmp_path: Path, start: Callable[[str], Any]
) -> None:
    # The server takes any password for the user, as a real one cannot check what ElastiCache signs; that it is the
    # right one is tested above. What passes here is the real token, through real TLS, to a real server.
    redis.call("ACL", "SETUSER", "tickets", "on", "nopass", "~*", "+@all")
    redis.call("ACL", "SETUSER", "default", "resetpass", ">other")  # without sign-in, nothing works
    certificate, context = certified(tmp_path)
    with tls_in_front_of(server.port, context) as port:
        function = start("seat_availability")
        signed = function.Redis(
            "localhost", port, user="tickets", replication_group="tap-marketplace-seats-prod", region="us-east-1",
            tls=ssl.create_default_context(cafile=str(certificate)),
        )  # fmt: skip
        assert signed.call("ACL", "WHOAMI") == b"tickets"
        redis.call("CLIENT", "KILL", "USER", "tickets")
        assert signed.call("ACL", "WHOAMI") == b"tickets"
        signed.close()
        nobody = Redis("localhost", port, tls=ssl.create_default_context(cafile=str(certificate)))
        with pytest.raises(RedisDown, match="NOAUTH"):
            nobody.call("PING")
        nobody.close()


def test_the_client_speaks_tls_and_checks_the_certificate(server: RedisServer, tmp_path: Path) -> None:
    certificate, context = certified(tmp_path)
    with tls_in_front_of(server.port, context) as port:
        trusting = Redis("localhost", port, tls=ssl.create_default_context(cafile=str(certificate)))
        assert trusting.call("PING") == b"PONG"
        trusting.close()
        with pytest.raises(RedisDown, match="CERTIFICATE_VERIFY_FAILED"):
            Redis("localhost", port).call("PING")
