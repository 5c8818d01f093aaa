"""What seat_availability keeps in memory, and which conditional requests it understands."""

from __future__ import annotations

from typing import Any

import pytest

import conditional
import recent
from events import Clock


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"If-None-Match": "{}"}, True),
        ({"if-none-match": "{}"}, True),
        ({"IF-NONE-MATCH": "W/{}"}, True),
        ({"If-None-Match": '"x", {}'}, True),
        ({"If-None-Match": '"x","y",W/{},"z"'}, True),
        ({"If-None-Match": '"a, b", {}'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": " * "}, True),
        ({"If-None-Match": '"x"'}, False),
        ({"If-None-Match": '"*"'}, False),
        ({"If-None-Match": ""}, False),
        ({"If-None-Match": None}, False),
        ({"If-Match": "{}"}, False),
        ({}, False),
    ],
)
def test_if_none_match(given: dict[str, str | None], known: bool) -> None:
    tag = conditional.entity_tag("body")
    headers = {name: value and value.format(tag) for name, value in given.items()}
    assert conditional.is_known({"headers": headers}, tag) == known
    repeated: dict[str, Any] = {name: ['"other"', value] for name, value in headers.items()}
    assert conditional.is_known({"headers": None, "multiValueHeaders": repeated}, tag) == known
    assert not conditional.is_known({"headers": None, "multiValueHeaders": None}, tag)


def test_a_tag_without_its_quotes_is_no_tag() -> None:
    tag = conditional.entity_tag("body")
    assert not conditional.is_known({"headers": {"If-None-Match": tag.strip('"')}}, tag)
    assert conditional.entity_tag("body") == tag != conditional.entity_tag("another body")


def test_the_oldest_values_make_room() -> None:
    kept: recent.Recent[str] = recent.Recent(entries=2, characters=10)
    for key in "abc":
        kept.put(key, key.upper(), 1)
    assert [kept.get(key) for key in "abc"] == [None, "B", "C"]
    kept.put("d", "D", 10)
    assert [kept.get(key) for key in "bcd"] == [None, None, "D"]
    kept.put("e", "too large", 11)
    assert [kept.get(key) for key in "de"] == ["D", None]
    kept.put("d", "smaller", 2)
    kept.put("f", "F", 8)
    assert [kept.get(key) for key in "df"] == ["smaller", "F"]


def test_a_value_is_as_old_as_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: recent.Recent[str] = recent.Recent(entries=2, characters=10, seconds=1.0)
    kept.put("a", "A", 1, Clock(wall=Clock().wall - 0.5))
    kept.put("b", "B", 1, Clock(wall=Clock().wall - 1.5))
    assert (kept.get("a"), kept.get("b")) == ("A", None)
    monkeypatch.setattr(Clock, "age", lambda self: float("inf"))  # the clock went back
    assert kept.get("a") is None
