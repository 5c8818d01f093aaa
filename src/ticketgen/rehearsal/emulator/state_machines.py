"""Step Functions executions, with the states that the stack's machines use.

The suites of a stack have an interpreter of their own, which only counts time and knows nothing of moto; this one
waits, runs functions and keeps executions where moto's API shows them.

Pass, Wait, Choice, Parallel, inline Map, Succeed, Fail, and Task on `lambda:invoke` and `states:startExecution`;
timeouts, retries, catches; JSONPath with `Parameters`, `ItemSelector`, `ResultSelector` and `ResultPath`; and the
intrinsic function ``States.ArrayContains``. Any other state fails with an error.
Source: https://states-language.net/spec.html
"""

from __future__ import annotations

import copy
import json
import re
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from datetime import UTC, datetime
from typing import Any

from jsonpath_ng.parser import parse as json_path
from moto.stepfunctions.models import Execution, StepFunctionBackend, stepfunctions_backends

from ticketgen.rehearsal.emulator.lambda_fleet import Fleet, function_of
from ticketgen.rehearsal.emulator.patching import replace

__all__ = ["MAP_CONCURRENCY", "Machines"]

_MISSING = object()

MAP_CONCURRENCY = 40
"""Iterations at the same time, of a Map in inline mode.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-map-process-modes.html
"""

# https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html: the array may be a path to many values
_CONTAINS = re.compile(r"States\.ArrayContains\((\$[^,]*), '([^']*)'\)")


class _StateFailed(Exception):
    """A failed state, with the error's name and its cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


class Machines:
    """Run executions, each in a thread of its own.

    Attributes:
        finished: machine, Region, start, seconds, status and output of each finished execution.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._tasks = ThreadPoolExecutor(64, thread_name_prefix="task")
        self.finished: list[dict[str, Any]] = []

    def start(self, arn: str, given: Any) -> Execution:
        """Start an execution without waiting for its end."""
        region, account = arn.split(":")[3:5]
        backend = stepfunctions_backends[account][region]
        return backend.start_execution(arn, str(uuid.uuid4()), json.dumps(given))

    def patch(self) -> None:
        """Run the executions that moto starts."""
        start = StepFunctionBackend.start_execution

        def started(
            backend: StepFunctionBackend, state_machine_arn: str, name: str, execution_input: str
        ) -> Execution:
            execution: Execution = start(backend, state_machine_arn, name, execution_input)
            definition = json.loads(backend.describe_state_machine(state_machine_arn).definition)
            work = threading.Thread(target=self._run, args=(execution, definition), daemon=True)
            work.start()
            return execution

        replace(
            StepFunctionBackend,
            "no: moto has an interpreter of its own, which cannot call these functions",
            start_execution=started,
        )

    def _run(self, execution: Execution, definition: dict[str, Any]) -> None:
        began, steady = time.time(), time.monotonic()
        try:
            deadline = steady + float(definition.get("TimeoutSeconds", 86_400))
            output = self._states(definition, json.loads(execution.execution_input or "{}"), deadline)
            execution.status, execution.output = "SUCCEEDED", json.dumps(output)
        except _StateFailed as failure:
            output = None
            execution.status, execution.error, execution.cause = "FAILED", failure.error, failure.cause
            print(f"{execution.state_machine_arn}: {failure}", file=sys.stderr, flush=True)
        execution.stop_date = datetime.now(UTC)
        self.finished.append(
            {
                "machine": execution.state_machine_arn.split(":")[-1],
                "region": execution.region_name,
                "began": began,
                "seconds": time.monotonic() - steady,
                "status": execution.status,
                "error": execution.error,
                "output": output,
            }
        )

    def _states(self, machine: dict[str, Any], data: Any, deadline: float) -> Any:
        """Run states from `StartAt` to an end state, and return its output."""
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            entered = {"State": {"EnteredTime": datetime.now(UTC).isoformat(), "Name": name}}
            try:
                data, name = self._enter(state, data, entered, deadline)
            except _StateFailed as failure:
                catch = next((one for one in state.get("Catch", ()) if _matches(one, failure)), None)
                if catch is None:
                    raise
                error = {"Error": failure.error, "Cause": failure.cause}
                data, name = _place(data, catch.get("ResultPath", "$"), error), catch["Next"]
            if not name:
                return data

    def _enter(
        self, state: dict[str, Any], data: Any, context: dict[str, Any], deadline: float
    ) -> tuple[Any, str]:
        if time.monotonic() > deadline:
            raise _StateFailed("States.Timeout", "the execution took too long")
        kind, after = state["Type"], state.get("Next", "")
        if kind == "Succeed":
            return data, ""
        if kind == "Fail":
            raise _StateFailed(state.get("Error", ""), state.get("Cause", ""))
        if kind == "Pass":
            given = _fill(state["Parameters"], data, context) if "Parameters" in state else data
            return _place(data, state.get("ResultPath", "$"), state.get("Result", given)), after
        if kind == "Wait":
            time.sleep(max(0.0, min(float(state["Seconds"]), deadline - time.monotonic())))
            return data, after
        if kind == "Choice":
            chosen = next(
                (choice["Next"] for choice in state["Choices"] if _choice_matches(choice, data)),
                state.get("Default"),
            )
            if not chosen:
                raise _StateFailed(
                    "States.NoChoiceMatched", "no choice matches, and the state has no default"
                )
            return data, chosen
        if kind == "Parallel":
            return self._parallel(state, data, deadline), after
        if kind == "Map":
            return _place(
                data, state.get("ResultPath", "$"), self._map(state, data, context, deadline)
            ), after
        if kind == "Task":
            result = self._attempts(state, data, context)
            if "ResultSelector" in state:
                result = _fill(state["ResultSelector"], result, context)
            return _place(data, state.get("ResultPath", "$"), result), after
        raise _StateFailed("States.Runtime", f"the emulator does not support {kind} states")

    def _parallel(self, state: dict[str, Any], data: Any, deadline: float) -> list[Any]:
        with ThreadPoolExecutor(len(state["Branches"])) as pool:
            branches = [
                pool.submit(self._states, branch, copy.deepcopy(data), deadline)
                for branch in state["Branches"]
            ]
            return [branch.result() for branch in branches]

    def _map(self, state: dict[str, Any], data: Any, context: dict[str, Any], deadline: float) -> list[Any]:
        items = _find(state["ItemsPath"], data)
        if not isinstance(items, list):
            raise _StateFailed("States.Runtime", f"{state['ItemsPath']} is no array")
        at_once = min(len(items), state.get("MaxConcurrency") or MAP_CONCURRENCY, MAP_CONCURRENCY)
        if not items:
            return []

        def given(number: int, item: Any) -> Any:
            own = {**context, "Map": {"Item": {"Index": number, "Value": item}}}
            return _fill(state["ItemSelector"], data, own) if "ItemSelector" in state else item

        with ThreadPoolExecutor(at_once) as pool:
            iterations = [
                pool.submit(self._states, state["ItemProcessor"], given(*item), deadline)
                for item in enumerate(copy.deepcopy(items))
            ]
            return [iteration.result() for iteration in iterations]

    def _attempts(self, state: dict[str, Any], data: Any, context: dict[str, Any]) -> Any:
        retries = {index: 0 for index, _ in enumerate(state.get("Retry", ()))}
        while True:
            try:
                task = self._tasks.submit(self._task, state, data, context)
                return task.result(float(state.get("TimeoutSeconds", 60)))
            except (_StateFailed, Late) as error:
                failure = (
                    error
                    if isinstance(error, _StateFailed)
                    else _StateFailed("States.Timeout", "the task took too long")
                )
            for index, retry in enumerate(state.get("Retry", ())):
                if _matches(retry, failure) and retries[index] < retry.get("MaxAttempts", 3):
                    time.sleep(
                        retry.get("IntervalSeconds", 1) * retry.get("BackoffRate", 2.0) ** retries[index]
                    )
                    retries[index] += 1
                    break
            else:
                raise failure

    def _task(self, state: dict[str, Any], data: Any, context: dict[str, Any]) -> Any:
        parameters = _fill(state.get("Parameters", {}), data, context)
        resource = state["Resource"].split(":::")[-1]
        if resource == "lambda:invoke":
            outcome = self._fleet.invoke(function_of(parameters["FunctionName"]), parameters.get("Payload"))
            if outcome.error:
                raise _StateFailed(outcome.error["errorType"], outcome.error["errorMessage"])
            return {"StatusCode": 200, "Payload": outcome.result}
        if resource == "states:startExecution":
            execution = self.start(parameters["StateMachineArn"], parameters.get("Input", {}))
            return {"ExecutionArn": execution.execution_arn, "StartDate": time.time()}
        raise _StateFailed("States.Runtime", f"the emulator does not support the task {resource}")


