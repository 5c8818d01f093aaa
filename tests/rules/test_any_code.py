"""No inline or shipped code and no comment makes a rule fail; unreadable code is reported."""

from __future__ import annotations

import pytest
from attacks import lambda_function
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketgen.findings import Finding, Severity
from ticketgen.rules.python_code import PythonCode, read_python
from ticketgen.rules.python_text import NotRead
from ticketgen.verification.finding_limits import MAX_PER_FILE, limit_findings
from ticketgen.verification.verify import verify

DEEP = {
    "a sum": f"assert {'+'.join(['1'] * 1500)} == {'+'.join(['1'] * 1500)}",
    "a conjunction": f"assert {' and '.join(['a == 1'] * 1500)}",
    "signs": f"x = {'-' * 50_000}1",
    "nots": f"assert {'not ' * 50_000}1",
    "attributes": f"x = a{'.b' * 20_000}",
    "calls": f"x = a{'()' * 20_000}",
    "items": f"x = a{'[0]' * 10_000}",
    "parentheses": f"x = {'(' * 5_000}{')' * 5_000}",
    "open lists": f"x = {'[' * 5_000}",
    "lambdas": f"x = {'lambda: ' * 5_000}1",
    "conditions": f"x = {'a if b else ' * 5_000}c",
    "elifs": f"if a: pass\n{'elif a: pass' + chr(10)}" * 500,
    "elif chain": "if a: pass\n" + "elif a: pass\n" * 10_000,
    "ifs": "".join(f"{' ' * depth}if a:\n" for depth in range(150)),
    "decorators": "@a\n" * 10_000 + "def f(): pass",
    "loops in a comprehension": f"x = [y {'for y in z ' * 2_000}]",
    "nested comprehensions": "x = " + "[y for y in " * 90 + "z" + "]" * 90,
    "f-strings in f-strings": "x = f\"{f'{a}'}\"" * 3_000,
    "expressions of an f-string": 'x = f"' + "{a}" * 19_000 + '"',
    "an import": f"import a{'.a' * 25_000}",
    "digits": f"open('a', {'1' * 10_000})",
    "hexadecimal digits": f"open('a', 0x{'f' * 10_000})\nos.environ.get(0x{'f' * 10_000})\nassert 0x{'f' * 9_000} == 1",
    "an encoding": "# -*- coding: utf-7 -*-\n+AAAA-",
    "a form feed": "\f\f\fimport os\n\f",
    "escapes": "x = '\\d\\ud800'\n" * 1_000,
    "many words": "a," * 31_000,
}
NOT_READ = {
    "signs",
    "nots",
    "attributes",
    "calls",
    "items",
    "lambdas",
    "conditions",
    "elif chain",
    "an encoding",
}


@pytest.mark.parametrize("name", DEEP)
def test_deeply_nested_code_is_read_or_reported(name: str) -> None:
    code = DEEP[name]
    inline = lambda_function(("index.py", f"{code}\n"))
    shipped = f"def test_a():\n    {code}\n" if "\n" not in code and code[0] not in "#\f" else code
    findings = verify({**inline, "test_stack.py": shipped, "conftest.py": code}, rendered=False)
    notes = [each for each in findings if each.rule in {"not-checked", "code-syntax"}]
    read = read_python(f"{code}\n")
    assert isinstance(read, PythonCode) or notes, findings
    if name in NOT_READ and isinstance(read, NotRead):
        assert any(read.reason in each.message for each in notes), notes


def test_unread_code_is_a_note_in_foreign_code_and_an_error_in_rendered_code() -> None:
    files = lambda_function(("index.py", "# coding: utf-7\n"))
    for ours, severity in ((False, Severity.NOTE), (True, Severity.ERROR)):
        (notes,) = (each for each in verify(files, rendered=ours) if each.rule == "not-checked")
        assert notes.severity is severity
        assert notes.message == (
            "index.py is not checked: it declares the encoding utf-7, and only UTF-8 is read"
        )


