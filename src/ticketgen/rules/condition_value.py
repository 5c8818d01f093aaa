"""Conditions of policies that never hold: an operator or a value of another type than its key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.policy_elements import policy_statements
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

_MAX_CHARACTERS = 256
_OPERATOR = re.compile(
    r"(?:for(?:all|any)values?:)?(?:not)?(string|numeric|date|bool|binary|ip|arn|null)[a-z]*", re.IGNORECASE
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
# https://www.w3.org/TR/NOTE-datetime, or seconds since 1970.
_DATE = re.compile(r"[0-9]+|[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}[0-9:.]*(?:Z|[+-][0-9:]+)?)?)?")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_TYPES: Mapping[str, str] = {
    "aws:currenttime": "date", "aws:tokenissuetime": "date",
    "aws:multifactorauthage": "numeric",
    "aws:multifactorauthpresent": "bool", "aws:principalisawsservice": "bool", "aws:securetransport": "bool",
    "aws:viaawsservice": "bool",
    "aws:sourceip": "ip", "aws:vpcsourceip": "ip",
    "aws:principalaccount": "string", "aws:principalorgid": "string", "aws:requestedregion": "string",
    "aws:resourceaccount": "string", "aws:sourceaccount": "string", "aws:sourcevpc": "string",
    "aws:sourcevpce": "string", "aws:useragent": "string",
}  # fmt: skip
_FITTING = frozenset({"string", "null"})
"""Operators that are not judged: a text can be compared with any key."""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_VALUES: Mapping[str, tuple[Callable[[str], object], str]] = {
    "ip": (_is_address, "an address or a range of addresses"),
    "numeric": (_NUMBER.fullmatch, "a number"),
    "date": (_DATE.fullmatch, "a date such as 2030-01-31T00:00:00Z"),
    "bool": (re.compile("true|false", re.IGNORECASE).fullmatch, "true or false"),
    "null": (re.compile("true|false", re.IGNORECASE).fullmatch, "true or false"),
}


def _check(subject: Subject) -> Iterator[Problem]:
    for statement in policy_statements(subject):
        conditions = statement.elements.get("Condition")
        for operator, keys in conditions.items() if isinstance(conditions, dict) else ():
            match = _OPERATOR.fullmatch(operator) if len(operator) <= _MAX_CHARACTERS else None
            if match is None or not isinstance(keys, dict):
                continue
            subject.spend(len(keys))
            for key, value in keys.items():
                for message, help in _problems(operator, match[1].lower(), key, value):
                    yield Problem(message, statement.location, help)


def _problems(operator: str, type: str, key: str, value: Value) -> Iterator[tuple[str, str]]:
    wanted = _TYPES.get(key.lower())
    if wanted is not None and type not in _FITTING and type != wanted:
        yield f"{operator} compares no {key}: its values are of another type", f"use {_HELP[wanted]}"
        return
    accepts, what = _VALUES.get(type, (None, ""))
    for each in value if isinstance(value, list) else [value]:
        if accepts is None or not isinstance(each, str) or not 0 < len(each) <= _MAX_CHARACTERS:
            continue
        # A variable of the policy, which a data source writes as &{…}.
        if each.isascii() and "{" not in each and not accepts(each):
            yield f"{operator} compares {key} with {quoted(each)}, which is not {what}", f"write {what}"


_HELP: Mapping[str, str] = {
    "date": "DateLessThan or another operator of dates", "numeric": "NumericLessThan or another operator of numbers",
    "bool": "Bool", "ip": "IpAddress or NotIpAddress", "string": "StringEquals or another operator of texts",
}  # fmt: skip

RULE = Rule(
    id="condition-value",
    severity=Severity.WARNING,
    selective=True,
    summary="The operator and the values of every condition have the type of its key",
    why="IAM rejects such a condition, or accepts it and finds it never true.",
    fix="use an operator and values of the key's type",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    ),
)
