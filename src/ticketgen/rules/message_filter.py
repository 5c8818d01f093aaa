"""Filters of messages and patterns of events that SNS, EventBridge, Lambda and Pipes reject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.values import Value
from ticketgen.rules.policy_elements import written_json
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_MAX_SHOWN = 100
_MAX_DEPTH = 20
"""How many objects in objects are judged."""
_OR = "$or"

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
_OPERATORS = frozenset({
    "anything-but", "cidr", "equals-ignore-case", "exactly", "exists", "numeric", "prefix", "suffix", "wildcard",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Filter:
    """Where a filter is written.

    Attributes:
        blocks: the path of the blocks in the resource.
        argument: the one with the filter.
        flat_unless: an argument, and its value, without which no object may be in the filter.
    """

    blocks: tuple[str, ...]
    argument: str
    flat_unless: tuple[str, str] | None = None


_FILTERS: Mapping[str, _Filter] = {
    # https://docs.aws.amazon.com/sns/latest/dg/message-filtering-scope.html
    "aws_sns_topic_subscription": _Filter((), "filter_policy", ("filter_policy_scope", "MessageBody")),
    "aws_cloudwatch_event_rule": _Filter((), "event_pattern"),
    "aws_cloudwatch_event_archive": _Filter((), "event_pattern"),
    "aws_lambda_event_source_mapping": _Filter(("filter_criteria", "filter"), "pattern"),
    "aws_pipes_pipe": _Filter(("source_parameters", "filter_criteria", "filter"), "pattern"),
}


def _check(subject: Subject) -> Iterator[Problem]:
    for type, place in _FILTERS.items():
        for resource in subject.resources(type):
            blocks = [resource]
            for step in place.blocks:
                blocks = [inner for block in blocks for inner in block.nested_blocks(step)]
            for block in blocks:
                expression = block.expression(place.argument)
                if expression is None:
                    continue
                document = written_json(block, expression, subject.values, containing="")
                if isinstance(document, dict):
                    for message, help in _problems(document, subject, _is_flat(block, place), 0):
                        yield Problem(
                            f"{resource.address}: {place.argument} {message}", block.at(place.argument), help
                        )


def _is_flat(block: BlockInstance, place: _Filter) -> bool:
    """Whether no object may be in the filter, surely."""
    if place.flat_unless is None:
        return False
    name, value = place.flat_unless
    return not block.has(name) or (isinstance(found := block.value(name), str) and found != value)


def _problems(
    keys: Mapping[str, Value], subject: Subject, is_flat: bool, depth: int
) -> Iterator[tuple[str, str]]:
    """What is wrong with an object, as predicates of sentences, each with its help."""
    subject.spend(1 + len(keys))
    for key, value in keys.items():
        shown = quoted(key[:_MAX_SHOWN])
        if isinstance(value, list):
            if not value:
                yield f"has the empty list {shown}", "list the values that match"
            if key == _OR:
                for each in value:
                    if isinstance(each, dict) and depth < _MAX_DEPTH:
                        yield from _problems(each, subject, is_flat, depth + 1)
            else:
                yield from _of_values(shown, value, subject)
        elif isinstance(value, dict):
            if is_flat:
                yield f"has an object in {shown}", 'write a list, or set filter_policy_scope = "MessageBody"'
            elif depth < _MAX_DEPTH:
                yield from _problems(value, subject, is_flat, depth + 1)
        elif isinstance(value, str | bool | int | float):
            yield f"has a single value in {shown}, and not a list", "write the value in brackets"


def _of_values(key: str, values: list[Value], subject: Subject) -> Iterator[tuple[str, str]]:
    subject.spend(len(values))
    for each in values:
        if isinstance(each, list):
            yield f"has a list in the list {key}", "write one list"
        elif isinstance(each, dict):
            if len(each) != 1:
                yield f"has {len(each)} operators in one object of {key}", "write an object for each operator"
            for operator in each:
                if operator.isascii() and operator not in _OPERATORS:
                    yield (
                        f"has the unknown operator {quoted(operator[:_MAX_SHOWN])} in {key}",
                        did_you_mean(operator, _OPERATORS),
                    )


RULE = Rule(
    id="message-filter",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="AWS accepts the filters of messages and the patterns of events",
    why=(
        "Terraform sees only a JSON text. Every value of a filter is a list of values and operators; SNS, EventBridge, "
        "Lambda and Pipes reject others during the apply."
    ),
    fix="write a list for each key, with values or operators that exist",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html",
    ),
)
