"""Percentiles, verdicts, credentials, and a picture that fits in any font."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixels import RENDERERS, Frame, drawn_texts

from ticketgen.rehearsal.credentials import (
    download_variables,
    find_credentials,
    isolated_environment,
)
from ticketgen.rehearsal.scoreboard import Fault, Goal, Percentiles, Scoreboard, percentiles, text, timeline
from ticketgen.rehearsal.scoreboard_picture import scoreboard_svg

BOARD = Scoreboard(
    environment="dev",
    regions=("us-east-1", "us-west-2"),
    resources=300,
    apply_seconds=60.0,
    sale_seconds=60.0,
    rate_asked=10.0,
    rate_reached=9.5,
    orders=570,
    sold_orders=300,
    sold_seats=1200,
    seats=1200,
    refused={"sold": 250, "held": 20},
    oversold=0,
    contradicted=0,
    repeated=30,
    planted=1,
    caught=1,
    caught_after=(21.5,),
    refunds=1,
    maps=2,
    behind={"us-east-1": 0},
    events={"gala": "archived"},
    goals=(Goal("lock", "ms", 50, percentiles([12.0, 30.0])),),
    purchases_ms=percentiles([40.0]),
    cut_region="us-west-2",
    moments=(Fault(15.0, "seat A-1 & <one> is sold again"), Fault(24.0, "us-west-2 is cut off")),
    timeline=timeline([(0.2, "sold"), (1.7, "held"), (59.9, "unavailable"), (99.0, "sold")], 60.0),
)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_measured_values_in_order(values: list[float]) -> None:
    found = percentiles(values)
    ranks = [found.p50, found.p95, found.p99, found.most]
    assert ranks == sorted(ranks)
    assert set(ranks) <= {round(value, 3) for value in values}
    assert found.count == len(values)


def test_an_objective_without_measurements_is_not_met() -> None:
    assert not Goal("lock", "ms", 50, percentiles([])).met
    assert Goal("lock", "ms", 50, Percentiles(1, 50, 50, 50, 50)).met


@pytest.mark.parametrize(
    "change",
    [{"oversold": 1}, {"contradicted": 1}, {"caught": 0}, {"planted": 0, "caught": 0}, {"maps": 1},
     {"behind": {"us-east-1": 3}}],
)  # fmt: skip
def test_each_defect_fails_the_run(change: dict[str, object]) -> None:
    assert BOARD.passed
    assert not replace(BOARD, **change).passed  # type: ignore[arg-type]


def test_a_run_without_redis_can_pass() -> None:
    board = replace(BOARD, maps=None)
    assert board.passed
    assert "Valkey is not installed" in text(board)


def test_numbers_and_nouns_agree() -> None:
    one = replace(BOARD, regions=("us-east-1",), maps=1, resources=1, oversold=1, behind={"us-east-1": 1})
    shown = text(one)
    for expected in (
        "1 Region,",
        "1 resource applied",
        "1 seat (",
        "1 oversell,",
        "1 of 1 Region ",
        "1 sale missing",
    ):
        assert expected in shown
    assert "2 of 2 Regions match the ledger" in text(BOARD)
    assert "0 sales missing in us-east-1" in text(BOARD)
    assert "gala archived" in text(BOARD)
    assert "1 Region," in scoreboard_svg(one)


def test_the_scoreboard_is_valid_json_with_verdicts() -> None:
    data = json.loads(json.dumps(BOARD.data()))
    assert data["passed"] is True
    assert data["goals"][0]["met"] is True
    assert data["timeline"][0] == {"sold": 1}
    assert data["timeline"][60] == {"sold": 1}


def test_refused_keys_count_as_taken_seats() -> None:
    assert timeline([(0.1, "repeated"), (0.2, "busy"), (0.3, "unavailable")], 1) == (
        {"taken": 2, "unavailable": 1},
        {},
    )


def test_the_picture_shows_the_figures_and_the_faults() -> None:
    root = ElementTree.fromstring(scoreboard_svg(BOARD))
    words = " ".join("".join(element.itertext()) for element in root.iter())
    for expected in ("1,200", "1 of 1", "seat A-1 & <one> is sold again", "us-west-2 is cut off", "lock"):
        assert expected in words
    for element in root.iter():
        for name in ("x", "x1", "x2"):
            assert 0 <= float(element.get(name, 0)) <= 1200


LONG = replace(
    BOARD,
    environment="w" * 12,
    regions=tuple(f"ap-southeast-{number}" for number in range(1, 35)),
    orders=12_345_678,
    sold_seats=1_234_567,
    oversold=1_000_000,
    contradicted=1_000_000,
    planted=12,
    caught=10,
    rate_asked=123_456.0,
    rate_reached=98_765.0,
    sale_seconds=3_600.0,
    goals=tuple(
        Goal(name, unit, objective, percentiles(values))
        for name, unit, objective, values in [
            ("lock", "ms", 50, [123_456.789]),
            ("replication", "s", 2.5, []),
            ("cache load", "s", 0.25, [0.000123]),
            ("verification", "s", 12.75, [1_234_567.8]),
            ("correction", "s", 3_600, [1e9]),
        ]
    ),
    moments=tuple(
        Fault(at, f"seat A-{number} is sold again, in ap-southeast-{number}")
        for number, at in enumerate((899.0, 899.5, 1_800.0, 1_801.0), 1234)
    ),
)


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("board", [BOARD, LONG], ids=["usual", "long"])
def test_texts_of_the_picture_do_not_overlap(board: Scoreboard, render: Callable[[str], bytes]) -> None:
    texts = drawn_texts(scoreboard_svg(board), render)
    assert [each.words for each in texts if not each.pixels] == []
    for each in texts:
        assert Frame(5, 5, 1195, 670).holds(each.frame), each.words
    assert [
        (one.words, other.words) for one, other in combinations(texts, 2) if one.frame.meets(other.frame)
    ] == []


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_credentials_in_the_environment_stop_a_rehearsal(name: str, tmp_path: Path) -> None:
    (finding,) = find_credentials({name: "something"}, tmp_path)
    assert name in finding.message


def test_credentials_in_a_file_stop_a_rehearsal(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")
    (finding,) = find_credentials({}, tmp_path)
    assert ".aws/credentials" in finding.message
    assert find_credentials({}, tmp_path / "elsewhere") == ()


def test_terraform_gets_only_our_aws_variables() -> None:
    given = {
        "AWS_ROLE_ARN": "x",
        "AWS_CA_BUNDLE": "x",
        "TF_VAR_a": "x",
        "TF_TOKEN_app_terraform_io": "x",
        "TF_CLI_ARGS": "-chdir=/",
        "GITHUB_TOKEN": "x",
        "https_proxy": "http://proxy",
        "PATH": "/bin",
        "TF_CLI_CONFIG_FILE": "rc",
    }
    found = isolated_environment(given, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert found["PATH"] == "/bin"
    assert found["TF_CLI_CONFIG_FILE"] == "rc"
    assert "x" not in found.values()
    assert not {"TF_CLI_ARGS", "https_proxy"} & set(found)
    assert set(download_variables(given)) == {"TF_TOKEN_app_terraform_io", "https_proxy"}
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
