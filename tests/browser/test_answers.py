"""The seat page has words for each reason that a buyer can meet, and for no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chromium import REQUIRE, chromium_binary

ROOT = Path(__file__).parents[2]

SOURCES = (
    *(ROOT / "templates/functions").glob("*.py"),
    *(ROOT / "templates/stack/modules/region").glob("*.j2"),
)

FAULTS_OF_A_PAGE = {
    "bad-event-id", "bad-hold-id", "bad-key", "bad-seat-id", "duplicate-seats", "key-reused", "no-hold", "no-seats",
    "no-such-hold", "no-such-route", "not-an-object", "not-json", "too-big",
}  # fmt: skip
"""Reasons that the page does not cause; it shows the message of the API."""

ACTED_ON = {"bad-ticket", "no-queue"}
"""Reasons that `queue.js` acts on, without a word to the buyer."""

REASON = re.compile(
    r"""Refusal\(\s*\d{3},\s*"([a-z-]+)"|\\?"reason\\?":\s*\\?"([a-z-]+)\\?"|\breason = "([a-z-]+)\"""",
)


def test_the_page_explains_each_reason_of_the_api() -> None:
    given = {
        name
        for path in SOURCES
        for found in REASON.findall(path.read_text("utf-8"))
        for name in found
        if name
    }
    assert {"sold", "moving", "throttled", "blocked", "too-many-requests"} <= given, (
        "the pattern finds all places"
    )
    script = (ROOT / "examples/seat-page/answers.js").read_text("utf-8")
    table = script.partition("const MEANINGS = {")[2].partition("\n};")[0]
    explained = set(re.findall(r'^  "?([a-z-]+)"?: ', table, re.MULTILINE))
    assert explained == given - FAULTS_OF_A_PAGE - ACTED_ON
    queue = (ROOT / "examples/seat-page/queue.js").read_text("utf-8")
    assert all(f'reason === "{reason}"' in queue for reason in ACTED_ON)


def test_the_page_asks_nobody_but_the_api() -> None:
    folder = ROOT / "examples/seat-page"
    for path in (each for each in folder.iterdir() if each.suffix in (".html", ".css", ".js")):
        addresses = set(
            re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]+", re.sub(r"(?m)//\s.*$", "", path.read_text("utf-8")))
        )
        assert addresses <= {"https://api.example.com"}, path


def test_a_missing_browser_skips_unless_it_is_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("chromium.FETCHED", tmp_path)
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="make browser"):
        chromium_binary()
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match=f"{REQUIRE} is set"):
        chromium_binary()
