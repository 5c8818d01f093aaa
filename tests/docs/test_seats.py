"""docs/seats.md shows what the function answers, and its JavaScript reads it."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from documents import ROOT
from seat_map_tools import bits, connect, load, seats_of, section, server_of, show

import seat_map
import seat_view

PAGE = (ROOT / "docs/seats.md").read_text("utf-8")


def example(language: str) -> str:
    """The only example in a language."""
    _, _, rest = PAGE.partition(f"```{language}\n")
    return rest.partition("```")[0]


def test_the_example_is_what_the_function_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    event = show({**section("A", 110, first=101), "price": 10000})
    with server_of("valkey", monkeypatch) as server:
        redis = connect(server.port)
        seat_map.describe(redis, [event])
        load(redis, event, [(f"A-{number}", seat_map.stamp(1, False)) for number in (101, 102, 108)])
        answer = seat_view.read(redis, "gala", "A")
        redis.close()
    assert answer is not None
    assert answer == json.loads(example("json"))
    assert list(answer) == list(json.loads(example("json")))
    assert seats_of(answer["sections"][0]) == [101, 102, 108]
    assert bits(b"\xc1\x00") == [0, 1, 7]


def test_the_javascript_reads_the_bitmap() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not there")
    code = example("js")
    call = code[code.index("await (await fetch") : code.index(";")]
    code = code.replace(call, example("json").strip())
    code += "console.log(JSON.stringify([...Array(10).keys()].map((n) => n + 101).filter(isTaken)));"
    done = subprocess.run([node, "-"], input=code, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [101, 102, 108]
