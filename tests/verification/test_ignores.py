"""``ticketgen:ignore`` silences one rule at one place, for a reason."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify


def found(text: str) -> list[tuple[str, int]]:
    return [
        (each.rule, each.location.line if each.location else 0)
        for each in verify({"main.tf": text}, rendered=False)
    ]


UNUSED = [("unused-declaration", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  a = 1 # ticketgen:ignore unused-declaration the module to come reads it\n}\n",
        "locals {\n  # ticketgen:ignore unused-declaration the module to come reads it\n  a = 1\n}\n",
        "locals {\n  // ticketgen:ignore unused-declaration later\n\n  # of the module to come\n  a = 1\n}\n",
        "locals {\n  /* ticketgen:ignore unused-declaration later */\n  a = 1\n}\n",
    ],
)
def test_a_comment_with_a_reason_silences_its_line_or_the_next(text: str) -> None:
    assert found(text) == []


def test_a_comment_silences_no_other_line_or_rule() -> None:
    text = "locals {\n  # ticketgen:ignore unused-declaration later\n  a = 1\n  b = 1\n  c = var.c\n}\n"
    assert found(text) == [("undeclared-reference", 5), ("unused-declaration", 4), ("unused-declaration", 5)]


@pytest.mark.parametrize(
    ("comment", "message", "help"),
    [
        ("unused-declarations because", 'unknown rule "unused-declarations" in ticketgen:ignore',
         "did you mean unused-declaration?"),
        ("x because", 'unknown rule "x" in ticketgen:ignore', "run ticketgen rules for a list of the rules"),
        ("", "ticketgen:ignore names no rule", "run ticketgen rules for a list of the rules"),
        ("syntax because", "syntax cannot be ignored", "remove the comment, and fix the finding"),
        ("ignore-unused because", "ignore-unused cannot be ignored", "remove the comment, and fix the finding"),
        ("missing-file", "ticketgen:ignore missing-file gives no reason",
         "write the reason after the rule: ticketgen:ignore missing-file because …"),
        ("missing-file because", "ticketgen:ignore missing-file matches no finding", "remove the comment"),
    ],
)  # fmt: skip
def test_an_invalid_comment_is_explained(comment: str, message: str, help: str) -> None:
    findings = verify({"main.tf": f"# ticketgen:ignore {comment}\nlocals {{}}\n"}, rendered=False)
    assert [(each.message, each.help) for each in findings] == [(message, help)]


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("# ticketgen:ignore unused-declaration", "ignore-without-reason"),
        ("/* ticketgen:ignore unused-declaration */", "ignore-without-reason"),
        ("# ticketgen:ignore", "ignore-unknown-rule"),
        ("# ticketgen:ignore unused-declarations because", "ignore-unknown-rule"),
        ("# ticketgen:ignore syntax because", "ignore-unknown-rule"),
    ],
)
def test_a_comment_that_silences_nothing_is_an_error_and_the_finding_stays(comment: str, rule: str) -> None:
    findings = verify({"main.tf": f"locals {{\n  a = 1 {comment}\n}}\n"}, rendered=False)
    assert {each.rule: each.severity for each in findings} == {
        "unused-declaration": Severity.WARNING,
        rule: Severity.ERROR,
    }


def test_an_unused_comment_is_reported() -> None:
    assert found("# ticketgen:ignore missing-file it is made by a build\nlocals {}\n") == [
        ("ignore-unused", 1)
    ]


def test_comments_work_in_code_and_in_tests() -> None:
    hollow = "def test_a():\n    pass\n"
    texts = {"main.tf": "locals {}\n", "tests/test_a.py": hollow}
    assert [each.rule for each in verify(texts, rendered=False)] == ["suite-asserts"]
    texts["tests/test_a.py"] = f"# ticketgen:ignore suite-asserts to be written\n{hollow}"
    assert verify(texts, rendered=False) == ()
