"""Inline Python with syntax errors."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.lambda_functions import functions, python
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for function in functions(subject):
        for file in function.code or ():
            if file.name.endswith(".py"):
                code = python(subject, file)
                if isinstance(code, SyntaxError):
                    yield Problem(f"{file.name} is not valid Python: {code.msg}", file.at(code.lineno or 1))


RULE = Rule(
    id="code-syntax",
    severity=Severity.ERROR,
    summary="The inline Python code of a function has no syntax errors",
    why="No plan or linter looks at code inside a string. It is packed and deployed, and fails on its first call.",
    fix="correct the syntax; if the code is generated from a file, lint that file",
    check=_check,
)
