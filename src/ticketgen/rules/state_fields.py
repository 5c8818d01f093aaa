"""The fields of the Amazon States Language, and what is wrong with those of a state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from ticketgen.escaping import quoted
from ticketgen.guesses import did_you_mean

__all__ = ["STATES_WITH_RETRY", "STATE_TYPES", "UNKNOWN_PART", "problems_of_fields"]

UNKNOWN_PART = "\ue001"
"""Stands for an unknown part of a text; a private-use character, which occurs in no definition."""

STATE_TYPES = ("Task", "Parallel", "Map", "Choice", "Wait", "Pass", "Succeed", "Fail")
"""The types of states: https://states-language.net/spec.html#statetypes."""

_ALL = frozenset(STATE_TYPES)
_NOT_FAIL = _ALL - {"Fail"}
_FOLLOWED = frozenset({"Task", "Parallel", "Map", "Wait", "Pass"})
_WITH_RESULT = frozenset({"Task", "Parallel", "Map", "Pass"})
STATES_WITH_RETRY = frozenset({"Task", "Parallel", "Map"})
"""The types of states that may have Retry and Catch."""
_TASK, _MAP, _WAIT, _FAIL = (frozenset({type}) for type in ("Task", "Map", "Wait", "Fail"))

# The fields of states, each with the types of states that have it: https://states-language.net/spec.html and
# https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html.
_FIELDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("Type", "Comment", "QueryLanguage"), _ALL),
    **dict.fromkeys(("InputPath", "OutputPath", "Output", "Assign"), _NOT_FAIL),
    **dict.fromkeys(("Next", "End"), _FOLLOWED),
    "ResultPath": _WITH_RESULT,
    "Parameters": _WITH_RESULT,
    "Arguments": frozenset({"Task", "Parallel"}),
    "ResultSelector": STATES_WITH_RETRY,
    "Retry": STATES_WITH_RETRY,
    "Catch": STATES_WITH_RETRY,
    "Result": frozenset({"Pass"}),
    **dict.fromkeys(
        ("Resource", "Credentials", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
         "HeartbeatSecondsPath"),
        _TASK,
    ),
    **dict.fromkeys(("Choices", "Default"), frozenset({"Choice"})),
    **dict.fromkeys(("Seconds", "SecondsPath", "Timestamp", "TimestampPath"), _WAIT),
    **dict.fromkeys(("Error", "ErrorPath", "Cause", "CausePath"), _FAIL),
    "Branches": frozenset({"Parallel"}),
    **dict.fromkeys(
        ("ItemProcessor", "Iterator", "Items", "ItemsPath", "ItemSelector", "ItemReader", "ItemBatcher",
         "ResultWriter", "MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailurePercentage",
         "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath", "Label"),
        _MAP,
    ),
}  # fmt: skip
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html: fields of one query language.
_JSONPATH_ONLY = frozenset({
    "InputPath", "OutputPath", "ResultPath", "ResultSelector", "Parameters", "ItemsPath", "SecondsPath",
    "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath",
    "ToleratedFailurePercentagePath", "ToleratedFailureCountPath", "ErrorPath", "CausePath",
})  # fmt: skip
_JSONATA_ONLY = frozenset({"Arguments", "Output", "Items"})
# Whole numbers: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html and state-task.html.
_MAX_SECONDS = 99_999_999
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "Seconds": (0, _MAX_SECONDS), "TimeoutSeconds": (1, _MAX_SECONDS), "HeartbeatSeconds": (1, _MAX_SECONDS),
    "MaxConcurrency": (0, _MAX_SECONDS),
}  # fmt: skip
_PATHS = ("InputPath", "OutputPath", "ResultPath", "ItemsPath", "SecondsPath", "TimestampPath")
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
_MAX_DEPTH = 40
"""How deep payload templates are judged."""
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_MAX_NAME = 80  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-state-machine

_COMPARISONS = frozenset(
    {f"Is{each}" for each in ("Boolean", "Null", "Numeric", "Present", "String", "Timestamp")}
    | {f"Boolean{each}" for each in ("Equals", "EqualsPath")}
    | {"StringMatches"}
    | {
        f"{type}{comparison}{path}"
        for type in ("Numeric", "String", "Timestamp")
        for comparison in ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals")
        for path in ("", "Path")
    }
)
"""The comparisons of a rule in a Choice state: https://states-language.net/spec.html#choice-state."""
_COMBINATIONS = ("And", "Or", "Not")
_RULE_FIELDS = frozenset(
    {"Variable", "Condition", "Next", "Comment", "Assign", "Output", *_COMBINATIONS, *_COMPARISONS}
)
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_HANDLER_FIELDS: Mapping[str, frozenset[str]] = {
    "Retry": frozenset(
        {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy",
         "Comment"}
    ),
    "Catch": frozenset({"ErrorEquals", "Next", "ResultPath", "Assign", "Output", "Comment"}),
}  # fmt: skip
_RETRY_MINIMUMS = {"IntervalSeconds": 1, "MaxAttempts": 0, "BackoffRate": 1, "MaxDelaySeconds": 1}


