"""The rendered state machines, with the functions behind them: their branches and failures."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from functions_cloud import HOME, Cloud
from state_machines import Failed, Machine, definition
from test_verifying import entry, sell

VERIFIER, CORRECTOR = (
    "aws_lambda_function.inventory_verifier.arn",
    "aws_lambda_function.oversell_corrector.arn",
)


class Functions:
    """Call each function by its reference, as Step Functions does, with JSON payloads both ways."""

    def __init__(self, **handlers: Any) -> None:
        self.handlers = {VERIFIER: handlers["verifier"], CORRECTOR: handlers["corrector"]}
        self.called: list[str] = []

    def __call__(self, resource: str, parameters: Any, seconds: float) -> Any:
        assert resource.endswith(":states:::lambda:invoke"), resource
        self.called.append(parameters["FunctionName"])
        answer = self.handlers[parameters["FunctionName"]](
            json.loads(json.dumps(parameters["Payload"])), None
        )
        return {"Payload": json.loads(json.dumps(answer))}


def raising(error: str) -> Any:
    def handler(event: Any, context: Any) -> Any:
        raise Failed(error, "it failed")

    return handler


@pytest.fixture
def functions(cloud: Cloud) -> Functions:
    sqs = boto3.client("sqs", region_name=HOME)
    url = sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    return Functions(
        verifier=cloud.function("inventory_verifier").handler,
        corrector=cloud.function("oversell_corrector", REFUNDS_QUEUE_URL=url).handler,
    )


def test_nothing_found_is_done(cloud: Cloud, functions: Functions) -> None:
    sell(cloud, entry(cloud.event(), "A-1"))
    machine = Machine(definition("verification"), functions)
    machine.run({"scheduled_at": "now"})
    assert machine.visited == ["Verify", "AnythingToCorrect", "Done"]
    assert functions.called == [VERIFIER]


def test_the_region_that_is_not_active_is_done_at_once(cloud: Cloud, functions: Functions) -> None:
    cloud.put("events", {"event_id": "control#active", "active_region": "us-west-2"})
    machine = Machine(definition("verification"), functions)
    machine.run({"scheduled_at": "now"})
    assert machine.visited[-1] == "Done"


def test_an_oversell_is_corrected(cloud: Cloud, functions: Functions) -> None:
    event = cloud.event()
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    sell(cloud, entry(event, "A-1", age=50, number=2))
    machine = Machine(definition("verification"), functions)
    told = machine.run({"scheduled_at": "now"})
    assert machine.visited == ["Verify", "AnythingToCorrect", "Correct", "AllCorrected", "Done"]
    assert told["correction"] == {"corrected": 1, "published": 1, "failed": 0}
    again = Machine(definition("verification"), functions)
    again.run({"scheduled_at": "later"})
    assert again.visited[-2:] == ["AnythingToCorrect", "Done"]


def test_a_correction_that_fails_fails_the_execution(cloud: Cloud, functions: Functions) -> None:
    event = cloud.event(state="moving")  # nothing is corrected during a move
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    cloud.put("sales", entry(event, "A-1", age=50, number=2))
    machine = Machine(definition("verification"), functions)
    with pytest.raises(Failed, match="CorrectionFailed"):
        machine.run({"scheduled_at": "now"})
    assert machine.visited[-2:] == ["AllCorrected", "CorrectionFailed"]


@pytest.mark.parametrize("error", ["States.Timeout", "Lambda.Unknown", "KeyError"])
@pytest.mark.parametrize(
    ("broken", "ends"), [(VERIFIER, "VerificationFailed"), (CORRECTOR, "CorrectionFailed")]
)
def test_errors_and_time_outs_are_caught_by_name(
    cloud: Cloud, functions: Functions, error: str, broken: str, ends: str
) -> None:
    cloud.put("sales", entry(cloud.event(), "A-1"))
    functions.handlers[broken] = raising(error)
    with pytest.raises(Failed) as failed:
        Machine(definition("verification"), functions).run({"scheduled_at": "now"})
    assert failed.value.error == ends


def test_an_answer_without_its_parts_fails_and_does_not_pass_for_done(
    cloud: Cloud, functions: Functions
) -> None:
    functions.handlers[VERIFIER] = lambda event, context: {}
    with pytest.raises(Failed, match="VerificationFailed"):
        Machine(definition("verification"), functions).run({"scheduled_at": "now"})


def test_the_objectives_are_the_time_outs() -> None:
    states = definition("verification")
    assert states["States"]["Verify"]["TimeoutSeconds"] == 8
    assert states["States"]["Correct"]["TimeoutSeconds"] == 15
    assert states["TimeoutSeconds"] >= 8 + 15


@pytest.mark.parametrize(("shape", "interval"), [("prod", 10), ("everything", 20)])
def test_the_ticker_starts_a_verification_every_few_seconds(shape: str, interval: int) -> None:
    started: list[float] = []

    def start(resource: str, parameters: Any, seconds: float) -> Any:
        assert resource.endswith(":states:::states:startExecution"), resource
        assert parameters["StateMachineArn"] == "aws_sfn_state_machine.verification.arn"
        started.append(parameters["Input"]["scheduled_at"])
        return {}

    Machine(definition("ticker", shape), start).run({})
    assert started == list(range(0, 60, interval))


def test_a_start_that_fails_is_tried_again_and_takes_no_other_with_it() -> None:
    tries: dict[float, int] = {}

    def start(resource: str, parameters: Any, seconds: float) -> Any:
        at = parameters["Input"]["scheduled_at"]
        tries[at] = tries.get(at, 0) + 1
        if at == 20 or (at == 30 and tries[at] < 3):
            raise Failed("States.TaskFailed", "throttled")
        return {}

    machine = Machine(definition("ticker"), start)
    machine.run({})
    assert machine.visited.count("Missed") == 1
    assert tries == {0: 1, 10: 1, 20: 3, 30: 3, 40: 1, 50: 1}
