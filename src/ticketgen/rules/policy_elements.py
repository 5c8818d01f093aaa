"""The statements of every policy in a configuration, as they are written, even if parts of them are unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Call, Expression, Object, Parentheses, Tuple
from ticketgen.hcl.values import UNKNOWN, PartialText, Value
from ticketgen.rules.policies import MAX_LENGTH, UNKNOWN_MARK, without_marks
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = [
    "WrittenStatement",
    "argument_statements",
    "document_statements",
    "policy_statements",
    "texts_of",
    "written_json",
]

_OF_DATA_PROTECTION = "2021-06-01"
"""The version of policies that protect data in SNS and CloudWatch Logs, whose statements have other elements.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
"""


@dataclass(frozen=True, slots=True)
class WrittenStatement:
    """A statement of a policy.

    Attributes:
        elements: its elements by IAM's names, such as ``NotAction``.
        version: of the policy; None if it has none.
        location: the start of the statement, or else of the policy.
    """

    elements: Mapping[str, Value]
    version: Value
    location: Location


_ARGUMENTS = {
    "Sid": "sid", "Effect": "effect", "Action": "actions", "NotAction": "not_actions", "Resource": "resources",
    "NotResource": "not_resources",
}  # fmt: skip
"""The elements of a statement, each with its argument in ``aws_iam_policy_document``."""


def policy_statements(subject: Subject) -> tuple[WrittenStatement, ...]:
    """Every known statement of ``aws_iam_policy_document`` and of the arguments of AWS resources that hold policies."""
    return subject.memoized("policy elements", lambda: (*_of_data_sources(subject), *_of_resources(subject)))


def texts_of(value: Value) -> tuple[str, ...]:
    """The known texts of an element that is a text or a list."""
    items = value if isinstance(value, list) else [value]
    return tuple(each for each in items if isinstance(each, str))


def _of_data_sources(subject: Subject) -> Iterator[WrittenStatement]:
    for document in subject.data("aws_iam_policy_document"):
        yield from document_statements(document, subject.assumed)


def document_statements(document: BlockInstance, values: Evaluator) -> Iterator[WrittenStatement]:
    """The statements of a data source ``aws_iam_policy_document``, without those that it takes from others."""
    for block in document.nested_blocks("statement"):
        elements: dict[str, Value] = {}
        for name, argument in _ARGUMENTS.items():
            if block.has(argument):
                elements[name] = values.resolved(block.expression(argument), block.where)
        elements.setdefault("Effect", "Allow")
        for name, type in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
            if block.has(type) or block.loops(type):
                kinds = [
                    tuple(
                        values.resolved(each.expression(part), each.where) for part in ("type", "identifiers")
                    )
                    for each in block.nested_blocks(type)
                ]
                known = {type: named for type, named in kinds if isinstance(type, str)}
                elements[name] = known if known and block.block.blocks(type) else UNKNOWN
        conditions: dict[str, Value] = {}
        for condition in block.nested_blocks("condition"):
            test, key = (
                values.resolved(condition.expression(name), condition.where) for name in ("test", "variable")
            )
            keys = conditions.setdefault(test, {}) if isinstance(test, str) else {}
            if isinstance(key, str) and isinstance(keys, dict):
                keys[key] = values.resolved(condition.expression("values"), condition.where)
        elements["Condition"] = conditions
        yield WrittenStatement(elements, None, block.location)


def _of_resources(subject: Subject) -> Iterator[WrittenStatement]:
    for found in subject.all_resources():
        if not found.declared.type.startswith("aws_"):
            continue  # other clouds have policies in the same form, with other actions
        word = "content" if found.declared.type == "aws_organizations_policy" else "polic"
        for block, attribute in found.attributes_named(word):
            yield from argument_statements(block, attribute.value, subject.assumed)


def argument_statements(
    found: BlockInstance, expression: Expression, values: Evaluator
) -> Iterator[WrittenStatement]:
    """The statements of a policy in an argument that has JSON; none of a data source's."""
    subject, file = found.subject, found.declared.file
    while isinstance(expression, Parentheses):
        expression = expression.inner
    if isinstance(expression, Call) and expression.name == "jsonencode" and len(expression.arguments) == 1:
        policy = expression.arguments[0]
        listed = policy.get("Statement") if isinstance(policy, Object) else None
        if isinstance(policy, Object) and isinstance(listed, Tuple):
            version = policy.get("Version")
            known = None if version is None else subject.charge(values.resolved(version, found.where))
            for item in listed.items:
                statement = subject.charge(values.resolved(item, found.where))
                yield from _in_policy(statement, known, item.at(file), subject)
            return
    yield from _in_document(written_json(found, expression, values), expression.at(file), subject)


def written_json(
    found: BlockInstance, expression: Expression, values: Evaluator, *, containing: str = '"statement"'
) -> Value:
    """The JSON in an argument, decoded, with `UNKNOWN` for unknown parts; None for other text.

    Args:
        found: the block with the argument.
        expression: the argument's value.
        values: with or without the defaults of the root module's variables.
        containing: what a text must contain, in small letters, to be decoded.
    """
    subject = found.subject
    if isinstance(expression, Call) and expression.name == "jsonencode" and len(expression.arguments) == 1:
        return subject.charge(values.resolved(expression.arguments[0], found.where))
    value = values.resolved(expression, found.where)
    if isinstance(value, PartialText):
        parts = values.parts(value)
        value = "".join(each if isinstance(each, str) else UNKNOWN_MARK for each in parts)
    if not isinstance(value, str) or len(value) > MAX_LENGTH or containing not in value.lower():
        return None
    text = value
    subject.charge(text)
    return subject.memoized(("decoded", text), lambda: _parsed(text))


def _parsed(text: str) -> Value:
    try:
        return without_marks(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _in_document(document: Value, location: Location, subject: Subject) -> Iterator[WrittenStatement]:
    if isinstance(document, dict):
        yield from _in_policy(document.get("Statement"), document.get("Version"), location, subject)


def _in_policy(
    statements: Value, version: Value, location: Location, subject: Subject
) -> Iterator[WrittenStatement]:
    if version == _OF_DATA_PROTECTION:
        return
    for each in statements if isinstance(statements, list) else [statements]:
        if isinstance(each, dict):
            subject.spend(1 + len(each))
            yield WrittenStatement(each, version, location)
