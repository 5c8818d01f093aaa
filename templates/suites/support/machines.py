"""Execute a Step Functions definition: the test supplies the tasks, and time is only counted.

Supports as much of the Amazon States Language (https://states-language.net) as the stack uses. Anything else fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Failed", "Run", "TimedOut"]

Task = Callable[[str, Any], Any]


class Failed(Exception):
    """A failed execution or task, with the error's name and its cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error


class TimedOut(Failed):
    """A task or an execution that takes longer than it may."""

    def __init__(self) -> None:
        super().__init__("States.Timeout")


@dataclass
class Run:
    """One execution.

    Attributes:
        definition: of the machine.
        task: called with a task's resource and its input; returns the result or raises `Failed`.
        seconds: durations of tasks, by the name of the state; other tasks take no time.
        tasks: the attempted tasks: second of the execution, state and input.
    """

    definition: Mapping[str, Any]
    task: Task
    seconds: Mapping[str, float] = field(default_factory=dict)
    tasks: list[tuple[float, str, Any]] = field(default_factory=list)

    def __call__(self, data: Any) -> Any:
        """Execute the machine and return its output.

        Raises:
            Failed: the execution fails or takes longer than it may.
        """
        output, ended = self._states(self.definition, data, 0)
        if ended > self.definition.get("TimeoutSeconds", float("inf")):
            raise TimedOut
        return output

    def _states(self, machine: Mapping[str, Any], data: Any, now: float) -> tuple[Any, float]:
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            try:
                data, now, following = getattr(self, f"_{state['Type'].lower()}")(name, state, data, now)
            except Failed as error:
                catch = _fitting(state.get("Catch", ()), error)
                if catch is None:
                    raise
                now = getattr(error, "at", now)
                data = _placed(
                    catch.get("ResultPath", "$"), data, {"Error": error.error, "Cause": str(error)}
                )
                following = catch["Next"]
            if following is None:
                return data, now
            name = following

    def _wait(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        return data, now + state["Seconds"], _next(state)

    def _pass(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        given = _filled(state["Parameters"], data) if "Parameters" in state else data
        return state.get("Result", given), now, _next(state)

    def _succeed(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        return data, now, None

    def _fail(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        raise Failed(state["Error"], state["Cause"])

    def _choice(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        for choice in state["Choices"]:
            (test,) = choice.keys() - {"Variable", "Next"}
            value = _read(choice["Variable"], data)
            holds = (
                (value is not _ABSENT) == choice[test]
                if test == "IsPresent"
                else _TESTS[test](value, choice[test])
            )
            if holds:
                return data, now, choice["Next"]
        return data, now, state["Default"]

    def _parallel(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        ended = [self._states(branch, data, now) for branch in state["Branches"]]
        return [output for output, _ in ended], max(second for _, second in ended), _next(state)

    def _map(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        most = state["MaxConcurrency"]
        if not 1 <= most <= 40:
            raise Failed(
                "States.Runtime", f"an inline Map runs 1 to 40 iterations at the same time, not {most}"
            )
        free, results = [now] * most, []  # when each of the places is free again
        for item in _read(state["ItemsPath"], data):
            given = _filled(state["ItemSelector"], data, item) if "ItemSelector" in state else item
            began = min(free)
            output, free[free.index(began)] = self._states(state["ItemProcessor"], given, began)
            results.append(output)
        return _placed(state.get("ResultPath", "$"), data, results), max(free), _next(state)

    def _task(self, name: str, state: Any, data: Any, now: float) -> tuple[Any, float, str | None]:
        parameters = _filled(state["Parameters"], data)
        tries: dict[int, int] = {}
        while True:
            self.tasks.append((now, name, parameters))
            took = min(self.seconds.get(name, 0), state["TimeoutSeconds"])
            now += took
            try:
                if self.seconds.get(name, 0) > state["TimeoutSeconds"]:
                    raise TimedOut
                result = self.task(state["Resource"], parameters)
                break
            except Failed as error:
                retry = _fitting(state.get("Retry", ()), error)
                count = tries[id(retry)] = tries.get(id(retry), -1) + 1
                if retry is None or count >= retry["MaxAttempts"]:
                    error.at = now  # type: ignore[attr-defined]
                    raise
                now += retry["IntervalSeconds"] * retry["BackoffRate"] ** count
        if "ResultSelector" in state:
            result = _filled(state["ResultSelector"], result)
        return _placed(state.get("ResultPath", "$"), data, result), now, _next(state)


class _Absent:
    """The value of a path that matches nothing."""


_ABSENT = _Absent()
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "BooleanEquals": lambda value, wanted: value is wanted,
    "NumericGreaterThan": lambda value, limit: value > limit,
}
_ITEM = "$$.Map.Item.Value"
_CONTAINS = re.compile(r"States\.ArrayContains\((\$[^,]*), '([^']*)'\)")


def _next(state: Mapping[str, Any]) -> str | None:
    return None if state.get("End") else state["Next"]


def _fitting(handlers: Any, error: Failed) -> Any:
    names = ("States.ALL", error.error)
    return next((each for each in handlers if any(name in each["ErrorEquals"] for name in names)), None)


def _read(path: str, data: Any) -> Any:
    if path.startswith("$$"):
        return f"<{path}>"
    if path.endswith("[*][*]"):
        return [each for part in _read(path.removesuffix("[*][*]"), data) for each in part]
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        try:
            data = data[int(index)] if index else data[name]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return data


def _filled(template: Any, data: Any, item: Any = None) -> Any:
    """Parameters with their paths read; `item` is the one of a Map's iteration."""
    if not isinstance(template, Mapping):
        return template
    found = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            found[key] = _filled(value, data, item)
        elif called := _CONTAINS.fullmatch(value):
            found[key[:-2]] = called[2] in _read(called[1], data)
        else:
            found[key[:-2]] = item if value == _ITEM else _read(value, data)
            if found[key[:-2]] is _ABSENT:
                raise Failed("States.ParameterPathFailure", value)
    return found


def _placed(path: str, data: Any, result: Any) -> Any:
    """The input with the result at a path of one step."""
    if path == "$":
        return result
    return {**json.loads(json.dumps(data)), path.removeprefix("$."): result}
