"""IAM policies: policy documents, ``jsonencode`` calls and JSON strings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.instances import instances
from ticketgen.hcl.syntax import Call, Expression, Literal, Node, Object, Parentheses, Tuple
from ticketgen.hcl.values import (
    UNKNOWN,
    EvaluationContext,
    PartialText,
    ResourceReference,
    Unknown,
    Value,
    is_known,
)
from ticketgen.rules.subject import BlockInstance

__all__ = ["MAX_LENGTH", "UNKNOWN_MARK", "PolicyStatement", "statements_of", "without_marks"]

UNKNOWN_MARK = "\ue000"
"""Stands for an unknown part of a text; a private-use character, which occurs in no policy."""

MAX_LENGTH = 32 * 1024
"""Limit of characters in a policy. AWS accepts 20 kB for a bucket policy, and less for others:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html."""


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One statement of a policy.

    Attributes:
        location: the start of the statement; for a policy in a JSON string, the start of the policy.
        allow: whether the effect is Allow.
        deny: whether it is Deny; neither if it is unknown.
        actions, resources: None if they are unknown or negated (``not_actions``).
        is_negated: whether the statement lists the actions that it does not cover.
        has_condition: whether the statement has a condition.
        has_principal: whether the statement names principals, and so belongs to a resource policy.
    """

    location: Location
    allow: bool
    actions: tuple[str, ...] | None
    resources: tuple[Value, ...] | None
    has_condition: bool
    has_principal: bool
    is_negated: bool = False
    deny: bool = False


