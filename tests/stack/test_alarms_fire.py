"""Each alarm of the example's stacks fires in an emulated CloudWatch when its condition holds, and only then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from alarm_conditions import ROWS, Publisher, Row, publishers, row_of
from emulated_cloudwatch import CloudWatch, Rule

from support.stack import Resource, Stack
from ticketgen.pipeline import read_project
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.render import render

_SPEC = Path(__file__).resolve().parents[2] / "examples/tap-marketplace/ticketgen.yaml"
_START = 1_800_000_000 - 1_800_000_000 % 3_600
_MINUTE = 60


def _project() -> Project:
    project = read_project(_SPEC).value
    assert project is not None
    return project


ENVIRONMENTS = {environment.name: environment for environment in _project().environments}


@pytest.fixture(scope="module")
def stack_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stack]:
    """The stacks of the example, rendered once."""

    @cache
    def stack(name: str) -> Stack:
        environment, folder = ENVIRONMENTS[name], tmp_path_factory.mktemp(name)
        sizing = size(environment).value
        assert sizing is not None
        files = render(environment, sizing, _project()).value
        assert files is not None
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return Stack(folder, "aws")

    return stack


class _Watched:
    """An alarm, and the publishers of its metric."""

    def __init__(self, rule: Rule, row: Row, seconds: int, found: Sequence[Publisher]) -> None:
        self.rule, self._row, self._seconds, self.found = rule, row, seconds, found
        # After that, what was before no longer matters.
        self.span = max(rule.period, seconds, _MINUTE) * (rule.periods + 3)

    def states(self, phases: str, ill: Publisher) -> list[list[str]]:
        """The states, minute by minute, in phases of health (h), trouble of one publisher (t), or silence (s)."""
        cloud, state = CloudWatch(), "OK"
        states: list[list[str]] = []
        minutes = -(-self.span // _MINUTE)
        for number, phase in enumerate(phases):
            begin = _START + number * minutes * _MINUTE
            states.append([])
            for now in range(begin + _MINUTE, begin + minutes * _MINUTE + 1, _MINUTE):
                first = -(-(now - _MINUTE) // self._seconds) * self._seconds
                for at in range(first, now, self._seconds) if phase != "s" else ():
                    for each in self.found:
                        trouble = phase == "t" and each is ill
                        for value in self._row.values(at // self._seconds, trouble=trouble):
                            each.publish(cloud, at, value)
                if number:  # the first phase is history
                    state = self.rule.state(cloud, now, state)
                    states[-1].append(state)
        return states


def _faults(rule: Rule, row: Row, seconds: int, found: Sequence[Publisher]) -> Iterator[str]:
    """Why an alarm would not fire when its condition holds, or would when it does not."""
    if not found:
        yield f"nothing publishes {rule.metric}"
        return
    if rule.period < seconds or rule.period % seconds:
        yield f"evaluates {rule.period} s, and {rule.metric} is published every {seconds} s"
    watched = _Watched(rule, row, seconds, found)
    ill = []
    for each in found:
        _, well, trouble = watched.states("hht", each)
        if "ALARM" in well:
            yield "fires although all is well"
        if "ALARM" in trouble:
            ill.append(each)
        # It goes on as long as the condition does.
        if "ALARM" in trouble and {*trouble[-seconds // _MINUTE - 1 :]} != {"ALARM"}:
            yield f"fires and recovers while the condition lasts: {trouble}"
    if len(ill) != 1:
        yield f"fires for {[each.name for each in ill]} of {[each.name for each in found]}"
        return
    _, _, recovered, again = watched.states("htht", ill[0])
    if recovered[-1] != "OK" or again[-1] != "ALARM":
        yield "does not recover and fire a second time"
    _, silent = watched.states("hs", ill[0])
    if (silent[-1] == "ALARM") != row.silence:
        yield f"{'is silent' if row.silence else 'fires'} without data"


@dataclass(frozen=True)
class _Case:
    """An alarm, and what there is to know of its metric."""

    alarm: Resource
    rule: Rule
    row: Row
    seconds: int
    found: Sequence[Publisher]

    @classmethod
    def of(cls, stack: Stack, environment: Environment, alarm: Resource) -> _Case:
        rule = Rule.of(alarm)
        row = row_of(rule.namespace, rule.metric)
        assert row is not None, (
            f"{alarm}: published_metrics.toml has no row for {rule.namespace} {rule.metric}"
        )
        found = publishers(stack, alarm.region, row, rule.metric)
        return cls(alarm, rule, row, row.seconds(environment.objectives), found)

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same alarm of another Region."""
        return self.rule, *(each.name for each in self.found)


