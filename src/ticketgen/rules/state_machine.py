"""Definitions of state machines that Step Functions rejects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.syntax import Call
from ticketgen.hcl.values import PartialText, Value
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.state_fields import STATE_TYPES, STATES_WITH_RETRY, UNKNOWN_PART, problems_of_fields
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE", "problems_of_definition"]

_MAX_CHARACTERS = 1_048_576  # botocore 1.44 stepfunctions Definition
# Each type with what it needs one of: https://states-language.net/spec.html#statetypes.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",), "Parallel": ("Branches",), "Map": ("ItemProcessor", "Iterator"), "Choice": ("Choices",),
    "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
}  # fmt: skip
# The fields of a state machine, and those of one in a Map or Parallel state: https://states-language.net/spec.html.
_OF_MACHINE = frozenset(
    {"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage", "ProcessorConfig"}
)
_LANGUAGES = ("JSONPath", "JSONata")
# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
_NOT_IN_EXPRESS = (".sync", ".sync:2", ".waitForTaskToken")
_WITHOUT_NEXT = frozenset({"Choice", "Succeed", "Fail"})


def _check(subject: Subject) -> Iterator[Problem]:
    for machine in subject.resources("aws_sfn_state_machine"):
        for message in _problems(machine):
            yield Problem(f"AWS rejects the definition: {message}", machine.at("definition"))


def _problems(machine: BlockInstance) -> Iterator[str]:
    expression, where = machine.expression("definition"), machine.where
    values, express = machine.subject.values, machine.value("type") == "EXPRESS"
    if isinstance(expression, Call) and expression.name == "jsonencode" and len(expression.arguments) == 1:
        definition = values.of(expression.arguments[0], where)
        yield from problems_of_definition(definition, machine.subject, express=express)
        return
    text = values.of(expression, where)
    if isinstance(text, PartialText):
        parts = values.parts(text)
        text = "".join(each if isinstance(each, str) else UNKNOWN_PART for each in parts)
    if not isinstance(text, str) or not text or len(text) > _MAX_CHARACTERS:
        return
    machine.subject.charge(text)
    try:
        document = json.loads(text)
    except RecursionError:
        return
    except ValueError as error:
        if UNKNOWN_PART not in text:  # such a part may be a number or more
            yield f"it is not JSON: {str(error).split(':')[0]}"
        return
    yield from problems_of_definition(document, machine.subject, express=express)


def problems_of_definition(
    definition: Value | Any, subject: Subject, *, express: bool = False
) -> Iterator[str]:
    """Why Step Functions rejects a definition, as the ends of sentences; unknown parts are not judged.

    Args:
        definition: the decoded JSON.
        subject: counts the steps.
        express: whether the machine is surely an express one.
    """
    language = _language(definition, "JSONPath")
    waiting = [(definition, "the state machine", language, express)]
    seen: set[str] = set()
    while waiting:
        machine, name, language, express = waiting.pop()
        if not isinstance(machine, dict):
            continue
        for field in machine:
            if field not in _OF_MACHINE and UNKNOWN_PART not in field:
                guess = did_you_mean(field, _OF_MACHINE)
                yield f"{name} has the unknown field {quoted(field)}{f'; {guess}' if guess else ''}"
        states = machine.get("States")
        if "StartAt" not in machine or "States" not in machine:
            yield f"{name} needs StartAt and States"
            continue
        if not isinstance(states, dict) or any(UNKNOWN_PART in key for key in states):
            continue
        subject.spend(len(states))
        yield from _flow(machine["StartAt"], states, name)
        for key, state in states.items():
            if key in seen:
                yield f"two states are named {quoted(key)}"
            seen.add(key)
            if isinstance(state, dict):
                yield from _state(quoted(key), state)
                own = _language(state, language)
                if state.get("Type") in STATE_TYPES:
                    yield from problems_of_fields(key, state, own)
                if express:
                    yield from _of_express(key, state.get("Resource"))
                branches = state.get("Branches")
                inner = [*(branches if isinstance(branches, list) else ()), state.get("ItemProcessor"),
                         state.get("Iterator")]  # fmt: skip
                is_plain = state.get("Type") != "Map"  # a distributed one has executions of their own type
                inner_language = language if own == language else ""
                part = f"a part of state {quoted(key)}"
                waiting += [(each, part, inner_language, express and is_plain) for each in inner]


def _language(holder: Any, inherited: str) -> str:
    """The query language of a machine or a state; "" if it is unknown."""
    written = holder.get("QueryLanguage", inherited) if isinstance(holder, dict) else inherited
    return written if written in _LANGUAGES else ""


def _of_express(name: str, resource: Any) -> Iterator[str]:
    if isinstance(resource, str) and resource.endswith(_NOT_IN_EXPRESS):
        way = resource.rpartition(".")[2]
        yield f"state {quoted(name)} uses .{way}, which express state machines do not support"


def _flow(start: Any, states: Mapping[str, Any], name: str) -> Iterator[str]:
    """Targets that do not exist, and states that nothing leads to."""
    if _is_text(start) and start not in states:
        yield f"{name} starts at {quoted(start)}, which is not one of its states"
        return
    targets = {key: list(_targets(state)) for key, state in states.items()}
    for key, found in targets.items():
        for target in found:
            if _is_text(target) and target not in states:
                yield f"state {quoted(key)} leads to {quoted(target)}, which is not a state beside it"
    every = [start, *(target for found in targets.values() for target in found)]
    if all(_is_text(each) and each in states for each in every):
        reached, waiting = {start}, [start]
        while waiting:
            new = [each for each in targets[waiting.pop()] if each not in reached]
            reached.update(new)
            waiting += new
        for key in states:
            if key not in reached:
                yield f"nothing leads to state {quoted(key)}"


def _targets(state: Any) -> Iterator[Any]:
    """The states that may follow a state; something that is no text if they are not all known."""
    if not isinstance(state, dict):
        yield None
        return
    yield from (state[name] for name in ("Next", "Default") if name in state)
    for name in ("Choices", "Catch"):
        items = state.get(name, [])
        for item in items if isinstance(items, list) else [None]:
            yield item.get("Next") if isinstance(item, dict) else None


def _state(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    type = state.get("Type")
    if "Type" not in state:
        yield f"state {name} has no Type"
    if not isinstance(type, str) or UNKNOWN_PART in type:
        return
    if type not in STATE_TYPES:
        yield f"state {name} has the unknown Type {quoted(type)}"
        return
    ends = [field for field in ("Next", "End") if field in state]
    if type in _WITHOUT_NEXT:
        if ends:
            yield f"state {name} is a {type} state, which allows no {ends[0]}"
    elif not ends:
        yield f"state {name} has neither Next nor End"
    elif "Next" in ends and state.get("End") is True:
        yield f"state {name} has both Next and End"
    needed = _NEEDED.get(type, ())
    given = [field for field in needed if field in state]
    if needed and not given:
        yield f"state {name} is a {type} state without {' or '.join(needed)}"
    if type == "Wait" and len(given) > 1:
        yield f"state {name} has both {given[0]} and {given[1]}"
    for field in ("Retry", "Catch"):
        if field in state:
            if type not in STATES_WITH_RETRY:
                yield f"state {name} is a {type} state, which allows no {field}"
            yield from _handlers(name, field, state[field])


def _handlers(name: str, field: str, handlers: Any) -> Iterator[str]:
    for index, handler in enumerate(handlers if isinstance(handlers, list) else ()):
        if not isinstance(handler, dict):
            continue
        errors = handler.get("ErrorEquals")
        if "ErrorEquals" not in handler or errors == []:
            yield f"{field} of state {name} has no ErrorEquals"
        if isinstance(errors, list) and "States.ALL" in errors:
            if len(errors) > 1:
                yield f"States.ALL is not alone in {field} of state {name}"
            if index < len(handlers) - 1:
                yield f"States.ALL is not in the last element of {field} of state {name}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and UNKNOWN_PART not in value


RULE = Rule(
    id="state-machine",
    severity=Severity.ERROR,
    certain=True,
    summary="Step Functions accepts the definition of every state machine",
    why="Terraform does not check the definition. If a state does not exist or leads nowhere, the apply fails.",
    fix="correct the definition; Workflow Studio shows its states and where they lead",
    check=_check,
    sources=(
        "https://states-language.net/spec.html",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html",
    ),
)
