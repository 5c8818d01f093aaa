"""The two state machines, executed: what they call, when they time out, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import demands
import pytest

from support import iam
from support.answers import ACCOUNT
from support.machines import Failed, Run
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

FINDINGS = [{"kind": "oversold", "event_id": "gala", "seat_id": "A-1", "sales": {}}]
VERIFIER, CORRECTOR = (
    f"${{{at('verification', f'aws_lambda_alias.{name}')}.arn}}"
    for name in ("inventory_verifier", "oversell_corrector")
)
INVOKE = f"arn:{demands.PARTITION}:states:::lambda:invoke"
START = f"arn:{demands.PARTITION}:states:::states:startExecution"


@pytest.fixture
def verification(stack: Stack) -> Resource:
    """The machine that verifies and corrects."""
    return stack.resource(at("verification", "aws_sfn_state_machine.verification"))


@pytest.fixture
def ticker(stack: Stack) -> Resource:
    """The machine that starts verifications every minute."""
    return stack.resource(at("verification", "aws_sfn_state_machine.ticker"))


def _definition(machine: Resource) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(machine.get("definition"))
    return definition


def _functions(
    findings: list[Any], failed: int = 0, broken: str = "", events: tuple[str, ...] = ("gala",)
) -> Callable[[str, Any], Any]:
    """The functions: some events are due in batches of two; the findings are those of the first one."""

    def invoke(resource: str, parameters: Any) -> Any:
        assert resource == INVOKE, (
            f"state_machines.tf\n  calls {resource}\n  why: the machine calls functions and waits for their answers"
        )
        event_id = parameters["Payload"].get("event_id")
        if parameters["FunctionName"] == broken and event_id in (None, events[0]):
            raise Failed("Lambda.Unknown")
        if parameters["FunctionName"] == VERIFIER and event_id is None:
            batches = [list(events[start : start + 2]) for start in range(0, len(events), 2)]
            return {"Payload": {"active": True, "batches": batches, "report": {"due": len(events)}}}
        if parameters["FunctionName"] == VERIFIER:
            return {"Payload": {"findings": findings if event_id == events[0] else [], "report": {}}}
        assert parameters["FunctionName"] == CORRECTOR, parameters
        return {"Payload": {"corrected": len(findings) - failed, "published": 1, "failed": failed}}

    return invoke


def test_without_findings_nothing_is_corrected(verification: Resource) -> None:
    run = Run(_definition(verification), _functions([]))
    output = run({"scheduled_at": "12:00"})
    called = [parameters["FunctionName"] for _, _, parameters in run.tasks]
    if called != [VERIFIER, VERIFIER]:
        verification.fails(f"calls {called}", "without findings, there is nothing to correct")
    assert output["listed"]["report"] == {"due": 1}, (
        f"{verification}\n  why: people look up the report of a run there"
    )
    assert output["listed"]["active"] is True, (
        f"{verification}\n  why: people look up there which Region verifies"
    )


def test_no_event_is_verified_where_none_is_due(verification: Resource) -> None:
    def nothing(resource: str, parameters: Any) -> Any:
        return {"Payload": {"active": False, "batches": [], "report": {}}}

    run = Run(_definition(verification), nothing)
    run({"scheduled_at": "12:00"})
    assert [state for _, state, _ in run.tasks] == ["List"], (
        f"{verification}\n  why: the hub that is not active only asks whether it is"
    )


def test_the_verifier_gets_its_scheduled_time_and_each_event(verification: Resource) -> None:
    events = tuple(f"event-{number}" for number in range(5))
    run = Run(_definition(verification), _functions([], events=events))
    run({"scheduled_at": "12:00"})
    assert run.tasks[0][2]["Payload"] == {"scheduled_at": "12:00"}, (
        f"{verification}\n  why: the report says how late a run was"
    )
    assert sorted(parameters["Payload"]["event_id"] for _, _, parameters in run.tasks[1:]) == sorted(
        events
    ), f"{verification}\n  why: an event that is not verified may be sold twice unnoticed"
    assert {parameters["Payload"]["scheduled_at"] for _, _, parameters in run.tasks[1:]} == {"12:00"}, (
        f"{verification}\n  why: the objective counts from then"
    )


def test_all_events_on_sale_are_verified_at_the_same_time(verification: Resource) -> None:
    """As the verifier deals them: none waits for another one."""
    definition = _definition(verification)
    batches = definition["States"]["EachBatch"]
    inner = batches["ItemProcessor"]["States"]["EachEvent"]
    room = batches["MaxConcurrency"] * inner["MaxConcurrency"]
    if room < min(demands.CONCURRENT_EVENTS, 1600):
        verification.fails(
            f"verifies {room} events at the same time",
            f"the spec has {demands.CONCURRENT_EVENTS} on sale, and each may take the whole objective",
        )
    dealt = [
        [f"{batch}-{n}" for n in range(inner["MaxConcurrency"])] for batch in range(batches["MaxConcurrency"])
    ]

    def invoke(resource: str, parameters: Any) -> Any:
        if "event_id" in parameters["Payload"]:
            return {"Payload": {"findings": [], "report": {}}}
        return {"Payload": {"active": True, "batches": dealt, "report": {}}}

    run = Run(definition, invoke, {"Verify": demands.VERIFICATION_S})
    run({"scheduled_at": "12:00"})
    assert {second for second, state, _ in run.tasks if state == "Verify"} == {0}, (
        f"{verification}\n  why: an event that waits for another one misses the objective"
    )


def test_findings_are_corrected(verification: Resource) -> None:
    run = Run(_definition(verification), _functions(FINDINGS))
    output = run({"scheduled_at": "12:00"})
    called = [(parameters["FunctionName"], parameters["Payload"]) for _, _, parameters in run.tasks]
    if called[2:] != [(CORRECTOR, {"findings": FINDINGS})]:
        verification.fails(f"then calls {called[2:]}", "an oversold seat would stay oversold")
    assert output["outcomes"] == [["corrected"]], (
        f"{verification}\n  why: people look up there whether anything was corrected"
    )


@pytest.mark.parametrize("task", [VERIFIER, CORRECTOR], ids=["verifier", "corrector"])
def test_an_event_that_fails_does_not_stop_the_others(verification: Resource, task: str) -> None:
    events = tuple(f"event-{number}" for number in range(5))
    invoke = _functions(FINDINGS, events=events)
    verified = []

    def fail_the_first(resource: str, parameters: Any) -> Any:
        event_id = parameters["Payload"].get("event_id")
        if parameters["FunctionName"] == task and (task == CORRECTOR or event_id == events[0]):
            raise Failed("Lambda.Unknown")
        verified.append(event_id)
        return invoke(resource, parameters)

    with pytest.raises(Failed):
        Run(_definition(verification), fail_the_first)({"scheduled_at": "12:00"})
    if not set(events[1:]) <= set(verified):
        verification.fails(f"verifies only {verified}", "oversells of the other events would go unnoticed")


def test_a_function_without_room_is_called_again(verification: Resource) -> None:
    """Its concurrency is reserved, so a busy moment is over within seconds."""
    refused: set[tuple[str, bool]] = set()
    invoke = _functions(FINDINGS)

    def crowded(resource: str, parameters: Any) -> Any:
        call = parameters["FunctionName"], parameters["Payload"].keys() == {"scheduled_at"}
        if call not in refused:
            refused.add(call)
            raise Failed("Lambda.TooManyRequestsException")
        return invoke(resource, parameters)

    output = Run(_definition(verification), crowded)({"scheduled_at": "12:00"})
    assert refused == {(VERIFIER, True), (VERIFIER, False), (CORRECTOR, False)}
    assert output["outcomes"] == [["corrected"]]


@pytest.mark.parametrize(
    ("task", "error"),
    [(VERIFIER, "VerificationFailed"), (CORRECTOR, "CorrectionFailed")],
    ids=["verifier", "corrector"],
)
def test_a_function_that_fails_fails_the_execution_by_name(
    verification: Resource, task: str, error: str
) -> None:
    with pytest.raises(Failed) as failed:
        Run(_definition(verification), _functions(FINDINGS, broken=task))({"scheduled_at": "12:00"})
    if failed.value.error != error:
        verification.fails(
            f"fails with {failed.value.error}",
            f"the on-call engineer needs to know which part failed: {error}",
        )


def test_an_answer_without_its_parts_fails_the_execution(verification: Resource) -> None:
    with pytest.raises(Failed) as failed:
        Run(_definition(verification), lambda resource, parameters: {"Payload": {}})(
            {"scheduled_at": "12:00"}
        )
    if failed.value.error != "VerificationFailed":
        verification.fails(
            f"fails with {failed.value.error}",
            "an empty answer must not count as a verification without findings",
        )


def test_a_correction_that_failed_fails_the_execution(verification: Resource) -> None:
    with pytest.raises(Failed) as failed:
        Run(_definition(verification), _functions(FINDINGS, failed=1))({"scheduled_at": "12:00"})
    assert failed.value.error == "CorrectionFailed", (
        f"{verification}\n  why: an execution must not succeed while a seat is still oversold"
    )


@pytest.mark.parametrize(
    ("state", "seconds", "error"),
    [
        ("List", demands.VERIFICATION_S, "VerificationFailed"),
        ("Verify", demands.VERIFICATION_S, "VerificationFailed"),
        ("Correct", demands.CORRECTION_S, "CorrectionFailed"),
    ],
)
def test_an_objective_is_a_timeout(verification: Resource, state: str, seconds: int, error: str) -> None:
    Run(_definition(verification), _functions(FINDINGS), {state: seconds})({"scheduled_at": "12:00"})
    with pytest.raises(Failed) as failed:
        Run(_definition(verification), _functions(FINDINGS), {state: seconds + 0.5})(
            {"scheduled_at": "12:00"}
        )
    if failed.value.error != error:
        verification.fails(
            f"{state} after {seconds}.5 s ends with {failed.value.error}",
            "a missed objective must fail the execution by name",
        )


def test_a_run_may_take_both_objectives_and_no_longer_than_express_does(verification: Resource) -> None:
    verification.must(
        "type",
        "EXPRESS",
        "a verification every few seconds is cheap only as Express: Standard charges for each step",
    )
    limit = _definition(verification)["TimeoutSeconds"]
    if not demands.VERIFICATION_S + demands.CORRECTION_S <= limit <= 300:
        verification.fails(
            f"ends after {limit} s",
            "both parts may use up their objectives, and AWS ends an Express execution after five minutes",
        )


def test_verifications_start_as_often_as_the_objective_says(ticker: Resource) -> None:
    started = []

    def start(resource: str, parameters: Any) -> Any:
        assert resource == START, f"{ticker}\n  calls {resource}"
        started.append(parameters["StateMachineArn"])
        return {}

    run = Run(_definition(ticker), start)
    run({})
    seconds = sorted(second for second, _, _ in run.tasks)
    if seconds != list(range(0, 60, demands.VERIFICATION_INTERVAL_S)):
        ticker.fails(
            f"starts at {seconds}",
            f"the objective is one start every {demands.VERIFICATION_INTERVAL_S} s, throughout the minute",
        )
    if set(started) != {f"${{{at('verification', 'aws_sfn_state_machine.verification')}.arn}}"}:
        ticker.fails(f"starts {set(started)}", "oversells would go unnoticed")
    assert all("scheduled_at" in parameters["Input"] for _, _, parameters in run.tasks), (
        f"{ticker}\n  why: the report says how late a run was"
    )


def test_a_failed_start_is_retried(ticker: Resource) -> None:
    tries = []

    def stumble(resource: str, parameters: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise Failed("States.TaskFailed")
        return {}

    output = Run(_definition(ticker), stumble)({})
    assert len(tries) == 60 // demands.VERIFICATION_INTERVAL_S + 1, (
        f"{ticker}\n  why: Step Functions occasionally throttles a start"
    )
    assert "missed" not in output, f"{ticker}\n  why: the second attempt succeeded"


def test_a_start_that_never_succeeds_does_not_stop_the_others(ticker: Resource) -> None:
    def refuse(resource: str, parameters: Any) -> Any:
        raise Failed("StepFunctions.ExecutionLimitExceeded")

    run = Run(_definition(ticker), refuse)
    output = run({})
    starts = 60 // demands.VERIFICATION_INTERVAL_S
    if output != ["missed"] * starts:
        ticker.fails(f"ends with {output}", "one failed start would cancel the other starts of the minute")
    tries = len(run.tasks) / starts
    if not 2 <= tries <= 4:
        ticker.fails(
            f"attempts per start: {tries:g}",
            "a single attempt fails at the first throttle, and too many run into the next minute",
        )
    if max(second for second, _, _ in run.tasks) > 60 - demands.VERIFICATION_INTERVAL_S + 10:
        ticker.fails("retries into the next minute", "the next minute has its own starts")


def test_a_start_that_hangs_times_out(ticker: Resource) -> None:
    starts = range(0, 60, demands.VERIFICATION_INTERVAL_S)
    hanging = {f"Start{second}": 30 for second in starts}
    output = Run(_definition(ticker), lambda resource, parameters: {}, hanging)({})
    assert set(output) == {"missed"}, (
        f"{ticker}\n  why: a start that takes half a minute has to count as missed"
    )


def test_a_minute_of_the_ticker_ends_before_the_next_but_one(ticker: Resource) -> None:
    limit = _definition(ticker)["TimeoutSeconds"]
    if not 60 < limit <= 120:
        ticker.fails(
            f"may take {limit} s",
            "its last start comes near the end of the minute, and executions must not pile up",
        )
    ticker.must("type", "STANDARD", "Express may execute twice, and charges for every second of waiting")


@pytest.mark.parametrize("state", ["Tick"])
def test_any_other_error_of_the_ticker_has_a_name(ticker: Resource, state: str) -> None:
    definition = _definition(ticker)
    (catch,) = definition["States"][state]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"], (
        f"{ticker}\n  why: an error that is not caught does not say which part failed"
    )
    assert definition["States"][catch["Next"]]["Error"] == "TickFailed", (
        f"{ticker}\n  why: the on-call engineer needs to know which part failed"
    )


def test_every_task_has_a_timeout_and_a_catch(verification: Resource, ticker: Resource) -> None:
    def tasks(machine: Any) -> Any:
        for name, state in machine["States"].items():
            if state["Type"] == "Task":
                yield name, state
            for branch in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
                yield from tasks(branch)

    for machine in (verification, ticker):
        for name, state in tasks(_definition(machine)):
            if not state.get("TimeoutSeconds") or [
                catch["ErrorEquals"] for catch in state.get("Catch", ())
            ] != [["States.ALL"]]:
                machine.fails(
                    f"{name} has no timeout or no catch",
                    "by default a task waits for a year, and an error without a name does not say which part failed",
                )


def test_the_ticker_is_started_every_minute(stack: Stack, ticker: Resource) -> None:
    rule = stack.resource(at("verification", "aws_cloudwatch_event_rule.minute"))
    rule.must(
        "schedule_expression",
        "rate(1 minute)",
        "EventBridge cannot count seconds and refuses rate(10 seconds), so the ticker counts them",
    )
    if rule.get("state") not in (None, "ENABLED"):
        rule.fails("is switched off", "oversells would go unnoticed")
    target = stack.resource(at("verification", "aws_cloudwatch_event_target.minute"))
    target.must("rule", rule.get("name"), "the schedule would start nothing")
    target.must("arn", Unknown(f"{ticker.address}.arn"), "the schedule would start another machine")


@pytest.mark.parametrize(
    ("machine", "user", "action", "kind", "what"),
    [
        (
            "verification",
            "verification_machine",
            "lambda:InvokeFunction",
            "lambda",
            "function:{}-inventory-verifier-{}:live",
        ),
        (
            "verification",
            "verification_machine",
            "lambda:InvokeFunction",
            "lambda",
            "function:{}-oversell-corrector-{}:live",
        ),
        ("ticker", "ticker_machine", "states:StartExecution", "states", "stateMachine:{}-verification-{}"),
    ],
    ids=["verifier", "corrector", "verification"],
)
def test_a_machine_may_do_what_it_does(
    stack: Stack, machine: str, user: str, action: str, kind: str, what: str
) -> None:
    resource = stack.resource(at("verification", f"aws_sfn_state_machine.{machine}"))
    role = iam.role_of(stack, resource.get("role_arn"))
    name = what.format(demands.PROJECT, demands.ENVIRONMENT)
    arn = f"arn:{demands.PARTITION}:{kind}:{demands.PRIMARY}:{ACCOUNT}:{name}"
    if not iam.allows(stack, role, action, arn):
        resource.fails(f"may not {action} on {arn}", "its first execution would fail")


@pytest.mark.parametrize("name", ["verification", "ticker"])
def test_a_machine_logs_its_errors_and_is_traced(stack: Stack, name: str) -> None:
    machine = stack.resource(at("verification", f"aws_sfn_state_machine.{name}"))
    group = at("verification", f"aws_cloudwatch_log_group.{name}")
    machine.must(
        "logging_configuration.log_destination",
        f"${{{group}.arn}}:*",
        "an Express execution leaves no other trace",
    )
    machine.must(
        "logging_configuration.level",
        "ERROR",
        "ALL logs every step of every execution, and OFF logs nothing",
    )
    machine.must(
        "tracing_configuration.enabled", True, "nobody could see where a slow verification spends its time"
    )


def test_logs_of_verifications_do_not_name_buyers(verification: Resource) -> None:
    verification.must("logging_configuration.include_execution_data", False, "findings contain buyers' names")
