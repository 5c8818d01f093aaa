"""HCL is formatted as by ``terraform fmt``; `test_terraform_agrees` compares both on random texts."""

from __future__ import annotations

import pytest
from blocks import documents
from format_cases import CASES
from hypothesis import given, settings

from ticketgen.rendering.formatter import formatted
from ticketgen.rendering.render_file import normalize_layout


@pytest.mark.parametrize("name", CASES)
def test_the_layout_matches_the_examples(name: str) -> None:
    before, after = CASES[name]
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize("suffix", [".tf", ".hcl"])
def test_rendered_files_of_hcl_are_formatted_and_others_are_not(suffix: str) -> None:
    assert normalize_layout("key = 1\nbucket = 2\n", suffix) == "key    = 1\nbucket = 2\n"
    assert normalize_layout("key = 1\nbucket = 2\n", ".py") == "key = 1\nbucket = 2\n"


def test_existing_spacing_is_replaced() -> None:
    assert formatted("a    = 1\nbb   = 2   # c\n") == "a  = 1\nbb = 2 # c\n"


@settings(deadline=None)
@given(documents())
def test_formatting_is_idempotent_and_changes_only_blanks(text: str) -> None:
    once = formatted(text)
    assert formatted(once) == once
    assert once.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ['a = "', "a = <<X\n", 'a = "${', "}", '"\\', "/*", "<<X\n${", "$${", "~}"])
def test_broken_hcl_causes_no_hang_and_no_traceback(text: str) -> None:
    assert formatted(text).replace(" ", "") == text.replace(" ", "")


def test_deep_nesting_is_no_problem() -> None:
    text = "a {\n" * 3_000 + "}\n" * 3_000
    assert formatted(text).count("{") == 3_000


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


def test_other_files_are_not_formatted() -> None:
    assert normalize_layout("a = 1\nlonger = 2\n\n\n\n", ".md") == "a = 1\nlonger = 2\n"
