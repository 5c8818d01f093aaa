"""The tickets of a queue, against whoever writes one: nothing is accepted but what a key has signed."""

from __future__ import annotations

import time
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ConnectTimeoutError
from functions_cloud import HOME, REGIONS, Cloud
from hypothesis import example, given
from hypothesis import strategies as st

import admission_keys
import queue_ticket
from queue_ticket import Draw, Key, Place

KEY = Key("0123abcd", b"s" * 32)
KEYS = {KEY.key_id: KEY.secret}
NOW = 1_800_000_000_000_000

EVENTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
TICKETS = st.one_of(
    st.builds(Place, st.integers(10**15, 10**16 - 1)),
    st.builds(Draw, st.sampled_from(REGIONS), st.integers(0, 9_999), st.integers(0, 999_999_999)),
)


@given(TICKETS, EVENTS, st.text())
def test_a_ticket_is_read_as_it_was_written(ticket: Place | Draw, event: str, buyer: str) -> None:
    text = queue_ticket.write(ticket, KEY, event, buyer)
    assert len(text) <= queue_ticket.LONGEST
    assert queue_ticket.read(text, KEYS, event, buyer) == ticket


@given(TICKETS, st.data())
def test_a_changed_ticket_is_refused(ticket: Place | Draw, data: st.DataObject) -> None:
    """One character is replaced, removed or added."""
    text = queue_ticket.write(ticket, KEY, "gala", "alice")
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.one_of(st.characters(), st.sampled_from("0123456789abcdef-_.=+/ \n")))
    removed = data.draw(st.integers(0, 1))
    changed = text[:at] + other + text[at + removed :]
    assert changed == text or queue_ticket.read(changed, KEYS, "gala", "alice") is None
    assert queue_ticket.read(text[:at] + text[at + 1 :], KEYS, "gala", "alice") is None


@given(
    st.one_of(
        st.text(),
        st.none(),
        st.integers(),
        st.binary(),
        st.lists(st.text()),
        st.from_regex(r"1\.0123abcd\.p\.[0-9]{16}\.[A-Za-z0-9_-]{22}", fullmatch=True),
        st.from_regex(r"1\.[0-9a-f]{8}\.d\.[a-z0-9-]+\.[0-9]+\.[0-9]+\.[A-Za-z0-9_-]{22}", fullmatch=True),
    )
)
@example("1.0123abcd.p.١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦.AAAAAAAAAAAAAAAAAAAAAA")
@example("1.0123abcd.p.1800000000000000.AAAAAAAAAAAAAAAAAAAAAA\n")
@example("\ud800" * 40)
@example("1." + "9" * 1_000_000)
def test_what_nobody_signed_is_refused(text: Any) -> None:
    assert queue_ticket.read(text, KEYS, "gala", "alice") is None


@given(EVENTS, st.text(), EVENTS, st.text())
@example("gala", "a", "gala", 'a", "')
@example("gala", "", "gala", "alice")
def test_a_ticket_is_of_one_event_and_one_buyer(event: str, buyer: str, other: str, another: str) -> None:
    text = queue_ticket.write(Place(NOW), KEY, event, buyer)
    found = queue_ticket.read(text, KEYS, other, another)
    assert (found is not None) == ((event, buyer) == (other, another))


def test_another_spelling_of_the_same_signature_is_refused() -> None:
    """The last character of 128 bits in base64 carries two bits: sixteen spellings decode to the same bytes."""
    text = queue_ticket.write(Place(NOW), KEY, "gala", "alice")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    read = [queue_ticket.read(text[:-1] + letter, KEYS, "gala", "alice") for letter in letters]
    assert read.count(None) == len(letters) - 1


def test_another_version_another_key_and_another_secret_are_refused() -> None:
    text = queue_ticket.write(Place(NOW), KEY, "gala", "alice")
    assert queue_ticket.read(f"2{text[1:]}", KEYS, "gala", "alice") is None
    assert queue_ticket.read(text, {"ffffffff": KEY.secret}, "gala", "alice") is None
    assert queue_ticket.read(text, {KEY.key_id: b"t" * 32}, "gala", "alice") is None
    assert queue_ticket.read(text, {}, "gala", "alice") is None


def test_a_place_cannot_be_made_from_a_draw() -> None:
    """The kind is signed, too."""
    text = queue_ticket.write(Draw("us-east-1", 1, 2), KEY, "gala", "alice")
    signature = text.rpartition(".")[2]
    assert queue_ticket.read(f"1.{KEY.key_id}.p.{NOW}.{signature}", KEYS, "gala", "alice") is None


