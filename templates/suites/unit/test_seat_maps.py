"""The seat maps, with a real Valkey and a real Redis and the stack's users: buyers see which seats are sold."""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import demands
import pytest

from support.cloud import Answer, Call, Cloud, Function, assert_calls_time_out_first, refusal
from support.functions import IN_VPC
from support.places import at
from support.redis_server import ENGINES, RedisServer
from support.sales import item_of, minted, sale

HOME = demands.PRIMARY
LAST = {":shard": {"S": "gala#1"}}  # of the event's two shards
LONG = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
SHORT = SimpleNamespace(get_remaining_time_in_millis=lambda: 5_000)


@pytest.fixture(scope="module", params=ENGINES)
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A server of each engine for the tests of this file."""
    with RedisServer.running(request.param) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer, cloud: Cloud) -> RedisServer:
    """The server, empty, with the stack's users."""
    server.admin.flushall()
    for name in ("reader", "writer"):
        user = cloud.stack.resource(at("region", f"aws_elasticache_user.{name}"))
        server.grant(user.get("user_name"), user.get("access_string"))
    return server


def started(cloud: Cloud, redis: RedisServer, name: str, **environment: str) -> Function:
    function = cloud.function(name, **environment)
    redis.sign_in(function.module, cloud.environment(function.resource)["REDIS_USER"])
    return function


@pytest.fixture
def sync(cloud: Cloud, redis: RedisServer) -> Function:
    """The function that maintains the maps."""
    return started(cloud, redis, "seat_cache_sync")


@pytest.fixture
def shown(cloud: Cloud, redis: RedisServer) -> Any:
    """A call that asks for the map of an event and a section, as buyers do."""
    function = started(cloud, redis, "seat_availability")
    function.module.ANSWERS.seconds = 0.0  # these tests do not wait for a second

    def ask(event_id: str = "gala", section: str = "A", **headers: str) -> Answer:
        request: Any = {
            "pathParameters": {"id": event_id},
            "queryStringParameters": {"section": section} if section else None,
            "headers": headers,
        }
        return cloud.ask(function, "GET /events/{id}/seats", **request)

    ask.function = function  # type: ignore[attr-defined]
    return ask


def taken_seats(answer: Answer) -> list[int]:
    """The taken seats of a section, as a buyer's browser works them out."""
    assert answer.status == 200, answer
    (section,) = answer.body["sections"]
    bitmap = base64.b64decode(section["taken_seats"], validate=True)
    found = [
        number
        for number in range(section["first"], section["last"] + 1)
        if bitmap[(number - section["first"]) >> 3] & (128 >> ((number - section["first"]) & 7))
    ]
    assert len(found) == section["taken"] == section["capacity"] - section["available"]
    return found


def record(kind: str, seat: str, version: int, number: int = 1, event_id: str = "gala") -> dict[str, Any]:
    """A record of the inventory's stream."""
    image = {"event_shard": {"S": f"{event_id}#0"}, "seat_id": {"S": seat}, "version": {"N": str(version)}}
    change = {"SequenceNumber": str(number), "OldImage" if kind == "REMOVE" else "NewImage": image}
    return {"eventName": kind, "dynamodb": change}


def follow(sync: Function, *records: dict[str, Any]) -> list[str]:
    answer = sync({"Records": list(records)})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def refresh(sync: Function, context: Any = LONG) -> list[str]:
    loaded: list[str] = sync({"refresh": True}, context)["loaded"]
    return loaded


