"""Inline code that reads an environment variable that is not set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ticketgen.findings import Severity
from ticketgen.rules.javascript import environment
from ticketgen.rules.lambda_functions import Code, functions, python
from ticketgen.rules.python_code import PythonCode
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_SET_BY_LAMBDA = frozenset({
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LD_LIBRARY_PATH", "NODE_PATH",
    "PATH", "PYTHONPATH", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID",
})  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    for function in functions(subject):
        variables = function.environment
        if function.code is None or variables is None:
            continue
        for file in function.code:
            for name, line in _reads(subject, file):
                if name not in variables and name not in _SET_BY_LAMBDA:
                    message = (
                        f"{file.name} reads the environment variable {name}, "
                        f"which {function.resource.address} does not set"
                    )
                    help = f"set {name} in the function's environment, or give the code a default"
                    yield Problem(message, file.at(line), help)


def _reads(subject: Subject, file: Code) -> Iterable[tuple[str, int]]:
    reads: Collection[tuple[str, int]] = ()
    if file.name.endswith(".py"):
        code = python(subject, file)
        if isinstance(code, PythonCode):
            reads = code.environment.items()
    elif file.name.endswith((".js", ".mjs", ".cjs")):
        reads = subject.memoized(("environment", file.text), lambda: environment(file.text))
    subject.spend(len(reads))
    return reads


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
