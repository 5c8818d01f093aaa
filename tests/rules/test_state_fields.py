"""The fields of states that Step Functions rejects, and those that it accepts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.state_machine import problems_of_definition
from ticketgen.rules.subject import Subject

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
RETRY = {"ErrorEquals": ["States.ALL"]}
TEST = {"Variable": "$.n", "NumericGreaterThan": 1}


def problems(definition: Mapping[str, object], *, express: bool = False) -> list[str]:
    return list(problems_of_definition(definition, Subject(Configuration([], {})), express=express))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (TASK, ""),
        ({**TASK, "TimeoutSecond": 3}, "did you mean TimeoutSeconds?"),
        ({**TASK, "Choices": []}, "a Task state, which has no Choices"),
        ({**TASK, "Arguments": {}}, "uses JSONPath, which has no Arguments"),
        ({**TASK, "QueryLanguage": "JSONata", "Arguments": {}}, ""),
        ({**TASK, "QueryLanguage": "JSONata", "Parameters": {}}, "uses JSONata, which has no Parameters"),
        ({**TASK, "QueryLanguage": "JSONata", "TimeoutSeconds": "{% $x %}"}, ""),
        ({**TASK, "TimeoutSeconds": "10"}, "TimeoutSeconds of state \"A\" is not a number"),
        ({**TASK, "TimeoutSeconds": 0}, "from 1 to"),
        ({**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 5}, "not less than its TimeoutSeconds"),
        ({**TASK, "Resource": "verify"}, "not an ARN"),
        ({**TASK, "Resource": "\ue001"}, ""),
        ({**TASK, "ResultPath": "result"}, "a path begins with $"),
        ({**TASK, "ResultPath": None}, ""),
        ({**TASK, "InputPath": "$$.Execution"}, ""),
        ({**TASK, "Parameters": {"a": [{"b.$": "$.c", "d.$": "States.UUID()"}]}}, ""),
        ({**TASK, "Parameters": {"a": [{"b.$": "c"}]}}, "neither a path nor an intrinsic function"),
        ({**TASK, "Retry": [{**RETRY, "IntervalSeconds": 0}]}, "at least 1"),
        ({**TASK, "Retry": [{**RETRY, "MaxAttempts": 0, "BackoffRate": 1.0, "JitterStrategy": "FULL"}]}, ""),
        ({**TASK, "Retry": [{**RETRY, "MaxAttempt": 3}]}, "did you mean MaxAttempts?"),
        ({**TASK, "Retry": [{**RETRY, "JitterStrategy": "Full"}]}, "must be FULL or NONE"),
        ({**TASK, "Catch": [RETRY]}, "Catch of state \"A\" has no Next"),
        ({**TASK, "Catch": [{**RETRY, "Next": "A", "ResultPath": "$.e"}]}, ""),
        ({"Type": "Wait", "Seconds": -1, "End": True}, "from 0 to"),
        ({"Type": "Wait", "Timestamp": "tomorrow", "End": True}, "does not have the form"),
        ({"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z", "End": True}, ""),
        ({"Type": "Fail", "Error": "E", "CausePath": "$.c"}, ""),
        ({"Type": "Fail", "OutputPath": "$"}, "a Fail state, which has no OutputPath"),
        ({"Type": "Choice", "Choices": []}, "Choices of state \"A\" is empty"),
        ({"Type": "Choice", "Choices": [{**TEST, "Next": "A"}]}, ""),
        ({"Type": "Choice", "Choices": [{"And": [TEST, {"Not": TEST}], "Next": "A"}]}, ""),
        ({"Type": "Choice", "Choices": [TEST]}, "has no Next"),
        ({"Type": "Choice", "Choices": [{"Not": {**TEST, "Next": "A"}, "Next": "A"}]}, "inside another one"),
        ({"Type": "Choice", "Choices": [{"Variable": "$.n", "Next": "A"}]}, "compares nothing"),
        ({"Type": "Choice", "Choices": [{"IsNull": True, "Next": "A"}]}, "has no Variable"),
        ({"Type": "Choice", "Choices": [{**TEST, "IsNull": True, "Next": "A"}]}, "has both"),
        ({"Type": "Choice", "Choices": [{"Variable": "$", "StringEqual": "", "Next": "A"}]}, "StringEquals?"),
        ({"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": "{% true %}", "Next": "A"}]}, ""),
        ({"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, "End": True},
         "two states are named"),
        ({"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": {**TASK, "Foo": 1}}}, "End": True},
         "unknown field \"Foo\""),
    ],
)  # fmt: skip
def test_fields_of_states(state: dict[str, object], expected: str) -> None:
    found = problems({"StartAt": "A", "States": {"A": state}})
    assert len(found) == bool(expected), found
    assert all(expected in each for each in found)


def test_fields_of_the_machine() -> None:
    machine: dict[str, object] = {
        "StartAt": "A",
        "States": {"A": {"Type": "Succeed"}},
        "Comment": "",
        "Version": "1.0",
    }
    assert problems(machine) == []
    assert "did you mean TimeoutSeconds?" in problems({**machine, "Timeout": 3})[0]


def test_express_machines_wait_for_nothing() -> None:
    machine = {
        "StartAt": "A",
        "States": {"A": {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}},
    }
    assert problems(machine) == []
    assert "express" in problems(machine, express=True)[0]


def test_names_have_a_limit() -> None:
    long = "x" * 81
    assert "81 characters" in problems({"StartAt": long, "States": {long: {"Type": "Succeed"}}})[0]