def test_a_new_event_is_shown_after_a_minute(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-7", minted(60))))
    assert refresh(sync) == ["gala"]
    assert taken_seats(shown()) == [7]
    whole = shown(section="").body
    sections = {
        section["name"]: (section["taken"], section["available"], section["price"])
        for section in whole["sections"]
    }
    assert sections == {"A": (1, 49, 10000), "B": (0, 20, 4000)}
    assert (whole["format"], whole["event_id"], whole["currency"], whole["exact"]) == (
        1,
        "gala",
        "USD",
        True,
    )


def test_a_withheld_seat_is_not_shown_as_free(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    cloud.put("ticket_inventory", {"event_shard": "gala#0", "seat_id": "A-3", "kind": "withheld"})
    refresh(sync)
    assert taken_seats(shown()) == [3]


def test_the_map_has_every_page_of_the_inventory(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    cloud.dynamodb(HOME).page = 3
    for number in range(1, 21):
        cloud.put("ticket_inventory", item_of(sale(f"A-{number}", minted(60, number))))
    refresh(sync)
    assert taken_seats(shown()) == list(range(1, 21))


def test_a_sale_and_a_removal_are_followed(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    refresh(sync)
    assert follow(sync, record("INSERT", "A-1", 100), record("INSERT", "A-2", 100)) == []
    assert taken_seats(shown()) == [1, 2]
    follow(sync, record("REMOVE", "A-1", 100))
    assert taken_seats(shown()) == [2]


def test_records_may_repeat_and_arrive_late_or_out_of_order(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    refresh(sync)
    sold, freed, again = (
        record("INSERT", "A-1", 100),
        record("REMOVE", "A-1", 100),
        record("INSERT", "A-1", 200),
    )
    follow(sync, freed, sold)
    assert taken_seats(shown()) == []  # the removal is the later change, whichever record arrives first
    follow(sync, again, sold, freed, freed)
    assert taken_seats(shown()) == [1]
    follow(sync, record("INSERT", "A-2", 200), record("REMOVE", "A-2", 100))
    assert taken_seats(shown()) == [1, 2]


def test_an_old_record_does_not_undo_a_load(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-1", minted(60)), version=500))
    refresh(sync)
    follow(sync, record("REMOVE", "A-1", 400))
    assert taken_seats(shown()) == [1]


def test_a_tombstone_outlives_a_reload(cloud: Cloud, redis: RedisServer, sync: Function, shown: Any) -> None:
    cloud.event()
    refresh(sync)
    follow(sync, record("INSERT", "A-1", 100), record("REMOVE", "A-1", 100))
    redis.admin.hset("{gala}:versions", "#loaded", 1)  # long ago
    assert refresh(sync) == ["gala"]
    follow(sync, record("INSERT", "A-1", 100))
    assert taken_seats(shown()) == []


def test_changes_during_a_load_are_in_the_new_map(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    freed = item_of(sale("A-6", minted(60)), version=100)
    cloud.put("ticket_inventory", freed)

    def change(call: Call) -> None:
        if call.operation == "Query" and call.parameters["ExpressionAttributeValues"] == {
            ":shard": {"S": freed["event_shard"]}
        }:  # the loader has read the shard, and it changes now
            cloud.after = lambda call: None
            follow(sync, record("INSERT", "A-5", 100), record("REMOVE", "A-6", 100))

    cloud.after = change
    refresh(sync)
    assert taken_seats(shown()) == [5]


def test_the_old_map_is_shown_until_the_new_one_is_complete(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any
) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-1", minted(60))))
    refresh(sync)
    redis.admin.hset("{gala}:versions", "#loaded", 1)
    seen: list[Any] = []

    def look(call: Call) -> None:
        if call.operation == "Query":
            cloud.after = lambda call: None
            seen.append(taken_seats(shown()))

    cloud.after = look
    refresh(sync)
    assert seen == [[1]]


def test_two_loaders_do_not_mix_their_maps(cloud: Cloud, redis: RedisServer, sync: Function) -> None:
    cloud.event()
    redis.admin.set("{gala}:loading", "somebody else")
    assert refresh(sync) == []
    assert redis.admin.get("{gala}:loading") == b"somebody else"


@pytest.mark.parametrize("step", ["Query", "end"])
def test_a_loader_that_lost_its_turn_does_not_publish(
    cloud: Cloud, redis: RedisServer, sync: Function, step: str
) -> None:
    cloud.event()

    def lose(call: Call) -> None:
        if call.operation == "Query" and (
            step == "Query" or call.parameters["ExpressionAttributeValues"] == LAST
        ):
            redis.admin.set("{gala}:loading", "somebody else")

    cloud.after = lose
    assert refresh(sync) == []
    assert redis.admin.exists("{gala}:versions") == 0


def test_a_fresh_map_is_kept_and_an_old_one_is_reloaded(
    cloud: Cloud, redis: RedisServer, sync: Function
) -> None:
    cloud.event()
    refresh(sync)
    assert refresh(sync) == []
    redis.admin.hset("{gala}:versions", "#loaded", int((time.time() - 1200) * 1000))
    assert refresh(sync) == ["gala"]


def test_no_load_starts_without_enough_time_left(cloud: Cloud, sync: Function) -> None:
    cloud.event()
    assert refresh(sync, SHORT) == []


@pytest.mark.parametrize("sold", [["A-7"], []], ids=["some-taken", "none-taken"])
def test_an_abandoned_map_expires(cloud: Cloud, redis: RedisServer, sync: Function, sold: list[str]) -> None:
    cloud.event()
    for seat in sold:
        cloud.put("ticket_inventory", item_of(sale(seat, minted(60))))
    refresh(sync)
    follow(sync, record("INSERT", "A-1", 100), record("REMOVE", "A-2", 100))
    keys = redis.admin.keys("{gala}:*")
    assert {b"{gala}:taken", b"{gala}:map", b"{gala}:places"} <= set(keys)
    for key in keys:
        assert 86_400 < redis.admin.ttl(key) <= 7 * 86_400, key


def test_an_unfinished_load_expires(cloud: Cloud, redis: RedisServer, sync: Function) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-7", minted(60))))
    sync.module.seat_map.publish = lambda *arguments: False
    assert refresh(sync) == []
    for key in ("{gala}:taken:new", "{gala}:versions:new", "{gala}:map:new", "{gala}:places:new"):
        assert 0 < redis.admin.ttl(key) <= 7 * 86_400, key


def test_loading_is_measured(cloud: Cloud, sync: Function, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.event()
    refresh(sync)
    out = capsys.readouterr().out
    assert '"CacheLoadSeconds"' in out
    assert '"CacheMapAgeSeconds": 0' in out


def test_the_age_of_an_old_map_is_measured(
    cloud: Cloud, redis: RedisServer, sync: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    refresh(sync)
    redis.admin.hset("{gala}:versions", "#loaded", int((time.time() - 1200) * 1000))
    capsys.readouterr()
    refresh(sync, SHORT)
    assert '"CacheMapAgeSeconds": 1200' in capsys.readouterr().out


def test_a_closed_event_has_no_map(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event(state="closed")
    cloud.event("other")
    assert refresh(sync) == ["other"]
    assert shown().status == 404


def test_an_unknown_event_is_404_and_one_without_a_map_503(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any
) -> None:
    assert shown().status == 503  # Redis does not know yet which events exist
    assert shown("../gala").status == 404  # no event can have this id
    cloud.event()
    refresh(sync)
    assert shown("nope").status == 404
    assert shown("../gala").status == 404
    redis.admin.delete("{gala}:map")
    answer = shown()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_seats_are_listed_for_the_requested_section_only(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event(
        sections=[
            {"name": name, "first": 1, "last": 50, "price": 1}
            for name in ("A", "AB", "A_", "A1")  # names that begin with another section's
        ]
    )
    refresh(sync)
    seats = ("A-10", "A-9", "AB-3", "A_-4", "A1-5", "A1-6")
    follow(sync, *(record("INSERT", seat, 1, number) for number, seat in enumerate(seats)))
    whole = shown(section="").body["sections"]
    assert [(part["taken"], "taken_seats" in part) for part in whole] == [
        (2, False),
        (1, False),
        (1, False),
        (2, False),
    ]
    assert taken_seats(shown()) == [9, 10]
    assert taken_seats(shown(section="AB")) == [3]


def test_a_section_that_does_not_exist_is_404(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event()
    refresh(sync)
    answer = shown(section="Z")
    assert (answer.status, answer.body["reason"]) == (404, "no-such-section")


def test_a_seat_outside_the_layout_is_not_shown(cloud: Cloud, sync: Function, shown: Any) -> None:
    cloud.event(sections=[{"name": "A", "first": 101, "last": 103, "price": 1}])
    cloud.put("ticket_inventory", item_of(sale("A-100", minted(60))))
    refresh(sync)
    follow(sync, *(record("INSERT", seat, 1) for seat in ("A-1", "A-101", "A-103", "A-104", "B-102")))
    assert taken_seats(shown()) == [101, 103]
    follow(sync, record("REMOVE", "A-104", 1), record("REMOVE", "A-103", 1), record("REMOVE", "B-102", 1))
    assert taken_seats(shown()) == [101]


def test_an_answer_is_kept_for_a_second(
    cloud: Cloud, sync: Function, shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.event()
    refresh(sync)
    shown.function.module.ANSWERS.seconds = 1.0
    age = 0.0
    clock = shown.function.module.Clock
    monkeypatch.setattr(clock, "age", lambda self: age)
    first = shown()
    assert first.headers["Cache-Control"] == "max-age=1"
    follow(sync, record("INSERT", "A-1", 1))
    age = 0.9
    assert taken_seats(shown()) == []
    age = 1.0
    assert taken_seats(shown()) == [1]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", W/{}', "*"])
def test_a_buyer_who_has_the_answer_does_not_get_it_again(
    cloud: Cloud, sync: Function, shown: Any, form: str
) -> None:
    cloud.event()
    refresh(sync)
    first = shown()
    known = {"if-none-match": form.format(first.headers["ETag"])}
    again = shown(**known)
    assert (again.status, again.body, again.headers["ETag"]) == (304, None, first.headers["ETag"])
    assert shown(section="", **{"if-none-match": first.headers["ETag"]}).status == 200
    follow(sync, record("INSERT", "A-1", 1))
    assert form == "*" or taken_seats(shown(**known)) == [1]


def test_a_map_without_bits_is_loaded_again(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any
) -> None:
    """As an older version of the function leaves it, or any other loss."""
    cloud.event()
    refresh(sync)
    redis.admin.delete("{gala}:map")
    follow(sync, record("INSERT", "A-1", 1))
    assert shown().status == 503
    assert refresh(sync) == ["gala"]
    assert shown().status == 200


def test_a_call_times_out_before_the_loader_does(cloud: Cloud, sync: Function) -> None:
    cloud.event()
    refresh(sync)
    assert_calls_time_out_first(cloud, "seat_cache_sync")
    (reader,) = cloud.clients
    assert reader.config.retries["total_max_attempts"] > 2, (
        "one failed call would fail the load of a quarter of a million seats"
    )


def test_without_redis_records_are_handed_back(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any
) -> None:
    cloud.event()
    for function in (sync,):
        function.module.REDIS = function.module.Redis("127.0.0.1", 1, tls=False, seconds=0.2)
    assert follow(sync, record("INSERT", "A-1", 1, number=41), record("INSERT", "A-2", 1, number=42)) == [
        "41",
        "42",
    ]


def test_records_applied_before_an_outage_are_not_handed_back(
    cloud: Cloud, redis: RedisServer, sync: Function
) -> None:
    apply, down = sync.module.seat_map.apply, sync.module.RedisDown

    def fail(client: Any, event_id: str, *rest: Any) -> Any:
        if event_id == "other":
            raise down("simulated by the test")
        return apply(client, event_id, *rest)

    sync.module.seat_map.apply = fail
    records = (
        record("INSERT", "A-1", 1, 41),
        record("INSERT", "A-1", 1, 42, "other"),
        record("INSERT", "A-2", 1, 43),
    )
    assert follow(sync, *records) == ["42"]


@pytest.mark.parametrize("name", IN_VPC)
def test_redis_calls_time_out_before_the_function_does(cloud: Cloud, name: str) -> None:
    function = cloud.function(name)
    # Two attempts, each to connect and to be answered.
    longest = 2 * 2 * function.module.REDIS._seconds
    assert longest < function.resource.get("timeout"), (
        "buyers would see Lambda's error instead of when to retry"
    )


def test_a_broken_connection_is_reopened(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any
) -> None:
    cloud.event()
    refresh(sync)
    redis.admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert follow(sync, record("INSERT", "A-1", 100)) == []
    assert taken_seats(shown()) == [1]


def test_the_reader_may_not_change_a_map(cloud: Cloud, redis: RedisServer) -> None:
    function = started(cloud, redis, "seat_availability")
    for command in (
        ("SET", "x", "1"),
        ("FLUSHALL",),
        ("DEL", "events"),
        ("CONFIG", "GET", "*"),
        ("KEYS", "*"),
    ):
        with pytest.raises(Exception, match="NOPERM"):
            function.module.REDIS.call(*command)


def test_the_writer_may_not_run_dangerous_commands(cloud: Cloud, redis: RedisServer) -> None:
    function = started(cloud, redis, "seat_cache_sync")
    for command in (("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*"), ("SHUTDOWN",)):
        with pytest.raises(Exception, match="NOPERM"):
            function.module.REDIS.call(*command)


@pytest.mark.parametrize("name", IN_VPC)
def test_the_token_is_one_that_elasticache_accepts(cloud: Cloud, name: str) -> None:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html."""
    function = cloud.function(name)
    redis = function.module.REDIS
    user, group, region = redis._identity
    variables = cloud.environment(function.resource)
    assert (user, group, region) == (variables["REDIS_USER"], variables["REDIS_REPLICATION_GROUP"], HOME)
    assert redis._tls.check_hostname
    token = function.module.Redis.__init__.__globals__["iam_token"](user, group, region)
    url = urlsplit(f"//{token}")
    query = parse_qs(url.query)
    assert (url.netloc, url.path) == (group, "/")
    assert (query["Action"], query["User"]) == (["connect"], [user])
    assert int(query["X-Amz-Expires"][0]) <= 900
    assert query["X-Amz-Credential"][0].endswith(f"/{HOME}/elasticache/aws4_request")


def test_a_failing_event_table_is_an_error_that_lambda_sees(cloud: Cloud, sync: Function) -> None:
    def fail(call: Call) -> None:
        raise refusal("AccessDeniedException")

    cloud.before = fail
    with pytest.raises(Exception, match="AccessDenied"):
        refresh(sync)


# --- items that no tool of the stack has written ---------------------------------------------------------------------


def by_hand(kind: str, seat: str, version: Any, number: int) -> dict[str, Any]:
    """A record of a withheld seat, whose version may have any form, or be missing."""
    image = {"event_shard": {"S": "gala#0"}, "seat_id": {"S": seat}, "kind": {"S": "withheld"}}
    if version is not None:
        image["version"] = version
    change = {"SequenceNumber": str(number), "OldImage" if kind == "REMOVE" else "NewImage": image}
    return {"eventName": kind, "dynamodb": change}


VERSIONS: dict[str, Any] = {
    "growing": lambda number: {"N": str(1000 + number)},
    "constant": lambda number: {"N": "1"},
    "missing": lambda number: None,
    "fraction": lambda number: {"N": "1.5"},
    "text": lambda number: {"S": "1"},
    "huge": lambda number: {"N": "9" * 38},
    "mixed": lambda number: [None, {"N": "1"}, {"N": str(1000 + number)}][number % 3],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", VERSIONS)
def test_a_map_that_may_be_wrong_says_so_and_is_loaded_again(
    cloud: Cloud, redis: RedisServer, sync: Function, shown: Any, kind: str, seed: int
) -> None:
    """Seats are withheld, released and withheld again, in any order with the stream's records and with loads."""
    chance, seats = random.Random(f"{kind} {seed}"), ["A-1", "A-2", "A-3"]
    cloud.event()
    there: dict[str, Any] = {}
    waiting: list[dict[str, Any]] = []
    delivered: list[dict[str, Any]] = []
    numbers = iter(range(1, 1000))
    other = started(cloud, redis, "seat_cache_sync")  # an instance of the function has one call at a time
    turn = threading.Lock()

    def change() -> None:
        seat, number = chance.choice(seats), next(numbers)
        if seat in there:
            waiting.append(by_hand("REMOVE", seat, there.pop(seat), number))
            cloud.delete("ticket_inventory", event_shard="gala#0", seat_id=seat)
            return
        there[seat] = VERSIONS[kind](number)
        item = {"event_shard": {"S": "gala#0"}, "seat_id": {"S": seat}, "kind": {"S": "withheld"}}
        if there[seat] is not None:
            item["version"] = there[seat]
        table = cloud.table("ticket_inventory").get("name")
        cloud.dynamodb(HOME).call("PutItem", {"TableName": table, "Item": item})
        waiting.append(by_hand("INSERT", seat, there[seat], number))

    def deliver() -> None:
        batch = waiting[: chance.randint(1, 4)]
        del waiting[: len(batch)]
        # A batch is repeated if its answer is lost.
        repeated = delivered[-2:] if chance.random() < 0.2 else []
        delivered.extend(batch)
        if batch or repeated:
            assert follow(other, *repeated, *batch) == []

    def load() -> None:
        def meanwhile(call: Call) -> None:
            if call.operation == "Query":
                with turn:
                    for step in chance.choices([change, deliver], k=2):
                        step()

        cloud.before = meanwhile
        refresh(sync)
        cloud.before = lambda call: None

    refresh(sync)
    for _ in range(40):
        chance.choices([change, deliver, load], weights=[5, 4, 1])[0]()
    while waiting:
        deliver()
    taken = sorted(int(seat[2:]) for seat in there)
    answer = shown()
    assert taken_seats(answer) == taken or not answer.body["exact"], "the map is wrong, and does not say so"
    if kind == "growing":
        assert (taken_seats(answer), answer.body["exact"]) == (taken, True)
    refresh(sync)  # a minute later
    assert (taken_seats(shown()), shown().body["exact"]) == (taken, True)


def test_a_seat_released_and_withheld_with_one_version_in_one_batch_is_doubtful(
    cloud: Cloud, sync: Function, shown: Any
) -> None:
    cloud.event()
    cloud.put(
        "ticket_inventory", {"event_shard": "gala#0", "seat_id": "A-1", "kind": "withheld", "version": 1}
    )
    refresh(sync)
    assert shown().body["exact"] is True
    follow(sync, by_hand("REMOVE", "A-1", {"N": "1"}, 1), by_hand("INSERT", "A-1", {"N": "1"}, 2))
    assert shown().body["exact"] is False
    assert refresh(sync) == ["gala"]
    assert (taken_seats(shown()), shown().body["exact"]) == ([1], True)


@pytest.mark.parametrize("seat", ["A-VIP", "A-01", "A", "B-é", "A-1-2"])
def test_an_item_that_is_no_seat_does_not_break_the_map(
    cloud: Cloud, sync: Function, shown: Any, seat: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-7", minted(60))))
    cloud.put("ticket_inventory", {"event_shard": "gala#0", "seat_id": seat, "kind": "withheld"})
    assert refresh(sync) == ["gala"]
    assert taken_seats(shown()) == [7]
    assert follow(sync, by_hand("INSERT", seat, None, 1), record("INSERT", "A-8", 5, 2)) == []
    assert taken_seats(shown()) == [7, 8]
    assert "is no seat" in capsys.readouterr().out


def test_a_record_that_cannot_be_read_does_not_hold_the_others_up(
    cloud: Cloud, sync: Function, shown: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.event()
    refresh(sync)
    strange: list[Any] = [
        {},
        {"eventName": "INSERT"},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1"}},
    ]
    strange.append(
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2", "NewImage": {"seat_id": {"N": "1"}}}}
    )
    assert follow(sync, *strange, record("INSERT", "A-8", 5, 3)) == []
    assert taken_seats(shown()) == [8]
    assert capsys.readouterr().out.count("not a record of the inventory") == len(strange)


def test_an_event_that_cannot_be_read_keeps_its_map_and_lets_the_others_have_theirs(
    cloud: Cloud, sync: Function, shown: Any
) -> None:
    cloud.event()
    cloud.put("ticket_inventory", item_of(sale("A-7", minted(60))))
    refresh(sync)
    cloud.event("other")
    for item in cloud.items("events"):
        if (item["event_id"], item["item"]) == ("gala", "layout"):
            cloud.put("events", {**item, "shards": 5})
    assert refresh(sync) == ["other"]
    assert taken_seats(shown()) == [7]


def test_a_map_that_fails_to_load_does_not_keep_the_others_from_loading(
    cloud: Cloud, sync: Function, shown: Any
) -> None:
    for name in ("gala", "other"):
        cloud.event(name)

    def fail(call: Call) -> None:
        if call.operation == "Query" and "gala#" in str(call.parameters):
            raise refusal("ValidationException")

    cloud.before = fail
    with pytest.raises(Exception, match="ValidationException"):  # Lambda counts an error, and its alarm fires
        refresh(sync)
    assert taken_seats(shown("other")) == []
