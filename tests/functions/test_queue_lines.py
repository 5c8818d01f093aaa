"""The lines of a queue: the rate in every second, the order, and what reconnecting changes."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from functions_cloud import REGIONS
from hypothesis import given
from hypothesis import strategies as st
from queue_world import OPENS, QueueWorld, queue_event

from dynamo import Unreachable
from queue_line import shuffled
from queue_ticket import Draw, Place

SECOND = 1_000_000
TWELVE = tuple(sorted({*REGIONS, *(f"eu-north-{number}" for number in range(1, 10))}))


def busiest(places: Iterable[Place]) -> int:
    """The most places in any second, wherever it begins."""
    admits = sorted(place.admits for place in places)
    return max(bisect_left(admits, at + SECOND) - number for number, at in enumerate(admits))


def as_places(tickets: Iterable[Any]) -> list[Place]:
    found = list(tickets)
    assert all(isinstance(ticket, Place) for ticket in found)
    return found


@given(st.integers(1, 300), st.text())
def test_every_number_has_another_place(count: int, seed: str) -> None:
    assert sorted(shuffled(number, count, seed) for number in range(count)) == list(range(count))


@pytest.mark.slow
def test_a_hundred_thousand_buyers_are_admitted_at_the_rate_and_no_faster() -> None:
    """36,000 buyers a minute over 12 Regions: 60,000 come before the opening, 40,000 in the minute after it."""
    world, event = QueueWorld(TWELVE, 36_000, 9), queue_event(36_000)
    chance = random.Random(1)
    # Each second one of the Regions' functions starts anew: nothing may depend on what is in memory.
    early = [(chance.choice(TWELVE), OPENS - chance.uniform(0, 600)) for _ in range(60_000)]
    late = [(chance.choice(TWELVE), OPENS + chance.uniform(0, 60)) for _ in range(40_000)]
    drawn: list[tuple[str, Any]] = []
    for region, at in sorted(early, key=lambda arrival: arrival[1]):
        world.now = at
        drawn.append((region, world.ask(region, event)))
    assert all(isinstance(ticket, Draw) for _, ticket in drawn)
    placed: list[tuple[str, Any]] = []
    second = OPENS
    for region, at in sorted(late, key=lambda arrival: arrival[1]):
        world.now = at
        if at >= second:
            second += 1
            restarted = chance.choice(TWELVE)
            world.instances[restarted] = world.instance(restarted)
        ticket = world.ask(region, event)
        assert isinstance(ticket, Place)
        assert ticket.admits >= at * SECOND
        placed.append((region, ticket))
    settled = [(region, world.ask(region, event, ticket=ticket)) for region, ticket in drawn]

    everybody = as_places(ticket for _, ticket in settled + placed)
    assert len({place.admits for place in everybody}) == 100_000
    assert busiest(everybody) <= 600
    for region in TWELVE:
        assert busiest(ticket for each, ticket in settled + placed if each == region) <= 50
    # The rate is used, too: lines get buyers by chance, so some are a little longer than others.
    last = max(place.admits for place in everybody) / SECOND - OPENS
    assert 100_000 / 600 <= last < 1.15 * 100_000 / 600


def test_to_come_first_before_the_opening_gains_nothing() -> None:
    """The first tenth of those who come before the opening is spread evenly over the order."""
    world, event = QueueWorld(REGIONS, 6_000, 2), queue_event(6_000)
    drawn = [world.ask("us-east-1", event) for _ in range(10_000)]
    world.now = OPENS
    places = as_places(world.ask("us-east-1", event, ticket=ticket) for ticket in drawn)
    half = sorted(place.admits for place in places)[5_000]
    assert 400 < sum(place.admits < half for place in places[:1_000]) < 600


def test_those_who_come_later_stand_behind_those_who_came_before_the_opening() -> None:
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    drawn = [world.ask("us-east-1", event) for _ in range(100)]
    world.now = OPENS + 0.001
    late = as_places(world.ask("us-east-1", event) for _ in range(10))
    world.now = OPENS + 5
    early = as_places(world.ask("us-east-1", event, ticket=ticket) for ticket in drawn)
    assert max(place.admits for place in early) < min(place.admits for place in late)
    assert [place.admits for place in late] == sorted(place.admits for place in late)
    assert sorted(place.admits for place in early)[0] == OPENS * SECOND


def test_nothing_that_was_not_used_is_made_up_for() -> None:
    """After an hour without buyers, the next thousand are admitted at the rate, and not at once."""
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    world.now = OPENS + 1.0
    first = world.ask("us-east-1", event)
    world.now = OPENS + 3600.0
    later = as_places(world.ask("us-east-1", event) for _ in range(1_000))
    assert isinstance(first, Place)
    assert later[0].admits == (OPENS + 3600) * SECOND
    assert busiest(later) == 10


def test_a_buyer_has_one_place_however_often_and_with_how_many_tabs() -> None:
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    before = {world.ask("us-east-1", event, "alice") for _ in range(10)}
    others = [world.ask("us-east-1", event, f"buyer-{number}") for number in range(50)]
    assert len(before) == 1
    world.now = OPENS
    after = {world.ask("us-east-1", event, "alice") for _ in range(10)}
    assert len(after) == 1
    assert after == {world.ask("us-east-1", event, ticket=next(iter(before)))}
    world.now = OPENS + 1
    assert after == {world.ask("us-east-1", event, "alice")}
    places = as_places(world.ask("us-east-1", event, f"buyer-{number}") for number in range(50))
    assert len(set(places) | after) == len(set(others)) + 1 == 51
    bob = {world.ask("us-east-1", event, "bob") for _ in range(10)}
    assert len(bob) == 1
    assert bob.isdisjoint(after)


def test_tabs_at_once_take_one_place_and_waste_none() -> None:
    """While one request of a buyer takes a place, the others wait for it."""
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    world.now = OPENS + 1.0
    _, places = world.instances["us-east-1"]
    refused: list[str] = []

    def take() -> Place | Draw:
        for tab in range(9):
            with pytest.raises(Unreachable):
                world.ask("us-east-1", event, "alice")
            refused.append(str(tab))
        return world.take("us-east-1", event)

    with world.clock("us-east-1"):
        mine = places.of(event, "alice", lambda ticket: ticket, take)
    assert len(refused) == 9
    assert world.ask("us-east-1", event, "alice") == mine
    following = world.ask("us-east-1", event, "bob")
    assert isinstance(mine, Place)
    assert isinstance(following, Place)
    assert following.admits - mine.admits == 100_000, "a moment was wasted"


def test_a_claim_whose_function_ended_is_taken_over_and_then_lost_to_it() -> None:
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    world.now = OPENS + 1.0
    _, places = world.instances["us-east-1"]
    later: list[Place | Draw] = []

    def slow() -> Place | Draw:
        world.now += 11
        later.append(world.ask("us-east-1", event, "alice"))
        return world.take("us-east-1", event)

    with world.clock("us-east-1"), pytest.raises(Unreachable):
        places.of(event, "alice", lambda ticket: ticket, slow)
    assert later == [world.ask("us-east-1", event, "alice")]


def test_without_sign_in_a_ticket_keeps_its_place_and_a_new_one_is_the_last() -> None:
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    world.now = OPENS + 1.0
    mine, others = world.ask("us-east-1", event), [world.ask("us-east-1", event) for _ in range(10)]
    assert world.ask("us-east-1", event, ticket=mine) == mine
    new = world.ask("us-east-1", event)
    assert isinstance(new, Place)
    assert new.admits > max(place.admits for place in as_places(others))


@pytest.mark.parametrize("skew", [2.0, -2.0])
def test_clocks_that_differ_draw_and_open_once(skew: float) -> None:
    """Some functions open the sale while others still hand out numbers: no number is lost, and none comes twice."""
    world, event = QueueWorld(("us-east-1",), 6_000, 2), queue_event(6_000)
    ahead, behind = world.instances["us-east-1"], world.instance("us-east-1")
    drawn: list[Any] = []
    for tenth in range(-60, 60):
        world.now = OPENS + tenth / 10
        world.instances["us-east-1"], world.skew["us-east-1"] = ahead, skew
        drawn.append(world.ask("us-east-1", event))
        world.instances["us-east-1"], world.skew["us-east-1"] = behind, -skew
        drawn.append(world.ask("us-east-1", event))
    world.now = OPENS + 10
    places = as_places(world.ask("us-east-1", event, ticket=ticket) for ticket in drawn)
    assert len({place.admits for place in places}) == len(places)
    assert busiest(places) <= 100


def test_a_draw_of_a_lost_region_is_nobodys_elsewhere() -> None:
    world, event = QueueWorld(REGIONS, 600, 1), queue_event(600)
    drawn = world.ask("us-east-1", event)
    world.now = OPENS + 1.0
    placed = world.ask("us-east-1", event)
    assert world.ask("us-west-2", event, ticket=placed) == placed
    instead = world.ask("us-west-2", event, ticket=drawn)
    assert isinstance(instead, Place)
    assert instead.admits >= world.now * SECOND


def test_a_rate_that_changes_admits_nobody_twice_and_lets_nobody_overtake() -> None:
    world, slow, fast = QueueWorld(("us-east-1",), 6_000, 2), queue_event(600), queue_event(6_000)
    world.now = OPENS + 1.0
    first = as_places(world.ask("us-east-1", slow) for _ in range(100))
    then = as_places(world.ask("us-east-1", fast) for _ in range(100))
    back = as_places(world.ask("us-east-1", slow) for _ in range(100))
    assert max(Counter(place.admits for place in first).values()) == 1
    assert busiest(first) <= 10
    assert busiest(back) <= 10
    assert len(then) == 100


@pytest.mark.parametrize("opened", [False, True], ids=["before the opening", "after it"])
@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends"])
def test_two_requests_of_a_buyer_have_one_place_wherever_the_other_comes(
    opened: bool, at: int, ends: bool
) -> None:
    """The second request runs before the call `at` of the first, which then goes on, or ends there."""
    world, event = QueueWorld(("us-east-1",), 600, 1), queue_event(600)
    world.now = OPENS + 1.0 if opened else OPENS - 60.0
    client, calls, others = world.clients["us-east-1"], [0], list[Place | Draw]()

    class Ended(Exception):
        pass

    def ask() -> list[Place | Draw]:
        try:
            return [world.ask("us-east-1", event, "alice")]
        except Unreachable:
            return []

    def before() -> None:
        calls[0] += 1
        if calls[0] == at + 1:
            client.before = lambda: None
            others.extend(ask())
            if ends:
                raise Ended

    client.before = before
    with suppress(Ended):
        others.extend(ask())
    client.before = lambda: None
    world.now += 30  # a claim without a place is taken over
    told = ask()
    assert len({*others, *told}) == 1, "a buyer was told two places, or none"
    world.now = OPENS + 60.0
    final = {ticket for _ in range(3) for ticket in ask()}
    assert len(final) == 1
    if opened and others:
        assert final == set(others)
