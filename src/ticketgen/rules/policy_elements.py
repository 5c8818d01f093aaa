"""The statements of every policy in a configuration, as they are written, even if parts of them are unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.syntax import Call, Expression, Object, Parentheses, Tuple
from ticketgen.hcl.values import UNKNOWN, PartialText, Value
from ticketgen.rules.policies import MAX_LENGTH, UNKNOWN_MARK, without_marks
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["WrittenStatement", "policy_statements", "texts_of"]

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


def policy_statements(subject: Subject) -> tuple[WrittenStatement, ...]:
    """Every known statement of ``aws_iam_policy_document`` and of the arguments of AWS resources that hold policies."""
    return subject.memoized("policy elements", lambda: (*_of_data_sources(subject), *_of_resources(subject)))


def texts_of(value: Value) -> tuple[str, ...]:
    """The known texts of an element that is a text or a list."""
    items = value if isinstance(value, list) else [value]
    return tuple(each for each in items if isinstance(each, str))


def _of_data_sources(subject: Subject) -> Iterator[WrittenStatement]:
    for document in subject.data("aws_iam_policy_document"):
        for block in document.nested_blocks("statement"):
            elements: dict[str, Value] = {
                "Action": block.value_with_defaults("actions"),
                "NotAction": block.value_with_defaults("not_actions"),
            }
            for name, type in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
                kinds = [each.value_with_defaults("type") for each in block.nested_blocks(type)]
                elements[name] = {each: UNKNOWN for each in kinds if isinstance(each, str)}
            conditions: dict[str, Value] = {}
            for condition in block.nested_blocks("condition"):
                test, key = (condition.value_with_defaults(name) for name in ("test", "variable"))
                keys = conditions.setdefault(test, {}) if isinstance(test, str) else {}
                if isinstance(key, str) and isinstance(keys, dict):
                    keys[key] = UNKNOWN
            elements["Condition"] = conditions
            yield WrittenStatement(elements, None, block.location)


def _of_resources(subject: Subject) -> Iterator[WrittenStatement]:
    for found in subject.all_resources():
        if not found.declared.type.startswith("aws_"):
            continue  # other clouds have policies in the same form, with other actions
        word = "content" if found.declared.type == "aws_organizations_policy" else "polic"
        for block, attribute in found.attributes_named(word):
            yield from _of_argument(block, attribute.value)


def _of_argument(found: BlockInstance, expression: Expression) -> Iterator[WrittenStatement]:
    subject, file = found.subject, found.declared.file
    while isinstance(expression, Parentheses):
        expression = expression.inner
    if isinstance(expression, Call) and expression.name == "jsonencode" and len(expression.arguments) == 1:
        policy = expression.arguments[0]
        listed = policy.get("Statement") if isinstance(policy, Object) else None
        if isinstance(policy, Object) and isinstance(listed, Tuple):
            version = policy.get("Version")
            known = None if version is None else found.evaluate_with_defaults(version)
            for item in listed.items:
                yield from _in_policy(found.evaluate_with_defaults(item), known, item.at(file), subject)
            return
        yield from _in_document(found.evaluate_with_defaults(policy), expression.at(file), subject)
        return
    value = found.evaluate_with_defaults(expression)
    if isinstance(value, PartialText):
        parts = subject.assumed.parts(value)
        value = "".join(each if isinstance(each, str) else UNKNOWN_MARK for each in parts)
    if not isinstance(value, str) or len(value) > MAX_LENGTH or '"Statement"' not in value:
        return
    text = value
    document = subject.memoized(("policy document", text), lambda: _parsed(text))
    yield from _in_document(document, expression.at(file), subject)


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
