"""Inline code that reads an environment variable that is not set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.functions import Code, functions
from ticketgen.rules.python_code import PythonCode, read_python
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_GIVEN = frozenset({
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LD_LIBRARY_PATH", "NODE_PATH",
    "PATH", "PYTHONPATH", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID",
})  # fmt: skip

# The variable is used as a value, with no default beside it.
_NODE_READ = re.compile(r"[:=(,]\s*process\.env\.([A-Za-z_]\w*)\s*(?=[,;)}\n])")
_NODE_TEST = re.compile(r"(?:if\s*\(|\?\?|\|\||&&|!|typeof\s)[^\n;]*process\.env\.([A-Za-z_]\w*)")


def _check(subject: Subject) -> Iterator[Problem]:
    for function in functions(subject):
        given = function.environment
        if function.code is None or given is None:
            continue
        for file in function.code:
            for name, line in _reads(file):
                if name not in given and name not in _GIVEN:
                    message = (
                        f"{file.name} reads the environment variable {name}, "
                        f"which {function.found.address} does not set"
                    )
                    help = f"set {name} in the function's environment, or give the code a default"
                    yield Problem(message, file.at(line), help)


def _reads(file: Code) -> Iterator[tuple[str, int]]:
    if file.name.endswith(".py"):
        code = read_python(file.text)
        if isinstance(code, PythonCode):
            yield from code.environment.items()
    elif file.name.endswith((".js", ".mjs", ".cjs")):
        tested = {match[1] for match in _NODE_TEST.finditer(file.text)}
        for match in _NODE_READ.finditer(file.text):
            if match[1] not in tested:
                yield match[1], file.text.count("\n", 0, match.start(1)) + 1


RULE = Rule(
    id="code-environment",
    severity=Severity.ERROR,
    summary="Every environment variable that inline code needs is set",
    why=(
        "The first time that the line runs, Python code fails with a KeyError, and Node.js code continues with "
        "undefined."
    ),
    fix="set the variable in the function's environment, or give the code a default",
    check=_check,
)