def problems_of_fields(name: str, state: Mapping[str, Any], language: str) -> Iterator[str]:
    """What is wrong with the fields of a state of a known type, as the ends of sentences.

    Args:
        name: the state's name.
        state: the state.
        language: ``JSONPath``, ``JSONata``, or "" if it is unknown.
    """
    type = state["Type"]
    where = f"state {quoted(name)}"
    if len(name) > _MAX_NAME:
        yield f"the name of {where} has {len(name)} characters, and at most {_MAX_NAME} are allowed"
    for field, value in state.items():
        if UNKNOWN_PART in field:
            continue
        if field not in _FIELDS:
            yield f"{where} has the unknown field {quoted(field)}{_guess(field, _FIELDS)}"
        elif type not in _FIELDS[field] and field not in ("Next", "End", "Retry", "Catch"):
            yield f"{where} is a {type} state, which has no {field}"
        elif language == "JSONata" and field in _JSONPATH_ONLY:
            yield f"{where} uses JSONata, which has no {field}"
        elif language == "JSONPath" and field in _JSONATA_ONLY:
            yield f"{where} uses JSONPath, which has no {field}"
        elif field in _NUMBERS:
            yield from _number(f"{field} of {where}", value, *_NUMBERS[field], language)
    if language == "JSONPath":
        yield from _json_paths(where, state)
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if _is_number(heartbeat) and _is_number(timeout) and heartbeat >= timeout:
        yield f"HeartbeatSeconds of {where} is not less than its TimeoutSeconds"
    resource = state.get("Resource")
    if (
        type == "Task"
        and isinstance(resource, str)
        and UNKNOWN_PART not in resource
        and not _ARN.fullmatch(resource)
    ):
        yield f"Resource of {where} is {quoted(resource)}, which is not an ARN"
    if type == "Choice" and "Choices" in state:
        yield from _choices(where, state["Choices"], language)
    for field in ("Retry", "Catch"):
        handlers = state.get(field)
        for handler in handlers if isinstance(handlers, list) else ():
            if isinstance(handler, dict):
                yield from _handler(where, field, handler)


def _guess(field: str, known: Any) -> str:
    guess = did_you_mean(field, known)
    return f"; {guess}" if guess else ""


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(what: str, value: Any, minimum: int, maximum: int, language: str) -> Iterator[str]:
    if isinstance(value, str) and (language != "JSONPath" or UNKNOWN_PART in value):
        return  # an expression
    if isinstance(value, str | bool | list | dict):
        yield f"{what} is not a number"
    elif _is_number(value) and (value != int(value) or not minimum <= value <= maximum):
        yield f"{what} is {value:g}, and must be a whole number from {minimum} to {maximum:,}"


def _json_paths(where: str, state: Mapping[str, Any]) -> Iterator[str]:
    for field in _PATHS:
        value = state.get(field)
        if isinstance(value, str) and not value.startswith(("$", "States.", UNKNOWN_PART)):
            yield f"{field} of {where} is {quoted(value)}, and a path begins with $"
    timestamp = state.get("Timestamp")
    if isinstance(timestamp, str) and UNKNOWN_PART not in timestamp and not _TIMESTAMP.fullmatch(timestamp):
        yield f"Timestamp of {where} is {quoted(timestamp)}, which does not have the form 2030-01-31T12:00:00Z"
    for field in _TEMPLATES:
        yield from _template(f"{field} of {where}", state.get(field), 0)


def _template(what: str, value: Any, depth: int) -> Iterator[str]:
    """Fields that end in ``.$`` without a path or an intrinsic function."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith(".$") and UNKNOWN_PART not in key:
                if isinstance(inner, str) and not inner.startswith(("$", "States.", UNKNOWN_PART)):
                    yield f"{quoted(key)} in {what} is {quoted(inner)}, neither a path nor an intrinsic function"
            else:
                yield from _template(what, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _template(what, inner, depth + 1)


def _choices(where: str, choices: Any, language: str) -> Iterator[str]:
    if choices == []:
        yield f"Choices of {where} is empty"
    waiting = [(rule, True) for rule in choices] if isinstance(choices, list) else []
    while waiting:
        rule, is_top = waiting.pop()
        if not isinstance(rule, dict) or any(UNKNOWN_PART in key for key in rule):
            continue
        for field in rule:
            if field not in _RULE_FIELDS:
                yield f"a rule of {where} has the unknown field {quoted(field)}{_guess(field, _RULE_FIELDS)}"
        if is_top and "Next" not in rule:
            yield f"a rule of {where} has no Next"
        if not is_top and "Next" in rule:
            yield f"a rule inside another one of {where} has a Next"
        if language != "JSONPath":
            continue
        tests = [field for field in rule if field in _COMPARISONS or field in _COMBINATIONS]
        if not tests and rule.keys() <= _RULE_FIELDS:
            yield f"a rule of {where} compares nothing"
        elif len(tests) > 1:
            yield f"a rule of {where} has both {tests[0]} and {tests[1]}"
        elif tests and tests[0] in _COMPARISONS and "Variable" not in rule:
            yield f"a rule of {where} has no Variable"
        for field in _COMBINATIONS:
            inner = rule.get(field)
            waiting += [(each, False) for each in (inner if isinstance(inner, list) else [inner])]


def _handler(where: str, field: str, handler: Mapping[str, Any]) -> Iterator[str]:
    known = _HANDLER_FIELDS[field]
    for name in handler:
        if name not in known and UNKNOWN_PART not in name:
            yield f"{field} of {where} has the unknown field {quoted(name)}{_guess(name, known)}"
    if field == "Catch" and "Next" not in handler:
        yield f"Catch of {where} has no Next"
    if field == "Retry":
        for name, minimum in _RETRY_MINIMUMS.items():
            value = handler.get(name)
            if _is_number(value) and value < minimum:
                yield f"{name} in Retry of {where} is {value:g}, and must be at least {minimum}"
        jitter = handler.get("JitterStrategy", "FULL")
        if isinstance(jitter, str) and jitter not in ("FULL", "NONE") and UNKNOWN_PART not in jitter:
            yield f"JitterStrategy of {where} is {quoted(jitter)}, and must be FULL or NONE"