def statements_of(found: BlockInstance, attribute: str) -> tuple[PolicyStatement, ...] | None:
    """The statements of the policy in an attribute; None unless all are known."""
    expression = found.expression(attribute)
    statements = _statements(found, expression, found.where) if expression is not None else ()
    for statement in statements or ():
        found.subject.spend(1 + sum(1 + len(action) // 100 for action in statement.actions or ()))
    return statements


def _statements(
    found: BlockInstance, expression: Expression, where: EvaluationContext
) -> tuple[PolicyStatement, ...] | None:
    while isinstance(expression, Parentheses):
        expression = expression.inner
    if isinstance(expression, Call) and expression.name == "jsonencode" and len(expression.arguments) == 1:
        return _read_encoded(found, expression.arguments[0], where)
    value = found.subject.assumed.of(expression, where)
    if (
        isinstance(value, ResourceReference)
        and value.resource.type == "aws_iam_policy_document"
        and value.path == ("json",)
    ):
        link = value
        document = "document", link.resource, link.scope
        return found.subject.memoized(document, lambda: _document(found, link))
    location = expression.at(found.declared.file)
    if isinstance(value, PartialText):
        # The actions in a JSON text are known, even if the ARN of a resource in it is not.
        parts = found.subject.assumed.parts(value)
        value = (
            "".join(each if isinstance(each, str) else UNKNOWN_MARK for each in parts) if parts else UNKNOWN
        )
    if isinstance(value, str):
        text = value
        return found.subject.memoized(("policy", text, location), lambda: _parse(found, text, location))
    return None


def _parse(found: BlockInstance, text: str, location: Location) -> tuple[PolicyStatement, ...] | None:
    statements = None
    if len(text) <= MAX_LENGTH:
        try:
            statements = _statements_in(without_marks(json.loads(text)), location)
        except (ValueError, RecursionError):
            statements = None
    if statements is None:
        found.subject.note_unseen(location, "the statements of such a policy")
    return statements


def without_marks(document: object) -> Value:
    """A JSON document with `UNKNOWN` in place of every string with a mark."""
    if isinstance(document, dict):
        return {str(key): without_marks(value) for key, value in document.items()}
    if isinstance(document, list):
        return [without_marks(each) for each in document]
    if isinstance(document, str) and UNKNOWN_MARK in document:
        return UNKNOWN
    assert document is None or isinstance(document, str | int | float)
    return document


def _document(found: BlockInstance, link: ResourceReference) -> tuple[PolicyStatement, ...] | None:
    block, statements = link.resource.block, []
    merged = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")
    used = [attribute for name in merged if (attribute := block.attribute(name))]
    if used:
        found.subject.note_unseen(
            used[0].at(link.resource.file), "policy documents that are merged into another one"
        )
        return None
    for where in instances(found.subject.assumed, link.resource, link.scope):
        document = BlockInstance(found.subject, link.resource, block, where)
        for statement in document.nested_blocks("statement"):
            effect = statement.value_with_defaults("effect")
            statements.append(
                PolicyStatement(
                    location=statement.location,
                    allow=effect in (None, "Allow"),
                    actions=_texts(statement.value_with_defaults("actions"))
                    if not statement.has("not_actions")
                    else None,
                    resources=_values(statement.value_with_defaults("resources"))
                    if not statement.has("not_resources")
                    else None,
                    has_condition=statement.has("condition") or statement.loops("condition"),
                    has_principal=statement.has("principals")
                    or statement.has("not_principals")
                    or statement.loops("principals"),
                    is_negated=statement.has("not_actions"),
                    deny=effect == "Deny",
                )
            )
        if document.loops("statement"):
            assumed = found.subject.assumed
            for inner in block.blocks("dynamic"):
                loop = inner.attribute("for_each")
                if loop is None or not isinstance(assumed.of(loop.value, where), list | dict):
                    return None
    return tuple(statements)


def _read_encoded(
    found: BlockInstance, expression: Expression, where: EvaluationContext
) -> tuple[PolicyStatement, ...] | None:
    """Read ``jsonencode({ Statement = […] })``, with a location for each statement."""
    while isinstance(expression, Parentheses):
        expression = expression.inner
    if not isinstance(expression, Object):
        value = found.subject.assumed.of(expression, where)
        return _statements_in(value, expression.at(found.declared.file)) if isinstance(value, dict) else None
    statement_list = expression.get("Statement")
    if statement_list is None or not all(isinstance(item.key, Literal) for item in expression.items):
        found.subject.note_unseen(_location(found, expression), "the statements of such a policy")
        return None
    items = statement_list.items if isinstance(statement_list, Tuple) else (statement_list,)
    statements: list[PolicyStatement] = []
    for item in items:
        value = found.subject.assumed.of(item, where)
        if isinstance(value, Unknown):
            return None
        read = _statements_in({"Statement": value}, _location(found, item))
        if read is None:
            found.subject.note_unseen(_location(found, item), "the statements of such a policy")
            return None
        statements += read
    return tuple(statements)


def _location(found: BlockInstance, node: Node) -> Location:
    return node.at(found.declared.file)


def _statements_in(document: Value, location: Location) -> tuple[PolicyStatement, ...] | None:
    if not isinstance(document, dict):
        return None
    statement_list = document.get("Statement")
    items = statement_list if isinstance(statement_list, list) else [statement_list]
    statements = []
    for item in items:
        if not isinstance(item, dict) or not {"Action", "NotAction"} & item.keys():
            return None
        statements.append(_statement(item, location))
    return tuple(statements)


def _statement(item: Mapping[str, Value], location: Location) -> PolicyStatement:
    return PolicyStatement(
        location=location,
        allow=item.get("Effect") == "Allow",
        actions=_texts(item["Action"]) if "Action" in item else None,
        resources=_values(item["Resource"]) if "Resource" in item else None,
        has_condition=item.get("Condition") is not None,
        has_principal="Principal" in item or "NotPrincipal" in item,
        is_negated="NotAction" in item,
        deny=item.get("Effect") == "Deny",
    )


def _texts(value: Value) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and is_known(value):
        return tuple(str(each) for each in value)
    return None


def _values(value: Value) -> tuple[Value, ...] | None:
    if isinstance(value, list):
        return tuple(value)
    return None if value is None or isinstance(value, Unknown) else (value,)
