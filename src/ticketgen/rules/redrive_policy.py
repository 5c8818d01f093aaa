"""Redrive policies that SQS and SNS reject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.syntax import Call, Object
from ticketgen.hcl.values import ResourceReference, Value
from ticketgen.rules.policy_elements import written_json
from ticketgen.rules.resource_region import region_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_MAX_SHOWN = 100
_TARGET, _COUNT, _PERMISSION, _SOURCES = (
    "deadLetterTargetArn", "maxReceiveCount", "redrivePermission", "sourceQueueArns",
)  # fmt: skip
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_COUNTS = range(1, 1001)
_MAX_SOURCES = 10
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_QUEUE = re.compile(r"arn:[^:]+:sqs:([^:]+):[^:]+:([^:]+)")


@dataclass(frozen=True, slots=True)
class _Form:
    """The keys that such a policy must and may have."""

    needs: tuple[str, ...]
    allows: tuple[str, ...] = ()


_REDRIVE = _Form((_TARGET, _COUNT))
_ALLOW = _Form((_PERMISSION,), (_SOURCES,))
_FORMS: Mapping[tuple[str, str], _Form] = {
    ("aws_sqs_queue", "redrive_policy"): _REDRIVE,
    ("aws_sqs_queue_redrive_policy", "redrive_policy"): _REDRIVE,
    ("aws_sqs_queue", "redrive_allow_policy"): _ALLOW,
    ("aws_sqs_queue_redrive_allow_policy", "redrive_allow_policy"): _ALLOW,
    # https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
    ("aws_sns_topic_subscription", "redrive_policy"): _Form((_TARGET,)),
}


def _check(subject: Subject) -> Iterator[Problem]:
    for (type, name), form in _FORMS.items():
        for found in subject.resources(type):
            expression = found.expression(name)
            if expression is None:
                continue
            document = written_json(found, expression, subject.values, containing="")
            if isinstance(document, dict) and document:
                for message, help in _problems(found, name, form, document):
                    yield Problem(f"{found.address}: {name} {message}", found.at(name), help)


def _problems(
    found: BlockInstance, name: str, form: _Form, document: Mapping[str, Value]
) -> Iterator[tuple[str, str]]:
    known = (*form.needs, *form.allows)
    for key in document:
        if key.isascii() and key not in known:
            yield f"has the unknown key {quoted(key[:_MAX_SHOWN])}", did_you_mean(key, known)
    for key in form.needs:
        if key not in document and all(map(str.isascii, document)):  # no key is partly unknown
            yield f"has no {key}", f"add {key}"
    count = document.get(_COUNT)
    number = int(count) if isinstance(count, str) and re.fullmatch(r"[0-9]{1,9}", count) else count
    if _COUNT in form.needs and isinstance(number, int | float) and number not in _COUNTS:
        yield f"has the {_COUNT} {number}", f"write a number from {_COUNTS.start} to {_COUNTS[-1]}"
    target = document.get(_TARGET)
    if isinstance(target, str) and target.isascii():
        queue = _QUEUE.fullmatch(target)
        region = region_of(found, found.subject.values)
        if queue is None:
            yield f"has the {_TARGET} {quoted(target[:_MAX_SHOWN])}, which is no ARN of a queue", "write one"
        elif region and queue[1] != region and form is _REDRIVE:
            yield (
                f"leads to a queue in {queue[1][:_MAX_SHOWN]}, and not in {region}",
                f"use a queue in {region}",
            )
    if form is _REDRIVE and found.declared.type == "aws_sqs_queue":
        yield from _of_kinds(found, name, target)
    permission, sources = document.get(_PERMISSION), document.get(_SOURCES)
    if isinstance(permission, str) and permission.isascii() and permission not in _PERMISSIONS:
        yield (
            f"has the {_PERMISSION} {quoted(permission[:_MAX_SHOWN])}",
            did_you_mean(permission, _PERMISSIONS),
        )
    if permission in ("allowAll", "denyAll") and isinstance(sources, list) and sources:
        yield f"has {_SOURCES}, but permits {permission}", f"remove {_SOURCES}, or write byQueue"
    if isinstance(sources, list) and len(sources) > _MAX_SOURCES:
        yield f"lists {len(sources)} queues, and at most {_MAX_SOURCES} are allowed", "use allowAll"


def _of_kinds(found: BlockInstance, name: str, target: Value) -> Iterator[tuple[str, str]]:
    """A FIFO queue has its dead letters in a FIFO queue, and any other queue in a standard queue.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
    """
    is_fifo = _is_fifo(found)
    expression = found.expression(name)
    other: bool | None = None
    if isinstance(target, str) and _QUEUE.fullmatch(target):
        other = target.endswith(".fifo")
    elif (
        isinstance(expression, Call) and expression.arguments and isinstance(expression.arguments[0], Object)
    ):
        link = found.subject.values.of(expression.arguments[0].get(_TARGET), found.where)
        if isinstance(link, ResourceReference) and link.resource.type == "aws_sqs_queue":
            queue = found.subject.first_instance(link)
            other = None if queue is None else _is_fifo(queue)
    if is_fifo is not None and other is not None and is_fifo != other:
        kinds = ("a FIFO queue", "a standard queue")
        mine, theirs = kinds if is_fifo else kinds[::-1]
        yield f"of {mine} leads to {theirs}", f"use {mine} for its dead letters"


def _is_fifo(queue: BlockInstance) -> bool | None:
    if not queue.has("fifo_queue"):
        return False
    value = queue.value("fifo_queue")
    return value if isinstance(value, bool) else None


RULE = Rule(
    id="redrive-policy",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="SQS and SNS accept every redrive policy",
    why=(
        "Terraform sees only a JSON text. SQS and SNS reject a policy without a target or a count, a target of "
        "another kind or Region, and unknown keys, during the apply."
    ),
    fix="correct the policy as the finding says",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html",
    ),
)
