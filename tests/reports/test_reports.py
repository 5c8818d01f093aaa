"""Reports say all that a finding knows, in an order that does not depend on how it was found."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.reports import FORMATS, report

ERROR = Finding(
    "unknown-key", "no key 'evnts'", Stage.RESOLVE, Location("ticketgen.yaml", 2, 3), help="write 'events'"
)
WARNING = Finding(
    "open-api", "anyone may buy", Stage.RESOLVE, Location("a.yaml", 1, 1), severity=Severity.WARNING
)
NOTE = Finding("prewarm", "tables are cold", Stage.SIZE, severity=Severity.NOTE)
SOURCES = {"ticketgen.yaml": "version: 1\n  evnts: []\n"}


def test_text_shows_the_line_and_points_at_the_place() -> None:
    assert report([ERROR], "text", SOURCES).splitlines() == [
        "ticketgen.yaml:2:3: error: no key 'evnts' [unknown-key]",
        "      evnts: []",
        "      ^",
        "    → write 'events'",
        "1 error",
    ]


def test_text_without_the_source_still_says_where() -> None:
    lines = report([ERROR, WARNING, NOTE], "text", {}).splitlines()
    assert lines[0].startswith("ticketgen.yaml:2:3: ")
    assert lines[-1] == "1 error, 1 warning, 1 note"


@pytest.mark.parametrize("line", ["a\u2028b", "\x1b[31mred", "x" * 5_000])
def test_text_shows_no_control_characters_and_no_endless_lines(line: str) -> None:
    finding = Finding("syntax", "bad", Stage.VERIFY, Location("a.tf", 1, len(line)))
    shown = report([finding], "text", {"a.tf": line}).splitlines()
    assert all(row.isprintable() and len(row) < 200 for row in shown)
    assert len(shown) == 4
    assert shown[2].endswith("^")


def test_json_has_every_field_and_counts() -> None:
    document = json.loads(report([NOTE, ERROR], "json", SOURCES))
    assert document["findings"][0] == {
        "rule": "unknown-key",
        "severity": "error",
        "message": "no key 'evnts'",
        "help": "write 'events'",
        "stage": "resolve",
        "file": "ticketgen.yaml",
        "line": 2,
        "column": 3,
    }
    assert document["findings"][1]["file"] is None
    assert document["counts"] == {"error": 1, "warning": 0, "note": 1}


def test_json_of_nothing_is_an_empty_list() -> None:
    assert json.loads(report([], "json", {}))["findings"] == []


def test_github_escapes_what_would_end_a_command_or_a_property() -> None:
    finding = Finding("a", "50% of\nit::x", Stage.VERIFY, Location("a,b:c.tf", 4, 5))
    assert report([finding], "github", {}) == (
        "::error file=a%2Cb%3Ac.tf,line=4,col=5,title=ticketgen a::50%25 of%0Ait::x"
    )


def test_github_knows_every_severity() -> None:
    commands = [line.split()[0] for line in report([NOTE, WARNING, ERROR], "github", {}).splitlines()]
    assert commands == ["::error", "::warning", "::notice"]


@pytest.mark.parametrize("format", FORMATS)
def test_the_order_of_findings_does_not_matter(format: str) -> None:
    assert len({report(order, format, SOURCES) for order in permutations([ERROR, WARNING, NOTE])}) == 1
