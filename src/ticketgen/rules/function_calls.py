"""The AWS calls of a Lambda function's inline Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.rules.client_flow import AwsCall, aws_calls, module_name
from ticketgen.rules.lambda_functions import Code, LambdaResource, python
from ticketgen.rules.python_code import PythonCode
from ticketgen.rules.python_scopes import PythonModule
from ticketgen.rules.step_limit import StepLimit, StepLimitReached

__all__ = ["calls_of"]

_MAX_STEPS = 2_000_000
"""Limit of steps to follow the clients in all packages of a directory: some seconds."""


def calls_of(function: LambdaResource) -> Iterator[tuple[Code, AwsCall]]:
    """Each AWS call of a function, with the file that contains it."""
    subject = function.resource.subject
    files = {module_name(file.name): file for file in function.code or () if file.name.endswith(".py")}
    parsed = {name: python(subject, file) for name, file in files.items()}
    modules = {name: code.scopes for name, code in parsed.items() if isinstance(code, PythonCode)}
    handler = function.resource.value_with_defaults("handler")
    handler = handler if isinstance(handler, str) else ""
    steps = subject.memoized("steps of calls", lambda: StepLimit(_MAX_STEPS))
    # The id identifies a text, because each text is read once.
    key = "calls", handler, tuple((name, id(scopes)) for name, scopes in modules.items())
    calls = subject.memoized(key, lambda: _calls(modules, handler, steps))
    if calls is None:
        location = min(file.location for file in files.values())
        subject.note_skipped(
            location, f"the AWS calls of {function.resource.address} take too many steps to follow"
        )
        return
    subject.spend(len(calls))
    for call in calls:
        yield files[call.module], call


def _calls(modules: Mapping[str, PythonModule], handler: str, steps: StepLimit) -> tuple[AwsCall, ...] | None:
    try:
        return aws_calls(modules, handler, steps)
    except StepLimitReached:
        return None
