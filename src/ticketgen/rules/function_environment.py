"""Environment variables that Lambda rejects, and functions that run longer than their queue waits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED = frozenset({
    "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip
_NAME = re.compile("[a-zA-Z][a-zA-Z0-9_]+")  # botocore 1.44 lambda EnvironmentVariableName
_MAX_BYTES = 4096  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_SHOWN = 100
# Defaults: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html, in seconds.
_TIMEOUT, _VISIBILITY = 3, 30


def _check(subject: Subject) -> Iterator[Problem]:
    for function in subject.resources("aws_lambda_function"):
        for environment in function.nested_blocks("environment"):
            variables = environment.value("variables")
            if isinstance(variables, dict):
                subject.spend(len(variables))
                yield from _variables(environment, variables)
    for mapping in subject.resources("aws_lambda_event_source_mapping"):
        yield from _waits(mapping)


def _variables(environment: BlockInstance, variables: dict[str, Value]) -> Iterator[Problem]:
    at = environment.at("variables")
    for name in variables:
        if name in _RESERVED:
            yield Problem(f"Lambda sets the variable {name} itself", at, "use another name")
        elif not _NAME.fullmatch(name):
            message = (
                f"the variable {quoted(name[:_MAX_SHOWN])} is not two or more letters, digits and underscores"
            )
            yield Problem(message, at, "begin it with a letter, and use only letters, digits and underscores")
    size = sum(
        len(name.encode()) + len(value.encode())
        for name, value in variables.items()
        if isinstance(value, str)
    )
    if size > _MAX_BYTES:
        message = f"the variables have at least {size:,} bytes, and at most {_MAX_BYTES:,} are allowed"
        yield Problem(message, at, "keep them in a parameter of Systems Manager or in the code")


def _waits(mapping: BlockInstance) -> Iterator[Problem]:
    """AWS creates no mapping of a queue that shows messages again before the function ends."""
    queue, function = _linked(mapping, "event_source_arn", "aws_sqs_queue"), None
    if queue is not None:
        function = _linked(mapping, "function_name", "aws_lambda_function")
    if queue is None or function is None:
        return
    visible = _seconds(queue, "visibility_timeout_seconds", _VISIBILITY)
    takes = _seconds(function, "timeout", _TIMEOUT)
    if visible is not None and takes is not None and visible < takes:
        message = f"{queue.address} shows messages again after {visible} s, but {function.address} may take {takes} s"
        help = "set visibility_timeout_seconds of the queue to six times the timeout of the function"
        yield Problem(message, mapping.at("event_source_arn"), help)


def _linked(mapping: BlockInstance, name: str, type: str) -> BlockInstance | None:
    link = mapping.link(name)
    if link is None or link.resource.type != type or link.resource.address.kind != "resource":
        return None
    if any(link.resource.value(each) is not None for each in ("count", "for_each")):
        return None
    return mapping.subject.first_instance(link)


def _seconds(found: BlockInstance, name: str, default: int) -> int | None:
    value = found.value(name) if found.has(name) else default
    return value if isinstance(value, int) else default if value is None else None


RULE = Rule(
    id="function-environment",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="Lambda accepts the environment of every function, and the queue that invokes it",
    why=(
        "Terraform accepts any names and sizes. Lambda rejects variables that it sets itself, more than 4 KB of them, "
        "and a queue whose visibility timeout is shorter than the function's timeout."
    ),
    fix="rename or shorten the variables, or raise the visibility timeout",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ),
)
