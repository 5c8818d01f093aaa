"""``=`` and comments are aligned as in ``terraform fmt``."""

from __future__ import annotations

import pytest
from blocks import documents
from hypothesis import given, settings

from ticketgen.rendering.align import align
from ticketgen.rendering.render_file import normalize_layout

CASES = {
    "neighbours form a chain": (
        "a = 1\nlonger = 2\n",
        "a      = 1\nlonger = 2\n",
    ),
    "an empty line ends it": (
        "a = 1\n\nlonger = 2\n",
        "a = 1\n\nlonger = 2\n",
    ),
    "a comment line ends it": (
        "a = 1\n# why\nlonger = 2\n",
        "a = 1\n# why\nlonger = 2\n",
    ),
    "an open bracket ends it": (
        "a = 1\nlonger = {\n  b = 1\n  ccc = 2\n}\ndd = 3\ne = 4\n",
        "a = 1\nlonger = {\n  b   = 1\n  ccc = 2\n}\ndd = 3\ne  = 4\n",
    ),
    "brackets that balance do not": (
        "a = [1, 2]\nlonger = { b = 1 }\nc = f(\"${x[0]}\")\n",
        "a      = [1, 2]\nlonger = { b = 1 }\nc      = f(\"${x[0]}\")\n",
    ),
    "brackets and equals in strings and comments are none": (
        'a = "{ = \\" ${"}"} $${"\nlonger = 1 # [ = (\n',
        'a      = "{ = \\" ${"}"} $${"\nlonger = 1 # [ = (\n',
    ),
    "comparisons are no assignments": (
        "a == b\nlonger = a >= 1 && b != 2\nc = { for k, v in x : k => v }\n",
        "a == b\nlonger = a >= 1 && b != 2\nc      = { for k, v in x : k => v }\n",
    ),
    "a heredoc belongs to its line": (
        "a = <<X\n b = {\n  ccc = 1\nX\nlonger = 2\n",
        "a      = <<X\n b = {\n  ccc = 1\nX\nlonger = 2\n",
    ),
    "a heredoc's interpolation is code": (
        "a = <<X\n ${b(\"}\")} X\nX\nlonger = 2\n",
        "a      = <<X\n ${b(\"}\")} X\nX\nlonger = 2\n",
    ),
    "comments at the end stand in a column": (
        "a = 1 # x\nlonger = 22 # y\nb { // z\n",
        "a      = 1  # x\nlonger = 22 # y\nb {         // z\n",
    ),
    "wide characters count once": (
        '"é" = 1\n"日本" = 2\n',
        '"é"  = 1\n"日本" = 2\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_alignment_matches_the_examples(name: str) -> None:
    before, after = CASES[name]
    assert align(before) == after
    assert align(after) == after


@pytest.mark.parametrize("suffix", [".tf", ".hcl"])
def test_rendered_files_of_hcl_are_aligned_and_others_are_not(suffix: str) -> None:
    assert normalize_layout("key = 1\nbucket = 2\n", suffix) == "key    = 1\nbucket = 2\n"
    assert normalize_layout("key = 1\nbucket = 2\n", ".py") == "key = 1\nbucket = 2\n"


def test_existing_spacing_is_replaced() -> None:
    assert align("a    = 1\nbb   = 2   # c\n") == "a  = 1\nbb = 2 # c\n"


@settings(deadline=None)
@given(documents())
def test_alignment_is_idempotent_and_changes_only_blanks(text: str) -> None:
    once = align(text)
    assert align(once) == once
    assert once.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ['a = "', "a = <<X\n", 'a = "${', "}", '"\\', "/*", "<<X\n${", "$${", "~}"])
def test_broken_hcl_causes_no_hang_and_no_traceback(text: str) -> None:
    assert align(text).replace(" ", "") == text.replace(" ", "")


def test_tidying_keeps_heredocs_unchanged() -> None:
    heredoc = "<<PYTHON\nx = 1   \n\n\ndef f():\n    y  = {\nPYTHON"
    assert (
        normalize_layout(f"\n\na = 1 \t\n\n   \n\nb = {heredoc}\n\n\n", ".tf") == f"a = 1\n\nb = {heredoc}\n"
    )


def test_python_keeps_its_two_empty_lines() -> None:
    assert (
        normalize_layout("import os\n\n\n\n\n\nx = 1 \n\n\ny = 2", ".py")
        == "import os\n\n\nx = 1\n\n\ny = 2\n"
    )


def test_other_files_are_not_aligned() -> None:
    assert normalize_layout("a = 1\nlonger = 2\n\n\n\n", ".md") == "a = 1\nlonger = 2\n"