_PYTHON = st.sampled_from([
    "import os", "import boto3", "from a import b as c", "x = ", "os.environ['A']", "os.environ.get(", "(", ")",
    "[", "]", "{", "}", "f'{", "}'", "'''", '"', "'", "lambda a: ", "def f(a, *b, c=1):", "class A(B):",
    "async def g():", "@a", "\n", "\n    ", "\n        ", "return ", "yield ", "await ", "assert ",
    "raise ", "not ", " and ", " == ",
    "1", "0x1", "1e999", "...", ":=", "->", "a", ".b", "(a)", "[0]", ":", ",", "*", "**", "=", "boto3.client('sqs')",
    "client.send_message(", "with open('main.tf', 'w') as f:", "try:", "tmp_path / 'a'", "except E as e:",
    "finally:", "match a:", "case {'b': [*c]}:", "if a:", "else:", "elif b:", "for a in b:", "while a:", "global a",
    "nonlocal a", "del a", "#", "\\", "\\\n", "\0", "\ud800", "\f", "\r", "\u2028", "é", "def test_a():", "self",
    "None", "True", ";",
])  # fmt: skip
_JAVASCRIPT = st.sampled_from([
    "import a from 'b'", "import ", "from ", "require(", "'", '"', "`", "${", "}", "//", "/*", "*/", "\n", " ", ";",
    "typeof ", "process.env.A", "process.env.", "if (", ")", "??", "||", "!", "=", ":", ",", "@aws-sdk/a",
    "export ", "\0", "\ud800", "\u2028", "a",
])  # fmt: skip
_COMMENTS = st.sampled_from([
    "#", "//", "/*", "*/", "*", " ", "\t", "\n", "\r\n", "ticketgen:ignore", "unused-declaration", "syntax",
    "because x", "locals {\n  a = 1\n}", "<<EOT\n", "EOT\n", '"', "${", "}", "é", "\u2028", "\x0b",
])  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(_PYTHON, max_size=40).map("".join), st.lists(_JAVASCRIPT, max_size=40).map("".join))
def test_no_code_makes_a_rule_fail(python: str, javascript: str) -> None:
    read_python(python)
    for files in (
        lambda_function(("index.py", python)),
        lambda_function(("index.mjs", javascript), runtime="nodejs22.x"),
        {"main.tf": "locals {}\n", "test_stack.py": python, "conftest.py": f"def test_a():\n    {python}"},
    ):
        verify(files, rendered=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(_COMMENTS, max_size=40).map("".join))
def test_no_comment_makes_a_rule_fail(text: str) -> None:
    verify({"main.tf": text, "test_a.py": text}, rendered=False)


def test_a_flood_of_findings_is_counted_and_still_fails() -> None:
    text = "locals {\n  a = [" + "var.a," * 3_000 + "]\n}\n"
    findings = verify({"main.tf": text}, rendered=False)
    undeclared = [each for each in findings if each.rule == "undeclared-reference"]
    assert len(undeclared) == MAX_PER_FILE + 1
    assert (
        undeclared[-1].message
        == "2,000 more findings of undeclared-reference in this file, which are not listed"
    )
    assert undeclared[-1].severity is Severity.ERROR


def test_the_count_has_the_severity_of_its_worst_finding() -> None:
    first = verify({"main.tf": "locals {\n  a = 1\n}\n"}, rendered=False)[0]
    assert first.severity is Severity.WARNING
    flood: list[Finding] = [first] * (MAX_PER_FILE + 5)
    worse = Finding(first.rule, "worse", first.stage, first.location)
    *_, last = limit_findings([*flood, worse, first])
    assert last.severity is Severity.ERROR
    assert last.message.startswith("7 more")


@pytest.mark.parametrize(
    ("pattern", "action", "allowed"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("S3:get*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:*a*a*a*a*a*b", "s3:GetObject", False),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get[O]bject", "s3:GetObject", False),
        ("s3:GetObject*", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("", "s3:GetObject", False),
    ],
)
def test_action_patterns_match_like_iam(pattern: str, action: str, allowed: bool) -> None:
    from ticketgen.rules.grants import matches_pattern

    assert matches_pattern(pattern.lower(), action.lower()) is allowed
