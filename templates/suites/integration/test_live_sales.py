"""Sales on the applied stack, from the hold to the seat map, in every Region."""

from __future__ import annotations

import base64
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import demands
import pytest

from support.live import Answer, Show, eventually
from support.places import at
from support.stack import Stack

pytestmark = pytest.mark.aws
each_region = pytest.mark.parametrize("region", demands.REGIONS)


def key() -> str:
    return f"it-{secrets.token_hex(8)}"


def hold_seats(show: Show, *seats: str, region: str = "") -> dict[str, object]:
    """Hold seats, and return the order that buys them."""
    body = {"event_id": show.event_id, "seats": list(seats)}
    answer = show.ask("POST", "/holds", body, region=region)
    assert answer.status == 201, answer
    return {**body, "hold_id": answer.body["hold_id"]}


@each_region
def test_a_purchase_from_a_region_is_in_the_ledger_at_home(show: Show, region: str) -> None:
    order, own_key = hold_seats(show, "A-1", region=region), key()
    bought = show.ask("POST", "/tickets", order, region=region, key=own_key)
    assert bought.status == 201, bought
    (sale,) = show.read("ticket-sales")
    (seat,) = show.read("ticket-inventory")
    assert sale["sale_id"] == seat["sale_id"] == bought.body["seats"][0]["sale_id"]
    assert sale["home_region"] == show.home
    # The same key is the same sale.
    assert show.ask("POST", "/tickets", order, region=region, key=own_key) == bought
    assert len(show.read("ticket-sales")) == 1


def test_two_buyers_for_one_seat_are_one_sale(show: Show, stack: Stack) -> None:
    # At most as many concurrent buyers as the stack admits, however small it is.
    reserved = stack.resource(at("region", "aws_lambda_function.ticket_purchase")).get(
        "reserved_concurrent_executions"
    )
    throttle = stack.resource(at("region", "aws_api_gateway_method_settings.all"))
    crowd = min(8, reserved or 8, throttle.get("settings.throttling_burst_limit"))

    def buy(number: int) -> Answer:
        region = demands.REGIONS[number % len(demands.REGIONS)]
        body: dict[str, object] = {"event_id": show.event_id, "seats": ["A-2"]}
        if demands.AUTH == "none":
            hold = show.ask("POST", "/holds", body, region=region)
            if hold.status != 201:
                return hold
            body["hold_id"] = hold.body["hold_id"]
        return show.ask("POST", "/tickets", body, region=region, key=key())

    with ThreadPoolExecutor(crowd) as pool:
        answers = list(pool.map(buy, range(crowd)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * (crowd - 1), answers
    assert len(show.read("ticket-sales")) == 1


def test_released_seats_can_be_held_again(show: Show) -> None:
    order = hold_seats(show, *["A-3", "A-4"][: demands.SEATS_PER_ORDER])
    assert show.ask("DELETE", f"/holds/{order['hold_id']}").status == 204
    assert show.ask("DELETE", f"/holds/{hold_seats(show, 'A-3')['hold_id']}").status == 204


@pytest.mark.skipif(demands.AUTH == "none", reason="without sign-in, nobody knows a buyer's orders")
@each_region
def test_a_buyer_gets_no_more_seats_than_the_event_allows(limited_show: Show, region: str) -> None:
    order = {"event_id": limited_show.event_id, "seats": ["A-1"]}
    assert limited_show.ask("POST", "/tickets", order, region=region, key=key()).status == 201
    hold = hold_seats(limited_show, "A-2")
    refused = limited_show.ask("POST", "/tickets", {**order, "seats": ["A-3"]}, region=region, key=key())
    assert (refused.status, refused.body["reason"], refused.body["left"]) == (409, "buyer-limit", 0), refused
    assert limited_show.ask("DELETE", f"/holds/{hold['hold_id']}", region=region).status == 204
    assert limited_show.ask("POST", "/tickets", {**order, "seats": ["A-3"]}, key=key()).status == 201


def test_malformed_orders_are_refused(show: Show) -> None:
    assert show.ask("POST", "/holds", {"event_id": show.event_id, "seats": []}).status == 400
    assert show.ask("POST", "/holds", {"event_id": show.event_id, "seats": ["A-21"]}).status == 400


def test_the_gateways_own_answers_look_like_the_functions(show: Show) -> None:
    answer = show.ask_from_page("GET", "/nowhere", "https://example.com")
    assert (answer.status, sorted(answer.body)) == (403, ["message", "reason"]), answer
    assert answer.headers["cache-control"] == "no-store", answer


@each_region
def test_a_sale_is_visible_in_the_region_within_the_objective(show: Show, region: str) -> None:
    assert show.ask("POST", "/tickets", hold_seats(show, "A-5"), key=key()).status == 201
    began = time.monotonic()
    # The pause between two reads and the round trip are not replication.
    assert eventually(lambda: show.read("ticket-sales", region), demands.REPLICATION_S + 1, pause=0.1), (
        f"{region} does not have a sale {time.monotonic() - began:.1f} s after it was made in {show.home}"
    )


@each_region
def test_the_regions_seat_map_shows_a_sale(show: Show, region: str) -> None:
    assert show.ask("POST", "/tickets", hold_seats(show, "A-6"), key=key()).status == 201

    def is_taken() -> bool:
        answer = show.ask("GET", f"/events/{show.event_id}/seats", region=region)
        return answer.status == 200 and answer.body["sections"][0]["taken"] == 1

    # Once a minute, a schedule loads the maps of new events.
    assert eventually(is_taken, 150, pause=2), (
        f"{region} shows {show.ask('GET', f'/events/{show.event_id}/seats', region=region)}"
    )

    def is_marked() -> bool:
        (section,) = show.ask("GET", f"/events/{show.event_id}/seats?section=A", region=region).body[
            "sections"
        ]
        bitmap, seat = base64.b64decode(section["taken_seats"]), 6 - section["first"]
        return bool(bitmap[seat >> 3] & (128 >> (seat & 7)))

    assert eventually(is_marked, 5, pause=0.5), f"{region} counts the seat, and shows it as free"
