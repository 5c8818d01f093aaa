"""A filter either preserves a text exactly or rejects it."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from typing import Any

import pytest
import yaml
from hostile import HOSTILE, hostile_code, hostile_text
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from ticketgen.rendering.filters import FILTERS
from ticketgen.rendering.quoted import Quoted, RawExpression

SHORT = hostile_text().filter(lambda text: len(text) < 100)  # YAML rejects longer keys: see below
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | hostile_text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SHORT, inner, max_size=3),
    max_leaves=6,
)


def quoted(name: str, value: object, *arguments: object) -> str:
    return FILTERS[name](value, *arguments).__html__()


def decode_hcl(literal: str) -> str:
    """Decode an HCL string literal; fail if it ends early or opens a template."""
    assert literal[:1] == literal[-1:] == '"'
    escape = r'\\["\\nrt]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\$\$\{|%%\{'
    text, place, body = [], 0, literal[1:-1]
    short = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
    while place < len(body):
        match = re.compile(escape).match(body, place)
        if match is None:
            assert body[place] not in '"\\\n\r', body
            assert not re.match(r"[$%]\{", body[place : place + 2]), body
            text.append(body[place])
            place += 1
            continue
        token = match[0]
        text.append(token[1:] if token[0] in "$%" else short.get(token[1]) or chr(int(token[2:], 16)))
        place = match.end()
    return "".join(text)


@settings(deadline=None)
@given(st.sampled_from(HOSTILE).map(lambda text: unicodedata.normalize("NFC", text)) | hostile_text())
def test_text_is_unchanged_in_hcl(text: str) -> None:
    literal = quoted("hcl", text)
    assert decode_hcl(literal) == text
    assert literal.splitlines() == [literal]


@settings(deadline=None)
@given(hostile_text(), st.sampled_from(["", "$", "%", "$$", "x"]), st.sampled_from(["", "{", "{z}", "x"]))
def test_text_inside_a_string_does_not_join_its_neighbours(text: str, before: str, after: str) -> None:
    """No interpolation opens between a value and the template's own text."""
    if text:
        assert decode_hcl(f'"{before}{quoted("inside", text)}{after}"') == before + text + after


@settings(deadline=None)
@given(hostile_code())
def test_code_is_unchanged_in_a_heredoc(code: str) -> None:
    opening, *lines, closing = quoted("heredoc", code, "PYTHON").split("\n")
    assert opening == f"<<{closing}"
    assert closing not in code
    assert all(line.strip() != closing for line in lines)
    body = "".join(line + "\n" for line in lines)
    assert not re.search(r"(?<!\$)(?:\$\$)*\$\{(?<!\$\$\{)", body)
    assert body.replace("$${", "${").replace("%%{", "%{") == code


def test_an_empty_file_is_an_empty_heredoc() -> None:
    assert quoted("heredoc", "", "PYTHON") == "<<PYTHON\nPYTHON"


def test_a_marker_that_the_code_contains_is_numbered() -> None:
    assert quoted("heredoc", "PYTHON\nPYTHON_2\n", "PYTHON").startswith("<<PYTHON_3\n")


@settings(deadline=None)
@given(VALUES)
def test_values_are_unchanged_in_json_yaml_and_python(value: object) -> None:
    assert json.loads(quoted("json", value)) == value
    assert yaml.safe_load(quoted("yaml", value)) == value
    assert ast.literal_eval(quoted("python", value)) == value


@settings(deadline=None)
@given(VALUES)
def test_types_survive_yaml(value: object) -> None:
    assert repr(yaml.safe_load(quoted("yaml", value))) == repr(value)


@settings(deadline=None)
@given(hostile_text())
def test_a_comment_stays_on_its_line(text: str) -> None:
    written = quoted("comment", text)
    assert written.splitlines() in ([written], [])
    assert written == written.strip()


@pytest.mark.parametrize("name", ["hcl", "inside", "json", "yaml", "python", "comment", "heredoc"])
@pytest.mark.parametrize("text", ["a\x00b\n", "a\ud800b\n", "\udfff\n"])
def test_text_that_no_file_can_contain_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match="cannot be rendered"):
        quoted(name, text, *(["X"] if name == "heredoc" else []))


@pytest.mark.parametrize("name", ["hcl", "inside", "heredoc"])
def test_text_that_terraform_would_normalize_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="NFC"):
        quoted(name, "e\u0301\n", *(["X"] if name == "heredoc" else []))


@pytest.mark.parametrize("code", ["x = 1", "x = 1\r\n", "\r"])
def test_code_that_a_heredoc_cannot_contain_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="heredoc"):
        quoted("heredoc", code, "PYTHON")


@pytest.mark.parametrize("name", ["hcl", "inside", "identifier", "comment", "json", "yaml", "python"])
@pytest.mark.parametrize("value", [Quoted("x"), Markup("x"), object(), b"x", {1, 2}])
def test_quoted_text_and_unsupported_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError, match="should be"):
        quoted(name, value)


def test_a_key_too_long_for_yaml_is_refused() -> None:
    assert yaml.safe_load(quoted("yaml", {"k" * 998: 1})) == {"k" * 998: 1}
    with pytest.raises(ValueError, match="YAML key"):
        quoted("yaml", {"k" * 999: 1})


def test_keys_are_text() -> None:
    for name in ("hcl", "json", "yaml", "python"):
        with pytest.raises(TypeError, match="should be plain text"):
            quoted(name, {1: 2})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_are_finite(value: float) -> None:
    for name in ("number", "hcl", "json", "yaml", "python"):
        with pytest.raises(ValueError, match="finite"):
            quoted(name, value)


@pytest.mark.parametrize("value", [True, "1", None, RawExpression("1")])
def test_a_number_is_a_number(value: object) -> None:
    with pytest.raises(TypeError, match="should be a number"):
        quoted("number", value)


@pytest.mark.parametrize("text", ["", "1a", "a-b", "a.b", "a b", "é", "a\n", "a${b}"])
def test_only_identifiers_are_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        quoted("identifier", text)


def test_an_expression_is_never_text() -> None:
    assert quoted("expression", RawExpression("local.x")) == "local.x"
    with pytest.raises(TypeError, match="should be an Expression"):
        quoted("expression", "local.x")


def test_hcl_is_on_one_line_unless_an_indent_is_given() -> None:
    value: dict[str, object] = {
        "a": [1, {"b c": RawExpression("var.x")}],
        "for": None,
        "e": {},
        "f": [],
        "t": True,
    }
    assert quoted("hcl", value) == (
        '{ a = [1, { "b c" = var.x }], "for" = null, e = {}, f = [], t = true }'
    )  # fmt: skip
    assert quoted("hcl", {"a": [1, {"b": 2}], "e": {}}, 2) == (
        "{\n    a = [\n      1,\n      {\n        b = 2\n      },\n    ]\n    e = {}\n  }"
    )


def test_lines_accept_only_quoted_values() -> None:
    assert quoted("lines", [Quoted("a"), Markup("b")], 2, ",") == "a,\n  b,"
    with pytest.raises(TypeError, match="should be quoted"):
        quoted("lines", ["a"])
    with pytest.raises(ValueError, match="is not a line end"):
        quoted("lines", [Quoted("a")], 0, "~")


def test_quoted_text_cannot_be_combined() -> None:
    value: Any = Quoted("x")
    for mix in (
        lambda: value + "a",
        lambda: "a" + value,
        lambda: value + value,
        lambda: f"{value}",
        lambda: str(value),
        lambda: "%s" % value,  # noqa: UP031
        lambda: "".join([value]),
    ):
        with pytest.raises(TypeError):
            mix()