def _alarms(stack: Stack) -> list[Resource]:
    return stack.resources("aws_cloudwatch_metric_alarm")


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_alarm_fires_when_its_condition_holds_and_only_then(
    name: str, stack_of: Callable[[str], Stack]
) -> None:
    stack = stack_of(name)
    alarms = _alarms(stack)
    assert {alarm.region for alarm in alarms} == {*ENVIRONMENTS[name].regions}
    cases = [_Case.of(stack, ENVIRONMENTS[name], alarm) for alarm in alarms]
    different = {case.key: case for case in cases}.values()
    faults = [
        f"{case.alarm.address} {fault}"
        for case in different
        for fault in _faults(case.rule, case.row, case.seconds, case.found)
    ]
    assert not faults, "\n".join(faults)


def _mistakes(case: _Case) -> Iterator[tuple[str, Rule]]:
    """The rule with a mistake, of each kind."""
    rule = case.rule
    for name in rule.keys:
        misspelt = {name: f"{name}s"}
        keys = frozenset(misspelt.get(key, key) for key in rule.keys)
        where = frozenset((misspelt.get(key, key), value) for key, value in rule.where)
        yield f"{name} misspelt", replace(rule, keys=keys, where=where)
        keys, where = rule.keys - {name}, frozenset(each for each in rule.where if each[0] != name)
        if keys not in map(frozenset, case.row.dimensions):
            yield f"{name} left out", replace(rule, keys=keys, where=where)
    more = {"Region": "us-east-1"}
    yield "a dimension too many", replace(rule, keys=rule.keys | more.keys(), where=rule.where | more.items())
    if rule.where:
        yield "another value", replace(rule, where=frozenset((key, "other") for key, _ in rule.where))
    for name in case.row.undocumented:
        yield f"a guess at {name}", replace(rule, where=rule.where | {(name, "PutRecord")})
    yield "another metric", replace(rule, metric=rule.metric[:-1])
    yield "another namespace", replace(rule, namespace=f"{rule.namespace}-other")
    yield "a shorter period", replace(rule, period=max(case.seconds // 5, 1))
    yield "more periods than are evaluated", replace(rule, needed=rule.periods + 1)
    yield "missing data", replace(rule, missing="notBreaching" if case.row.silence else "breaching")
    out_of_reach = -1.0 if rule.comparison.startswith("Less") else float("inf")
    yield "a threshold out of reach", replace(rule, threshold=out_of_reach)


def test_a_mistake_in_any_alarm_is_noticed(stack_of: Callable[[str], Stack]) -> None:
    environment, stack = ENVIRONMENTS["dev"], stack_of("dev")
    cases = [
        _Case.of(stack, environment, alarm)
        for alarm in _alarms(stack)
        if alarm.region == environment.primary_region
    ]
    unnoticed = [
        f"{case.alarm.address}: {mistake}"
        for case in cases
        for mistake, wrong in _mistakes(case)
        if not any(_faults(wrong, case.row, case.seconds, case.found))
    ]
    assert not unnoticed, "\n".join(unnoticed)


def test_the_table_has_values_that_the_metrics_can_have() -> None:
    for row in ROWS:
        least, most = row.range
        if row.kind != "counted":  # those are status codes
            assert all(least <= value <= most for value in (*row.healthy, *row.trouble)), row
        assert row.source.startswith("https://docs.aws.amazon.com/"), row
        assert row.trouble or row.silence, row


def test_the_table_has_no_other_metrics(stack_of: Callable[[str], Stack]) -> None:
    rules = [Rule.of(alarm) for name in ("dev", "prod") for alarm in _alarms(stack_of(name))]
    used = {(row.namespace, rule.metric) for rule in rules if (row := row_of(rule.namespace, rule.metric))}
    assert {(row.namespace, metric) for row in ROWS for metric in row.metrics} == used
