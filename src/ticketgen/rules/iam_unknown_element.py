"""Condition keys, operators, types of principals, effects and versions that IAM does not know."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.iam_actions import iam_condition_keys
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.values import Value
from ticketgen.rules.grants import matches_pattern
from ticketgen.rules.policy_elements import WrittenStatement, policy_statements
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "unknown_condition_key", "unknown_operator"]

_MAX_CHARACTERS = 256
"""Longer texts are no names of keys or operators."""
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATORS = frozenset({
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "BinaryEquals", "Bool", "DateEquals", "DateGreaterThan",
    "DateGreaterThanEquals", "DateLessThan", "DateLessThanEquals", "DateNotEquals", "IpAddress", "NotIpAddress", "Null",
    "NumericEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericNotEquals", "StringEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotEquals",
    "StringNotEqualsIgnoreCase", "StringNotLike",
})  # fmt: skip
_QUANTIFIERS = ("forallvalues:", "foranyvalue:")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
_PRINCIPALS = ("AWS", "CanonicalUser", "Federated", "Service")
_EFFECTS = ("Allow", "Deny")
_VERSIONS = ("2012-10-17", "2008-10-17")


def _check(subject: Subject) -> Iterator[Problem]:
    for statement in policy_statements(subject):
        for message, help in _problems(statement):
            yield Problem(message, statement.location, help)


def _problems(statement: WrittenStatement) -> Iterator[tuple[str, str]]:
    elements = statement.elements
    yield from _one_of("Effect", elements.get("Effect"), _EFFECTS)
    yield from _one_of("Version", statement.version, _VERSIONS)
    for name in ("Principal", "NotPrincipal"):
        principals = elements.get(name)
        for type in principals if isinstance(principals, dict) else ():
            if type != "*":
                yield from _one_of("principal type", type, _PRINCIPALS)
    conditions = elements.get("Condition")
    for operator, keys in conditions.items() if isinstance(conditions, dict) else ():
        found = unknown_operator(operator)
        if found is not None:
            yield found
        for key in keys if isinstance(keys, dict) else ():
            found = unknown_condition_key(key)
            if found is not None:
                yield found


def _one_of(what: str, value: Value, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value.isascii() and value not in known:
        yield f"{quoted(value[:_MAX_CHARACTERS])} is not a valid {what}", f"write {' or '.join(known)}"


def unknown_operator(operator: str) -> tuple[str, str] | None:
    """What is wrong with a condition operator, and the help; None if it exists or is partly unknown."""
    if not operator.isascii() or len(operator) > _MAX_CHARACTERS:
        return None
    name = operator.lower()
    for quantifier in _QUANTIFIERS:
        name = name.removeprefix(quantifier)
    names = {each.lower() for each in _OPERATORS}
    if name in names or (name.removesuffix("ifexists") in names - {"null"}):
        return None
    return f"{quoted(operator)} is not a condition operator", did_you_mean(operator, _OPERATORS)


def unknown_condition_key(key: str) -> tuple[str, str] | None:
    """What is wrong with a condition key, and the help; None if it may exist.

    The keys of identity providers, such as ``token.actions.githubusercontent.com:sub``, are not judged.
    """
    prefix, colon, rest = key.partition(":")
    if not key.isascii() or len(key) > _MAX_CHARACTERS or "$" in key or "*" in key or "." in prefix:
        return None
    if not colon:
        return (
            (f"{quoted(key)} is not a condition key", "write SERVICE:KEY, such as aws:SourceArn")
            if key
            else None
        )
    known = iam_condition_keys()
    prefix = prefix.lower()
    rests = known.get(prefix)
    if rests is None or prefix == "saml":
        return None
    if any(matches_pattern(each.lower(), rest.lower()) for each in rests):
        return None
    return f"{prefix} has no condition key {quoted(rest)}", did_you_mean(rest, rests)


RULE = Rule(
    id="iam-unknown-element",
    severity=Severity.WARNING,
    summary="Every condition key, operator, principal type, effect and version in a policy exists",
    why=(
        "IAM rejects most unknown words during the apply. It accepts a condition key that does not exist, but the "
        "statement then applies never or always."
    ),
    fix="write the word as in the IAM reference; a new condition key may be missing in ticketgen's list",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    ),
)
