"""Reports say all that a finding knows, in an order that does not depend on how it was found."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from ticketgen import reports
from ticketgen.findings import Finding, Location, Severity, Stage, TextEdit
from ticketgen.reports import ReportFormat
from ticketgen.reports.line_fingerprints import line_fingerprints
from ticketgen.reports.report import report
from ticketgen.rules.catalogue import CATALOGUE

ERROR = Finding(
    "unknown-key", "no key 'evnts'", Stage.RESOLVE, Location("ticketgen.yaml", 2, 3), help="write 'events'"
)
WARNING = Finding(
    "open-api", "anyone may buy", Stage.RESOLVE, Location("a.yaml", 1, 1), severity=Severity.WARNING
)
NOTE = Finding("prewarm", "tables are cold", Stage.SIZE, severity=Severity.NOTE)
SOURCES = {"ticketgen.yaml": "version: 1\n  evnts: []\n"}


def test_text_shows_the_line_and_marks_the_column() -> None:
    assert report([ERROR], "text", SOURCES).splitlines() == [
        "ticketgen.yaml:2:3: error: no key 'evnts' [unknown-key]",
        "      evnts: []",
        "      ^",
        "    → write 'events'",
        "1 error",
    ]


def test_text_without_the_source_still_has_the_location() -> None:
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
        "edits": [],
    }
    assert document["findings"][1]["file"] is None
    assert document["counts"] == {"error": 1, "warning": 0, "note": 1}


def test_json_without_findings_is_an_empty_list() -> None:
    assert json.loads(report([], "json", {}))["findings"] == []


def test_github_escapes_command_and_property_delimiters() -> None:
    finding = Finding("a", "50% of\nit::x", Stage.VERIFY, Location("a,b:c.tf", 4, 5))
    assert report([finding], "github", {}) == (
        "::error file=a%2Cb%3Ac.tf,line=4,col=5,title=ticketgen a::50%25 of%0Ait::x"
    )


def test_github_knows_every_severity() -> None:
    commands = [line.split()[0] for line in report([NOTE, WARNING, ERROR], "github", {}).splitlines()]
    assert commands == ["::error", "::warning", "::notice"]


@pytest.mark.parametrize("format", ReportFormat)
def test_the_order_of_findings_does_not_matter(format: str) -> None:
    assert len({report(order, format, SOURCES) for order in permutations([ERROR, WARNING, NOTE])}) == 1


def test_github_gets_ten_annotations_per_severity_and_the_log_gets_all() -> None:
    many = [Finding("a", f"{n}", Stage.VERIFY, Location("a.tf", n)) for n in range(1, 31)]
    many += [Finding("b", "late", Stage.VERIFY, Location("b.tf"), Severity.WARNING)]
    lines = report(many, "github", {}).splitlines()
    assert [line.startswith("::error") for line in lines[:30]] == [True] * 10 + [False] * 20
    assert lines[10] == "error: a.tf:11:1: 11 [a]"
    assert lines[30].startswith("::warning")


@pytest.mark.parametrize("line", ["::error::injected", "a\n::error::injected"])
def test_github_takes_no_command_from_a_message(line: str) -> None:
    many = [Finding("a", line, Stage.VERIFY, severity=Severity.NOTE)] * 12
    assert not [each for each in report(many, "github", {}).splitlines() if each.startswith("::error")]


def test_github_shortens_long_messages() -> None:
    finding = Finding("a" * 300, "m" * 100_000, Stage.VERIFY)
    title, message = report([finding], "github", {}).removeprefix("::error title=").split("::", 1)
    assert (len(title), len(message)) == (255, 16_000)


def test_sarif_validates_against_its_schema_and_has_the_rules_metadata() -> None:
    found = [
        Finding("name-has-suffix", "no suffix", Stage.VERIFY, Location("a b/é.tf", 3, 5), help="add it"),
        WARNING,
        NOTE,
    ]
    text = report(found, "sarif", {"a b/é.tf": "x\ny\n  z\n"}, CATALOGUE)
    Sarif.model_validate_json(text)
    (run,) = json.loads(text)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "name-has-suffix", "open-api", "prewarm",
    ]  # fmt: skip
    named = next(rule for rule in rules if rule["id"] == "name-has-suffix")
    assert named["shortDescription"]["text"] == CATALOGUE["name-has-suffix"].summary + "."
    assert CATALOGUE["name-has-suffix"].fix in named["help"]["text"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%A9.tf"
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]


def test_sarif_without_findings_is_a_run_without_results() -> None:
    text = report([], "sarif", {})
    Sarif.model_validate_json(text)
    assert json.loads(text)["runs"][0]["results"] == []


def test_a_sarif_fingerprint_survives_lines_above_it() -> None:
    def fingerprint(text: str, line: int) -> str:
        finding = Finding("a", "b", Stage.VERIFY, Location("a.tf", line))
        document = json.loads(report([finding], "sarif", {"a.tf": text}))
        return str(document["runs"][0]["results"][0]["partialFingerprints"])

    assert fingerprint("x = 1\n", 1) == fingerprint("\n\nx = 1\n", 3) != fingerprint("y = 1\n", 1)


@pytest.mark.parametrize(
    ("text", "fingerprints"),
    [
        ("", "c129715d7a2bc9a3:1"),
        (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"),
        (
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
            "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 "
            "c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1",
        ),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            " ".join(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7))
            + " a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1",
        ),
    ],
)
def test_line_fingerprints_are_those_of_github(text: str, fingerprints: str) -> None:
    """The values are those of the tests of github/codeql-action."""
    assert " ".join(line_fingerprints(text)) == fingerprints


def test_sarif_has_what_code_scanning_reads() -> None:
    at = Location("a.tf", 2, 3)
    found = [
        Finding("vpc-route", "no route", Stage.VERIFY, at, edits=(TextEdit(at, "b\nc", "d"),)),
        Finding("prewarm", "about no file", Stage.VERIFY),
    ]
    text = report(found, "sarif", {"a.tf": "a\n  b\nc\n"}, CATALOGUE)
    Sarif.model_validate_json(text)
    (run,) = json.loads(text)["runs"]
    second, first = run["results"]
    assert first["partialFingerprints"]["primaryLocationLineHash"] == line_fingerprints("a\n  b\nc\n")[1]
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 3, "endLine": 3, "endColumn": 2},
            "insertedContent": {"text": "d"},
        }
    ]
    place = second["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": ".", "uriBaseId": "%SRCROOT%"}
    (rule,) = [each for each in run["tool"]["driver"]["rules"] if each["id"] == "vpc-route"]
    assert CATALOGUE["vpc-route"].sources[0] in rule["help"]["markdown"]
    assert rule["helpUri"] == CATALOGUE["vpc-route"].sources[0]


def test_junit_counts_errors_as_failures_and_names_every_finding() -> None:
    suites = ElementTree.fromstring(report([ERROR, WARNING, NOTE], "junit", SOURCES))
    assert (suites.get("tests"), suites.get("failures")) == ("3", "1")
    assert {suite.get("name") for suite in suites} == {"ticketgen.yaml", "a.yaml", "ticketgen"}
    (failure,) = suites.iter("failure")
    assert (failure.get("type"), failure.get("message")) == ("unknown-key", "no key 'evnts'")
    assert failure.text == "ticketgen.yaml:2:3: no key 'evnts'\nwrite 'events'"
    assert len(list(suites.iter("system-out"))) == 2


def test_junit_without_findings_is_one_passed_case() -> None:
    suites = ElementTree.fromstring(report([], "junit", {}))
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")
    assert len(list(suites.iter("testcase"))) == 1


@given(text=st.text(max_size=60), line=st.integers(1, 9), column=st.integers(1, 9))
def test_machine_readable_formats_accept_any_text(text: str, line: int, column: int) -> None:
    finding = Finding("a", text, Stage.VERIFY, Location(text or "a", line, column), help=text)
    sources = {text or "a": text}
    json.loads(report([finding], "json", sources))
    Sarif.model_validate_json(report([finding], "sarif", sources))
    ElementTree.fromstring(report([finding], "junit", sources))
    assert len(report([finding], "github", sources).split("\n")) == 1
    report([finding], "text", sources)


def test_every_format_is_a_module_and_every_module_a_format() -> None:
    modules = {path.stem for path in Path(reports.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "report", "line_fingerprints"} == {*ReportFormat}