def _matches(rule: dict[str, Any], failure: _StateFailed) -> bool:
    return bool({"States.ALL", failure.error} & set(rule["ErrorEquals"]))


def _find(path: str, data: Any) -> Any:
    found = json_path(path).find(data)
    return found[0].value if found else _MISSING


def _every(path: str, data: Any) -> list[Any]:
    """All values of a path with wildcards."""
    return [found.value for found in json_path(path).find(data)]


def _fill(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A template whose `.$` keys are replaced with values from the data, or for `$$` from the context."""
    if isinstance(template, list):
        return [_fill(part, data, context) for part in template]
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            filled[key] = _fill(value, data, context)
            continue
        if called := _CONTAINS.fullmatch(value):
            filled[key.removesuffix(".$")] = called[2] in _every(called[1], data)
            continue
        found = _find(value[1:], context) if value.startswith("$$") else _find(value, data)
        if found is _MISSING:
            raise _StateFailed(
                "States.ParameterPathFailure", f"the path {value} matches nothing in the input"
            )
        filled[key.removesuffix(".$")] = found
    return filled


def _place(data: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return result
    placed = dict(data) if isinstance(data, dict) else {}
    placed[path.removeprefix("$.")] = result
    return placed


def _choice_matches(choice: dict[str, Any], data: Any) -> bool:
    found = _find(choice["Variable"], data)
    if "IsPresent" in choice:
        return (found is not _MISSING) == bool(choice["IsPresent"])
    if "NumericGreaterThan" in choice:
        return isinstance(found, int | float) and found > choice["NumericGreaterThan"]
    if "BooleanEquals" in choice:
        return found is choice["BooleanEquals"]
    raise _StateFailed("States.Runtime", f"the emulator does not support the choice {sorted(choice)}")
