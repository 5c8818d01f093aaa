"""Texts that would crash, hang or confuse a parser are refused before parsing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ticketgen.hcl.guards import MAX_BYTES, bracket_depth, refusal
from ticketgen.hcl.reference_parser import parser_errors


@pytest.mark.parametrize(
    ("text", "reason", "invalid"),
    [
        ("a = 1\0\n", "NUL", True),
        ("a = '\ud800'\n", "surrogate", True),
        ("#" * (MAX_BYTES + 1), "bytes", False),
        ("a = " + "[" * 200_000, "nested deeper", False),
        ("a = " + "-" * 200_000 + "1\n", "operators", False),
        ('a = "' + "%{ if x }" * 6000, "directives", False),
        ("a = <<E\n" + "\n" * 50_000 + "E\n", "blank lines", False),
        ("a = " + "1" * 40_000 + "\n", "digits", False),
    ],
    ids=["nul", "surrogate", "size", "brackets", "operators", "directives", "blank lines", "digits"],
)
def test_a_dangerous_text_is_refused_with_a_reason(text: str, reason: str, invalid: bool) -> None:
    refused = refusal(text)
    assert refused is not None
    assert reason in refused.reason
    assert refused.invalid is invalid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# " + "[" * 6000,
        'a = "' + "[" * 6000 + '"\n',
        "a = [" + "[1]," * 6000 + "]\n",
        "a = <<E\n" + "{[(" * 3000 + "\nE\n",
        "/* " + "(" * 6000 + " */\n",
    ],
    ids=["empty", "comment", "string", "flat", "heredoc", "block comment"],
)
def test_brackets_in_text_or_side_by_side_are_accepted(text: str) -> None:
    assert refusal(text) is None


def test_the_strict_parser_stops_at_a_nul() -> None:
    assert parser_errors("a = 1\n\0 = = =\n") == ()  # the reason why the guards check for it first


@pytest.mark.parametrize(
    ("text", "limit", "at"),
    [
        ("a = [[[1]]]", 2, 6),
        ("a = [[[1]]]", 3, None),
        ('a = "${[x]}"', 1, 7),
        ('a = "$${[[["', 1, None),
        ("a = <<E\n${[x]}\nE\n", 1, 10),
        ("a = <<E\n[[[\nE\nb = [[[", 2, 20),
        ('a = "${"${x}"}"', 1, 8),
        ("a = [] # [[[\nb = [[]]", 1, 18),
    ],
)
def test_depth_is_counted_like_in_hcl(text: str, limit: int, at: int | None) -> None:
    assert bracket_depth(text, limit) == at


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\na = 2\n", 2, 1),
        ('a = "${x"\n', 1, 10),
        ("a = 1 b = 2\n", 1, 7),
        ("a = {\n", 2, 1),
        ("b {\n  c = 1, d = 2\n}\n", 2, 8),
    ],
    ids=["argument twice", "interpolation not closed", "two on a line", "brace not closed", "comma"],
)
def test_the_strict_parser_refuses_invalid_text_that_python_hcl2_accepts(
    text: str, line: int, column: int
) -> None:
    first = parser_errors(text)[0]
    assert (first.line, first.column) == (line, column)
    assert first.summary


@pytest.mark.parametrize("text", ["", "a = 1\n", "a = x.y.z\nb {}\n", "a = 1e99999999\n"])
def test_the_strict_parser_accepts_valid_text_without_evaluation(text: str) -> None:
    assert parser_errors(text) == ()


_hcl = st.lists(
    st.sampled_from([
        "a", " = ", "1", '"', "${", "}", "%{", "{", "[", "]", "(", ")", "\n", "<<E\n", "E\n", "<<-E\n", "\nE\n", "#",
        "/*", "*/", ".", ",", "=>", "for ", " in ", ":", "if ", "else", "endif", "endfor", "~", "\\", "-", "!", "?",
        "==", "\r\n", "\t", "é", "\u2028", "$${", "%%{", "...", "[*]", ".*", "0", "null",
    ]),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_hcl)
@example("a = <<E\n\x85E\n")
def test_a_text_that_passes_the_guards_never_crashes_the_strict_parser(text: str) -> None:
    if refusal(text) is None:
        for complaint in parser_errors(text):
            assert complaint.line >= 1
            assert complaint.column >= 1


@pytest.mark.slow
def test_deep_brackets_crash_the_strict_parser() -> None:
    """HCL's parser ends the whole process. If a later version does not, the guards can be relaxed."""
    code = "from ticketgen.hcl.reference_parser import parser_errors; parser_errors('a = ' + '[' * 3_000_000)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=False)
    assert done.returncode != 0
    assert b"stack" in done.stderr