def test_only_a_ticket_whose_turn_it_is_holds_seats(cloud: Cloud) -> None:
    """With the functions as they are rendered."""
    put_key(cloud, "aaaaaaaa", 1)
    cloud.event(admitted_per_minute=36_000)
    body = {"event_id": "gala", "seats": ["A-1"]}
    seller = cloud.function("ticket_purchase")
    refused = cloud.ask(seller, "POST /holds", body)
    assert (refused.status, refused.body["reason"]) == (429, "queue")
    told = cloud.ask(cloud.function("admission_queue"), "POST /queue", {"event_id": "gala"})
    assert told.status == 202
    time.sleep(told.body["ask_in"])
    ticket = {"queue_ticket": told.body["queue_ticket"]}
    assert cloud.ask(seller, "POST /holds", {**body, **ticket}).status == 201
    assert cloud.ask(seller, "POST /holds", {**body, **ticket}, buyer="bob").status == 429


# --- keys ------------------------------------------------------------------------------------------------------------


def put_key(cloud: Cloud, key_id: str, signs_from: float, changes: dict[str, Any] | None = None) -> None:
    item = {"event_id": "control#admission", "item": f"key#{key_id}", "secret": key_id * 8, "created_at": 1}
    cloud.put("events", {**item, "signs_from": int(signs_from), **(changes or {})})


def keys_of(cloud: Cloud, region: str = HOME, lease: float = 5) -> admission_keys.Keys:
    return admission_keys.Keys(cloud.client(region), "events", lease)


def test_the_newest_key_that_has_begun_signs_and_all_verify(cloud: Cloud) -> None:
    for key_id, since in (("aaaaaaaa", -100), ("bbbbbbbb", -10), ("cccccccc", 60)):
        put_key(cloud, key_id, time.time() + since)
    keys = keys_of(cloud)
    assert keys.signing() == Key("bbbbbbbb", bytes.fromhex("b" * 64))
    assert keys.verifying().keys() == {"aaaaaaaa", "bbbbbbbb", "cccccccc"}


def test_keys_are_read_once_in_a_lease(cloud: Cloud) -> None:
    put_key(cloud, "aaaaaaaa", 1)
    keys = keys_of(cloud)
    cloud.calls.clear()
    for _ in range(100):
        keys.verifying()
        keys.signing()
    assert len(cloud.calls) == 1


def test_every_region_verifies_what_any_region_signed(cloud: Cloud) -> None:
    put_key(cloud, "aaaaaaaa", 1)
    text = queue_ticket.write(Place(NOW), keys_of(cloud).signing(), "gala", "alice")
    for region in REGIONS:
        assert queue_ticket.read(text, keys_of(cloud, region).verifying(), "gala", "alice") == Place(NOW)


def test_a_deleted_key_verifies_no_more(cloud: Cloud) -> None:
    put_key(cloud, "aaaaaaaa", 1)
    keys = keys_of(cloud, lease=0)
    assert keys.verifying()
    key = {"event_id": {"S": "control#admission"}, "item": {"S": "key#aaaaaaaa"}}
    cloud.client(HOME).delete_item(TableName="events", Key=key)
    for read in (keys.verifying, keys.signing):
        with pytest.raises(admission_keys.NoKey):
            read()


def test_known_keys_are_kept_while_the_table_does_not_answer(cloud: Cloud) -> None:
    put_key(cloud, "aaaaaaaa", 1)
    keys, strange = keys_of(cloud), keys_of(cloud)
    assert keys.verifying()

    def silent(call: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    cloud.before = silent
    with patch("time.time", lambda: NOW / 1e6):
        assert keys.verifying()
    cloud.calls.clear()
    for _ in range(3):
        with pytest.raises(admission_keys.NoKey):
            strange.verifying()
    assert len(cloud.calls) == 1, "each request would wait for the table"


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "short"},
        {"secret": 7},
        {"secret": "A" * 64},
        {"signs_from": "soon"},
        {"signs_from": True},
        {"signs_from": -1},
        {"item": "key#XYZ"},
        {"item": "aaaaaaaa"},
    ],
    ids=str,
)
def test_an_item_that_is_no_key_is_left_out(cloud: Cloud, changes: dict[str, Any]) -> None:
    put_key(cloud, "bbbbbbbb", 1)
    put_key(cloud, "aaaaaaaa", 1, changes)
    assert keys_of(cloud).verifying().keys() == {"bbbbbbbb"}
