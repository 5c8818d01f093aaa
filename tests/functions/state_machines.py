"""Interpreter of the rendered state machines: the subset of the Amazon States Language that they use.

Any other feature raises an error, so that nothing is silently skipped.
Source: https://states-language.net/spec.html (JSONPath).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rendered_functions import stack

from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import (
    Call,
    Expression,
    File,
    For,
    Literal,
    Object,
    Reference,
    Template,
    Text,
    Tuple,
)

__all__ = ["Failed", "Machine", "definition"]


def definition(name: str, shape: str = "prod") -> dict[str, Any]:
    """A machine's definition; a reference to a resource is kept as its own text."""
    path = "modules/verification/state_machines.tf"
    file = parse(path, stack(shape)[path])
    assert isinstance(file, File)
    (block,) = (block for block in file.body.blocks if block.labels == ("aws_sfn_state_machine", name))
    call = block.value("definition")
    assert isinstance(call, Call)
    assert call.name == "jsonencode"
    made: dict[str, Any] = _value(call.arguments[0], {})
    return made


def _value(expression: Expression, known: Mapping[str, Any]) -> Any:
    match expression:
        case Literal(value=value):
            return value
        case Tuple(items=items):
            return [_value(item, known) for item in items]
        case Object(items=items):
            return {str(_value(item.key, known)): _value(item.value, known) for item in items}
        case Template(parts=parts):
            return "".join(part.value if isinstance(part, Text) else "?" for part in parts)
        case Call(name="range", arguments=arguments):
            return list(range(*(_value(argument, known) for argument in arguments)))
        case For(key=None, name=name, collection=collection, value=value, condition=None):
            return [_value(value, {**known, name: one}) for one in _value(collection, known)]
        case Reference(root=root, steps=()) if root in known:
            return known[root]
        case Reference(root=root, steps=steps):
            return ".".join((root, *(getattr(step, "name", "?") for step in steps)))
    raise NotImplementedError(expression)


class Failed(Exception):
    """The execution failed with an error and a cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error


@dataclass
class Machine:
    """A running machine.

    Attributes:
        states: its definition.
        task: performs a task, given its resource, parameters and time-out in seconds; returns its result or raises
            `Failed`, with `States.Timeout` after the time-out.
        clock: seconds since the start; a wait advances it.
        visited: the entered states, in order.
    """

    states: Mapping[str, Any]
    task: Callable[[str, Any, float], Any]
    clock: float = 0.0
    visited: list[str] = field(default_factory=list)

    def run(self, data: Any) -> Any:
        """Run an execution and return its output.

        Raises:
            Failed: the execution failed.
        """
        name = self.states["StartAt"]
        while True:
            state = self.states["States"][name]
            self.visited.append(name)
            try:
                data, following = self._enter(state, data)
            except Failed as failed:
                data, following = self._caught(state, data, failed)
            if following is None:
                return data
            name = following

    def _enter(self, state: Mapping[str, Any], data: Any) -> tuple[Any, str | None]:
        kind = state["Type"]
        after = None if state.get("End") else state.get("Next")
        if kind == "Task":
            return self._placed(state, data, self._attempts(state, data)), after
        if kind == "Choice":
            chosen = (rule["Next"] for rule in state["Choices"] if _holds(rule, data))
            return data, next(chosen, state["Default"])
        if kind == "Parallel":
            branches = [Machine(branch, self.task, self.clock) for branch in state["Branches"]]
            results = [branch.run(data) for branch in branches]
            self.clock = max(branch.clock for branch in branches)
            self.visited += [name for branch in branches for name in branch.visited]
            return results, after
        if kind == "Wait":
            self.clock += state["Seconds"]
            return data, after
        if kind == "Pass":
            return self._placed(state, data, state.get("Result", data)), after
        if kind == "Fail":
            raise Failed(state["Error"], state["Cause"])
        assert kind == "Succeed", kind
        return data, None

    def _attempts(self, state: Mapping[str, Any], data: Any) -> Any:
        left = sum(
            rule["MaxAttempts"] for rule in state.get("Retry", ()) if "States.ALL" in rule["ErrorEquals"]
        )
        while True:
            try:
                answer = self.task(
                    state["Resource"],
                    _parameters(state["Parameters"], data, self.clock),
                    state["TimeoutSeconds"],
                )
            except Failed:
                if left == 0:
                    raise
                left -= 1
            else:
                return (
                    _parameters(state["ResultSelector"], answer, self.clock)
                    if "ResultSelector" in state
                    else answer
                )

    def _caught(self, state: Mapping[str, Any], data: Any, failed: Failed) -> tuple[Any, str]:
        for catcher in state.get("Catch", ()):
            if {"States.ALL", failed.error} & set(catcher["ErrorEquals"]):
                return self._placed(catcher, data, {"Error": failed.error}), catcher["Next"]
        raise failed

    @staticmethod
    def _placed(state: Mapping[str, Any], data: Any, result: Any) -> Any:
        path = state.get("ResultPath", "$")
        return result if path == "$" else {**data, path.removeprefix("$."): result}


def _parameters(template: Any, data: Any, clock: float) -> Any:
    if not isinstance(template, dict):
        return template
    made = {}
    for key, value in template.items():
        if key.endswith(".$"):
            made[key[:-2]] = clock if value.startswith("$$.") else _at(value, data)
        else:
            made[key] = _parameters(value, data, clock)
    return made


def _at(path: str, data: Any) -> Any:
    """The value at a path; a missing path fails the state, as in Step Functions."""
    for step in path.replace("[", ".[").split(".")[1:]:
        try:
            data = data[int(step[1:-1])] if step.startswith("[") else data[step]
        except (KeyError, IndexError, TypeError):
            raise Failed("States.ParameterPathFailure", path) from None
    return data


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    try:
        value = _at(rule["Variable"], data)
    except Failed:
        return rule.get("IsPresent") is False
    if "IsPresent" in rule:
        return rule["IsPresent"] is True
    return bool(value > rule["NumericGreaterThan"])
