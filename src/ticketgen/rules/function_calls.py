"""The AWS calls of a Lambda function's inline Python."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ticketgen.rules.client_flow import AwsCall, aws_calls, module_name
from ticketgen.rules.functions import Code, LambdaFunction
from ticketgen.rules.python_code import PythonCode, read_python

__all__ = ["calls_of"]


def calls_of(function: LambdaFunction) -> Iterator[tuple[Code, AwsCall]]:
    """Each AWS call of a function, with the file that contains it."""
    files = {module_name(file.name): file for file in function.code or () if file.name.endswith(".py")}
    texts = tuple((name, file.text) for name, file in files.items())
    handler = function.found.assumed("handler")
    for call in _calls(texts, handler if isinstance(handler, str) else ""):
        yield files[call.module], call


@lru_cache(maxsize=64)
def _calls(texts: tuple[tuple[str, str], ...], handler: str) -> tuple[AwsCall, ...]:
    read = {name: read_python(text) for name, text in texts}
    return aws_calls(
        {name: code.scopes for name, code in read.items() if isinstance(code, PythonCode)}, handler
    )
