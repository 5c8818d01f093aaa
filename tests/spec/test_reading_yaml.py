"""The YAML of a spec: refused input, the meaning of plain scalars, and the places of all nodes."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticketgen.findings import Finding, Location
from ticketgen.hidden_characters import hidden_characters
from ticketgen.spec.nodes import (
    Map,
    Scalar,
    YamlNode,
    display_text,
    display_value,
    find,
    merge,
    node_locations,
    plain_value_of,
    remove_paths,
)
from ticketgen.spec.reader import MAX_BYTES, MAX_DEPTH, MAX_VALUES, read
from ticketgen.spec.scalars import plain_value


def tree(text: str) -> YamlNode:
    checked = read(text.encode(), "f")
    assert not checked.findings
    assert checked.value is not None
    return checked.value


def only_finding(data: bytes) -> Finding:
    checked = read(data, "f")
    assert checked.value is None
    (finding,) = checked.findings
    return finding


@pytest.mark.parametrize(
    "text",
    ["no", "on", "Yes", "y", "010", "0o10", "0x1F", "0b1", "1_000", "1:30", "2026-11-24", ".inf", ".nan",
     "1e3", "+", "1.", ".5", "9" * 19, "=", "nULL", "tRUE", "１２"],
)  # fmt: skip
def test_ambiguous_scalars_stay_text(text: str) -> None:
    assert plain_value(text) == text
    assert plain_value_of(tree(f"a: {text}")) == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("0", 0), ("-7", -7),
     ("+7", 7), ("45000", 45000), ("9" * 18, int("9" * 18)), ("1.5", 1.5), ("1.0e3", 1000.0), ("a", "a")],
)  # fmt: skip
def test_unambiguous_scalars_are_values(text: str, value: object) -> None:
    read_value = plain_value(text)

    assert (type(read_value), read_value) == (type(value), value)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Cf"])).filter(
        lambda text: not any(hidden_characters(text))
    )
)
@example("null")
@example("45000")
def test_quoted_text_is_unchanged(text: str) -> None:
    assert plain_value_of(tree(f"a: {json.dumps(text, ensure_ascii=False)}")) == {"a": text}


@given(st.integers(0, 10**18 - 1))
def test_decimal_numbers_are_exact(number: int) -> None:
    assert plain_value(str(number)) == number


def test_keys_are_always_text() -> None:
    assert plain_value_of(tree("on: 1\n2026: 2\nnull: 3\ntrue: 4")) == {
        "on": 1,
        "2026": 2,
        "null": 3,
        "true": 4,
    }


def test_lines_and_columns_count_characters_from_one() -> None:
    root = tree("# ünïcode 🎫\r\nä: [x, ö, 🎟, last]\r\nb:\r\n  - {c: d}\r\nempty:\r\n")

    found = dict(node_locations(root))
    assert found["ä",] == Location("f", 2, 1)
    assert found["ä", 0] == Location("f", 2, 5)
    assert found["ä", 3] == Location("f", 2, 14)
    assert found["b", 0, "c"] == Location("f", 4, 9)
    assert found["empty",] == Location("f", 5, 1)


@pytest.mark.parametrize(
    ("data", "rule", "at", "message", "help_text"),
    [
        (b"\xef\xbb\xbfversion: 1", "byte-order-mark", (1, 1), "byte order mark", "UTF-8 without BOM"),
        ("version: 1".encode("utf-16"), "not-utf-8", (1, 1), "UTF-16", "save it as UTF-8"),
        (b"a: 1\nb: caf\xe9\n", "not-utf-8", (2, 7), "byte 0xe9 is not UTF-8", "save the file as UTF-8"),
        ("ü: 1\nb: ä\0".encode(), "nul", (2, 5), "NUL", "delete it"),
        ("a: 1\n\nb: x\u2028y".encode(), "hidden-characters", (3, 5), "U+2028", "escape"),
        (b"a: \x1b[31m", "hidden-characters", (1, 4), "U+001B", "escape"),
        ("a: b\ufeff".encode(), "hidden-characters", (1, 5), "U+FEFF", "escape"),
        (b"a: @b", "syntax", (1, 4), '"a: @b"', "in quotes"),
        (b"a: 1\n b: 2", "syntax", (2, 2), "deeper than line 1", "indent it like line 1"),
        (b'a: "\\q"', "syntax", (1, 5), "unknown escape", "backslash"),
        (b"%YAML 9.9\n---\na: 1", "syntax", (1, 1), "incompatible YAML", "correct this line"),
    ],
)
def test_invalid_text_is_refused_at_its_location(
    data: bytes, rule: str, at: tuple[int, int], message: str, help_text: str
) -> None:
    finding = only_finding(data)

    assert finding.rule == rule
    assert finding.location == Location("f", *at)
    assert message in finding.message
    assert help_text in finding.help


def test_invisible_characters_are_reported_up_to_a_limit() -> None:
    findings = read(b"\x01 " * 1000, "f").findings

    assert len(findings) == 21
    assert findings[4].location == Location("f", 1, 9)
    assert findings[-1].message == "more hidden characters follow; of a file, 20 places are reported"


def test_a_file_over_1_mb_is_refused_unread() -> None:
    assert only_finding(b"[" * (MAX_BYTES + 1)).rule == "too-large"
    padded = b"a: 1\n" + b"#" * (MAX_BYTES - 5)
    assert plain_value_of(tree(padded.decode())) == {"a": 1}


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")])
def test_depth_has_a_limit(opened: str, closed: str) -> None:
    assert read((opened * MAX_DEPTH + "x" + closed * MAX_DEPTH).encode(), "f").value is not None
    finding = only_finding((opened * (MAX_DEPTH + 1) + "x" + closed * (MAX_DEPTH + 1)).encode())
    assert finding.rule == "too-deep"
    assert finding.location == Location("f", 1, MAX_DEPTH * len(opened) + 1)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    ["[" * MAX_BYTES, "{" * MAX_BYTES, "- " * (MAX_BYTES // 2), "? " * (MAX_BYTES // 2),
     "[a," * (MAX_BYTES // 3), "{a: " * (MAX_BYTES // 4), "- x\n" * (MAX_BYTES // 4),
     "[" + "x," * (MAX_BYTES // 2 - 1) + "]", LAUGHS, "!" * MAX_BYTES, "&a " * (MAX_BYTES // 3),
     "a: 1\n" * (MAX_BYTES // 5), "'" * (MAX_BYTES - 1), "---\n" * (MAX_BYTES // 4)],
    ids=["brackets", "braces", "dashes", "questions", "open lists", "open maps", "long list",
         "long flow list", "laughs", "bangs", "anchors", "one key", "quotes", "documents"],
)  # fmt: skip
def test_hostile_files_cost_no_more_than_their_size(text: str) -> None:
    data = text.encode()
    tracemalloc.start()
    try:
        checked = read(data, "f")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert checked.value is None
    assert len(checked.findings) <= 21
    assert most < 24 * MAX_BYTES


def test_the_number_of_values_has_a_limit() -> None:
    assert only_finding(b"- x\n" * (2 * MAX_VALUES)).rule == "too-many-values"


@given(st.binary(max_size=300))
@example(b"{? : }")
@example(b"--- >\n")
def test_any_bytes_are_a_tree_or_findings(data: bytes) -> None:
    checked = read(data, "f")

    assert checked.value is not None or checked.findings
    assert all(finding.location is not None and finding.help for finding in checked.findings)


@given(st.text("ab:-[]{}?|>&*!%@'\"#,. \t\n\\<0", max_size=60))
def test_any_punctuation_is_a_tree_or_findings(text: str) -> None:
    checked = read(text.encode(), "f")

    assert checked.value is not None or checked.findings


def test_maps_merge_deeply_and_other_nodes_replace() -> None:
    under = tree("a: {b: 1, c: [1, 2], d: {e: 1}}\nf: 1")
    over = tree("a: {c: [3], d: null, g: 2}")

    assert plain_value_of(merge(under, over)) == {"a": {"b": 1, "c": (3,), "d": None, "g": 2}, "f": 1}


_TREES = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.recursive(
        st.integers(-999, 999) | st.none(),
        lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
        max_leaves=12,
    ),
)


@given(_TREES, _TREES)
def test_a_merge_keeps_every_override(under: dict[str, object], over: dict[str, object]) -> None:
    merged = plain_value_of(merge(tree(json.dumps(under)), tree(json.dumps(over))))

    assert isinstance(merged, dict)
    assert merged.keys() == under.keys() | over.keys()
    assert all(merged[key] == under[key] for key in under.keys() - over.keys())
    assert all(merged[key] == value for key, value in over.items() if not isinstance(value, dict))
    assert plain_value_of(merge(tree(json.dumps(merged)), tree(json.dumps(over)))) == merged


def test_a_merged_value_keeps_its_location() -> None:
    both = merge(tree("a: {b: 1, c: 2}"), tree("\n\na: {c: 3}"))

    assert find(both, ("a", "b")).location == Location("f", 1, 8)
    assert find(both, ("a", "c")).location == Location("f", 3, 8)


def test_removing_nodes_keeps_the_paths_of_the_rest() -> None:
    left = remove_paths(tree("a: [x, y, z]\nb: {c: 1, d: 2}"), {("a", 1), ("b", "d")})

    assert plain_value_of(left) == {"a": ("x", "z"), "b": {"c": 1}}
    assert find(left, ("a", 1)).path == ("a", 2)


@given(st.text())
def test_text_in_a_message_is_short_and_stays_on_its_line(text: str) -> None:
    shown = display_text(text)

    assert len(shown) <= 60 * 12 + 2
    assert shown.isprintable()


def test_a_password_in_a_url_is_not_repeated() -> None:
    assert display_text("https://user:secret@example.com") == '"https://…@example.com"'


def test_values_are_shown_as_they_were_written() -> None:
    root = tree("a: {b: 1.50, c: ~, d: [], e: [1], f: {}, g: yes}")
    assert isinstance(root, Map)
    inner = root.entries["a"]
    assert isinstance(inner, Map)

    assert [display_value(node) for node in inner.entries.values()] == [
        "1.50", "null", "an empty list", "a list", "a map", '"yes"',
    ]  # fmt: skip
    assert isinstance(inner.entries["b"], Scalar)
