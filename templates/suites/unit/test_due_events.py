"""Which events a run verifies: those that sell in every run, the others in their own rhythm, and none never."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any
from unittest.mock import patch

import demands
import pytest

from support.cloud import Call, Cloud
from support.sales import minted, sale

INTERVAL = demands.VERIFICATION_INTERVAL_S
NOW = 1_900_000_000.0
HOUR, DAY = 3600, 86_400
RHYTHM = "control#rhythm"


class Runs:
    """The verifier, as it lists events at moments that the test chooses."""

    def __init__(self, cloud: Cloud, **environment: str) -> None:
        self.cloud = cloud
        self.function = cloud.function("inventory_verifier", PMS_URL="", **environment)

    def at(self, now: float) -> list[str]:
        """The events of the run of a moment, in the order in which they are verified; each of them succeeds."""
        with patch("time.time", lambda: now):
            answer = self.function({"scheduled_at": "12:00"})
        assert answer["active"]
        ids = [event_id for batch in answer["batches"] for event_id in batch]
        for event_id in ids:
            self.verified(event_id, now)
        return ids

    def verified(self, event_id: str, now: float, sold_at: float = 0) -> None:
        """Record a verification that began at a moment."""
        entry: dict[str, Any] = {
            "event_id": RHYTHM,
            "entry_id": event_id,
            "verified_at": int(now),
            "health": {},
        }
        self.cloud.put("corrections", entry | ({"sold_at": int(sold_at)} if sold_at else {}))

    def of_an_hour(self, since: float = NOW) -> Counter[str]:
        """How often each event is verified in an hour, with a run at each interval."""
        runs = (self.at(since + number * INTERVAL) for number in range(HOUR // INTERVAL))
        return Counter(event_id for ids in runs for event_id in ids)


def event(cloud: Cloud, event_id: str = "gala", **changes: Any) -> None:
    """An event that opened long ago and closes long after."""
    cloud.event(event_id, **{"opens_at": int(NOW - 30 * DAY), "closes_at": int(NOW + 30 * DAY), **changes})


def test_an_event_that_sells_is_verified_in_every_run(cloud: Cloud) -> None:
    event(cloud)
    runs = Runs(cloud)
    for number in range(20):
        now = NOW + number * INTERVAL
        runs.verified("gala", now - INTERVAL, sold_at=now - 25)
        assert runs.at(now) == ["gala"]


def test_an_event_that_opens_is_verified_in_every_run(cloud: Cloud) -> None:
    event(cloud, opens_at=int(NOW))
    runs = Runs(cloud)
    runs.verified("gala", NOW - INTERVAL)
    assert [runs.at(NOW + number * INTERVAL) for number in range(5)] == [["gala"]] * 5


def test_a_quiet_event_is_verified_less_often_but_every_five_minutes(cloud: Cloud) -> None:
    event(cloud)
    runs = Runs(cloud)
    runs.verified("gala", NOW - INTERVAL, sold_at=NOW)
    waits, last = [], NOW - INTERVAL
    for number in range(2 * HOUR // INTERVAL):
        now = NOW + number * INTERVAL
        rhythm = next(item for item in cloud.items("corrections") if item["event_id"] == RHYTHM)
        if runs.at(now):
            runs.verified("gala", now, sold_at=rhythm.get("sold_at", NOW))
            waits.append(now - last)
            last = now
    assert waits == sorted(waits), "a silence only makes the waits longer"
    assert waits[0] == INTERVAL
    assert 300 - INTERVAL <= waits[-1] <= 300 + INTERVAL


@pytest.mark.parametrize("state", ["closed", "on_sale"])  # an event is past its end also if nobody closes it
def test_a_closed_event_is_verified_for_a_week_then_once_a_day_and_archived_never(
    cloud: Cloud, state: str
) -> None:
    event(cloud, "this-week", state=state, closes_at=int(NOW - 2 * DAY))
    event(cloud, "long-ago", state=state, closes_at=int(NOW - 9 * DAY))
    event(cloud, "archived", state="archived", closes_at=int(NOW - 2 * DAY))
    runs = Runs(cloud)
    for event_id in "this-week", "long-ago", "archived":
        runs.verified(event_id, NOW - INTERVAL)
    counted = runs.of_an_hour()
    assert counted.keys() == {"this-week"}
    assert 6 <= counted["this-week"] <= 7
    assert "long-ago" in runs.at(NOW + DAY)


def test_an_event_that_moves_is_verified_in_every_run(cloud: Cloud) -> None:
    event(cloud, moving_to=demands.REGIONS[-1])
    runs = Runs(cloud)
    runs.verified("gala", NOW - INTERVAL)
    assert [runs.at(NOW + number * INTERVAL) for number in range(5)] == [["gala"]] * 5


def test_those_that_have_waited_longest_come_first_and_none_waits_for_ever(cloud: Cloud) -> None:
    for number in range(12):
        event(cloud, f"event-{number}", opens_at=int(NOW))
    runs = Runs(cloud, MOST_EVENTS="5")
    counted: Counter[str] = Counter()
    for number in range(10):  # while all of them are due in every run
        ids = runs.at(NOW + number * INTERVAL)
        assert len(ids) == 5
        counted.update(ids)
    assert len(counted) == 12
    assert max(counted.values()) - min(counted.values()) <= 2, "the events share what one run can verify"


def test_events_are_dealt_to_batches_of_the_size_that_runs_at_the_same_time(cloud: Cloud) -> None:
    for number in range(7):
        event(cloud, f"event-{number}")
    function = cloud.function("inventory_verifier", PMS_URL="", EVENTS_AT_ONCE="3", MOST_EVENTS="100")
    batches = function({})["batches"]
    assert sorted(map(len, batches)) == [2, 2, 3]
    assert len({event_id for batch in batches for event_id in batch}) == 7


def test_a_run_says_which_events_are_overdue_and_how_many_wait(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        event(cloud, f"event-{number}", opens_at=int(NOW))
    runs = Runs(cloud, MOST_EVENTS="3")
    for number in range(4):
        runs.verified(f"event-{number}", NOW - (10 if number else 4) * INTERVAL)
    with patch("time.time", lambda: NOW):
        report = runs.function({})["report"]
    assert (report["due"], report["waiting"]) == (3, 1)
    assert set(report["events_not_verified"]) == {f"event-{number}" for number in range(4)}
    assert report["events_not_verified"][-1] == "event-0", "the one that has waited longest is first"
    assert '"EventsNotVerified": 4' in capsys.readouterr().out


def test_an_entry_by_hand_only_makes_its_event_due(cloud: Cloud) -> None:
    event(cloud)
    event(cloud, "opera")
    runs = Runs(cloud)
    runs.verified("opera", NOW - INTERVAL)
    cloud.put("corrections", {"event_id": RHYTHM, "entry_id": "gala", "verified_at": "x"})
    assert runs.at(NOW) == ["gala"]


def test_a_verification_that_fails_leaves_its_event_due(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("inventory_verifier", PMS_URL="", VERIFICATION_SECONDS="60")

    def fail(call: Call) -> None:
        if call.parameters.get("TableName") == cloud.table("ticket_inventory").get("name"):
            raise RuntimeError("simulated by the test")

    cloud.before = fail
    assert "simulated" in function({"event_id": "gala"})["report"]["not_verified"]
    (entry,) = (item for item in cloud.items("corrections") if item["event_id"] == RHYTHM)
    assert "verified_at" not in entry
    cloud.delete("corrections", event_id=RHYTHM, entry_id="gala")
    cloud.before = lambda call: None
    assert function({"event_id": "gala"})["report"]["complete"] is True
    (entry,) = (item for item in cloud.items("corrections") if item["event_id"] == RHYTHM)
    assert abs(entry["verified_at"] - time.time()) < 5


def test_an_event_that_was_deleted_meanwhile_is_no_failure(cloud: Cloud) -> None:
    answer = cloud.function("inventory_verifier", PMS_URL="")({"event_id": "gala"})
    assert (answer["findings"], answer["report"]["gone"], answer["report"]["not_verified"]) == ([], True, "")


def test_events_that_fail_leave_the_others_their_turns(cloud: Cloud) -> None:
    """The home of half of the events is lost, for so long that they have waited for far more periods than others."""
    for number in range(6):
        event(cloud, f"event-{number}", opens_at=int(NOW))
    runs, failing = Runs(cloud, MOST_EVENTS="3"), {"event-0", "event-1", "event-2"}
    for number in range(6):
        runs.verified(f"event-{number}", NOW - INTERVAL)
    entries = {
        name: {"event_id": RHYTHM, "entry_id": name, "verified_at": int(NOW) - HOUR} for name in failing
    }
    for entry in entries.values():
        cloud.put("corrections", {**entry, "began_at": int(NOW) - INTERVAL})
    counted: Counter[str] = Counter()
    for number in range(8):  # while all of them are due in every run
        now = NOW + number * INTERVAL
        ids = runs.at(now)
        counted.update(ids)
        for name in failing & set(ids):
            cloud.put("corrections", {**entries[name], "began_at": int(now)})
    healthy = [count for event_id, count in counted.items() if event_id not in failing]
    assert len(healthy) == 3
    assert min(healthy) >= sum(counted.values()) // 6 - 1, "they share what one run can verify"
    with patch("time.time", lambda: NOW + 8 * INTERVAL):
        assert set(runs.function({})["report"]["events_not_verified"]) >= failing


def test_an_event_with_a_trouble_is_verified_again_soon_behind_the_others(cloud: Cloud) -> None:
    """One lost answer must not raise an alarm of minutes because the event's turn comes once a day."""
    event(cloud, state="closed", closes_at=int(NOW - 9 * DAY))
    for number in range(2):
        event(cloud, f"event-{number}", moving_to=demands.REGIONS[-1])  # due in every run
    troubled = {
        "event_id": RHYTHM,
        "entry_id": "gala",
        "verified_at": int(NOW),
        "health": {"silent_regions": 1},
    }
    for room, expected in ("2", 0), ("3", 1):
        runs = Runs(cloud, MOST_EVENTS=room)
        cloud.put("corrections", troubled)
        for number in range(2):
            runs.verified(f"event-{number}", NOW)
        ids = [event_id for second in range(0, 80, INTERVAL) for event_id in runs.at(NOW + INTERVAL + second)]
        assert ids.count("gala") == expected
        assert {ids.count("event-0"), ids.count("event-1")} == {len(range(0, 80, INTERVAL))}


def test_a_sale_of_the_future_does_not_make_an_event_quiet(cloud: Cloud) -> None:
    cloud.event()
    cloud.put("ticket_sales", sale("A-1", minted(-DAY, 1)))
    cloud.put("ticket_sales", sale("A-2", minted(30, 2)))
    cloud.function("inventory_verifier", PMS_URL="", VERIFICATION_SECONDS="60")({"event_id": "gala"})
    (entry,) = (item for item in cloud.items("corrections") if item["event_id"] == RHYTHM)
    assert abs(entry["sold_at"] - (time.time() - 30)) < 5


def test_the_ids_of_a_run_fit_into_the_payload_of_a_state(cloud: Cloud) -> None:
    for number in range(2500):
        event(cloud, f"{number:064d}")
    function = cloud.function("inventory_verifier", PMS_URL="", MOST_EVENTS="3200")
    answer = function({})
    outcomes = ["correction failed"] * answer["report"]["due"]
    assert answer["report"]["due"] > 2000
    assert len(json.dumps([answer, outcomes], separators=(",", ":"))) < 256 * 1024
