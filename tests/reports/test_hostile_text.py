"""Whatever text and names findings have, every report is valid and only shows them."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from ticketgen import escaping
from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.reports import ReportFormat
from ticketgen.reports.report import Style, report

HOSTILE = [
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "\x1b]0;title\x07", "back\b\b\bspace",
    "over\rwritten", "\x9b31m", "\n::add-mask::x", "  ::stop-commands::x", "\r::set-output name=a::b",
    "\u2028::error::x", "##[add-mask]x", "##vso[task.setvariable variable=a]b", "##teamcity[message]", "a\u202eb",
    "a\u2066b", "\u200e", "\u061c", "zero\u200bwidth", "\u2060", "\ufeff", "x\ufe0f", "\U000e0041", "soft\u00adhyphen",
    "\udcff\udcfe", "\ud800", "\ufffe", "]]>", "<script>", "&amp;", "%0A::error::x", "a,b:c",
    "[link](https://evil.example)", "p\u0430ypal", "\0", "\x7f", "\u3164",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=4).map("".join)
NAME = st.one_of(
    st.sampled_from(HOSTILE),
    st.binary(min_size=1, max_size=9).map(lambda b: b.decode("utf-8", "surrogateescape")),
)


def is_quiet(text: str) -> bool:
    """Whether a text has no character that acts on a terminal or cannot be seen."""
    return all(
        mark == "\n"
        or mark == " "
        or (unicodedata.category(mark)[0] not in "CZ" and mark not in "\u3164\ufe0f")
        for mark in text
    )


def commands(text: str) -> list[str]:
    """The lines that GitHub's runner or another CI would obey."""
    return [
        line
        for line in re.split("[\n\r]", text)
        if line.lstrip().startswith("::") or re.search(r"##[a-z]*\[", line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("format", ReportFormat)
@given(message=TEXT, help=TEXT, name=NAME, line=TEXT, base=NAME)
@example(message="\n::error::x", help="\n  ::error::x", name="::error::x.tf", line="::error::x", base="")
def test_a_report_contains_no_control_sequences(
    format: str, message: str, help: str, name: str, line: str, base: str
) -> None:
    found = [
        Finding("a-rule", message, Stage.VERIFY, Location(name, 1, 2), severity, help)
        for severity in Severity
    ] * 6
    text = report(found, format, {name: line}, style=Style(base=f"/{base}"))
    assert text.encode("utf-8").decode("utf-8") == text
    assert is_quiet(text)
    ours = ("::error ", "::warning ", "::notice ") if format == "github" else ("\0",)
    assert all(line.startswith(ours) and "##" not in line for line in commands(text))
    if format == "json":
        assert len(json.loads(text)["findings"]) == len(found)
        alone = re.sub(r"\\ud[89ab]..\\ud[c-f]..", "", text.replace("\\\\", ""))
        assert not re.search(r"\\ud[89a-f]", alone)
    elif format == "sarif":
        Sarif.model_validate_json(text)
        (run,) = json.loads(text)["runs"]
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        if "\ud800" not in name:
            expected = name.encode("utf-8", "surrogateescape")
            assert unquote_to_bytes(uri.removeprefix("file://")) == expected
    elif format == "junit":
        assert len(list(ElementTree.fromstring(text).iter("testcase"))) == len(found)


@given(TEXT)
def test_a_coloured_report_has_our_colours_only(text: str) -> None:
    finding = Finding("a", text, Stage.VERIFY, Location(text or "a", 1, 1), help=text)
    shown = report([finding], "text", {text or "a": text}, style=Style(color=True))
    assert is_quiet(re.sub(r"\x1b\[(?:0|1|2|36|1;31|1;33|1;34)m", "", shown))
    plain = report([finding], "text", {text or "a": text})
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\\u003a", ":") == plain.replace("\\u003a", ":")


@pytest.mark.parametrize(
    "text",
    [
        "Bahnhof Zürich",
        "東京駅",
        "عربي",
        "Москва, с любовью",
        "αβγ",
        "5 µs, Δt",
        "ｆｕｌｌ",
        "Kadıköy",
        "हिन्दी",
        "ไทย",
        "🎟",
    ],
)
def test_text_of_any_language_stays_readable(text: str) -> None:
    assert escaping.visible(text) == text
    assert escaping.visible_lines(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", r"a\u202eb"),
        ("\U000e0041", r"\U000e0041"),
        ("\x1b[31m\t\r\n", r"\u001b[31m\t\r\n"),
        ("n\udcff.tf", r"n\xff.tf"),
        ("\udcc3\udcbc", "ü"),  # with LC_ALL=C, Python decodes no byte beyond ASCII
        ("\udcc3\ud800", r"\udcc3\ud800"),
        ("t\u0430ble", r"t\u0430ble"),
        ("\u0455\u0441\u043e\u0440\u0435", r"\u0455\u0441\u043e\u0440\u0435"),
        ("\U0001d41a", r"\U0001d41a"),
        ("##[add-mask]x", r"\u0023#[add-mask]x"),
    ],
)  # fmt: skip
def test_invisible_and_misleading_characters_are_escaped(text: str, shown: str) -> None:
    assert escaping.visible(text) == shown


@given(TEXT)
def test_escaping_is_idempotent(text: str) -> None:
    assert escaping.visible(escaping.visible(text)) == escaping.visible(text)
    assert escaping.visible_lines(escaping.visible_lines(text)) == escaping.visible_lines(text)


@given(TEXT)
def test_a_json_document_round_trips(text: str) -> None:
    assert json.loads(escaping.as_json({text: [text]})) == {
        escaping.decode_surrogates(text): [escaping.decode_surrogates(text)]
    }


def test_markdown_contains_no_untrusted_markup() -> None:
    shown = escaping.as_markdown("a|b `c` <img src=x> [d](https://e) **f** \u202e\n# g")
    assert not re.search(r"(?<!\\)[|`<>\[\]*#]", shown)
    assert "\n" not in shown


def test_a_link_in_a_message_is_plain_text_in_sarif() -> None:
    text = report([Finding("a", "see [here](https://evil.example)", Stage.VERIFY)], "sarif", {})
    (run,) = json.loads(text)["runs"]
    assert run["results"][0]["message"]["text"] == r"see \[here](https://evil.example)"


def test_a_message_is_bounded() -> None:
    assert len(report([Finding("a", "m" * 10**6, Stage.VERIFY)], "text", {})) < 20_000


def test_the_lines_of_a_file_are_split_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand findings in a file of 2 MB would take minutes otherwise."""
    from ticketgen.reports.report import lines_of

    lines_of.cache_clear()
    source = "x = 1\n" * 1000
    found = [Finding("a", "b", Stage.VERIFY, Location("a.tf", n + 1)) for n in range(1000)]
    for format in ("text", "sarif"):
        report(found, format, {"a.tf": source})
    assert lines_of.cache_info().misses == 1
