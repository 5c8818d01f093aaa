"""Schedules that AWS rejects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.schedule_grammars import SCHEDULE_GRAMMARS
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "problem_of"]

_RATE = re.compile(r"rate\(([^\s()]+) +([^\s()]+)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_AT_EXPRESSION = re.compile(r"at\((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\)")
_MAX_LENGTH = 256  # botocore 1.44 events ScheduleExpression, scheduler ScheduleExpression
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
# Name, minimum, maximum, names of values, and the special characters that only this field accepts.
_FIELDS = (
    ("minutes", 0, 59, "", ""),
    ("hours", 0, 23, "", ""),
    ("day of month", 1, 31, "", "?LW"),
    ("month", 1, 12, _MONTHS, ""),
    ("day of week", 1, 7, _DAYS, "?L#"),
    ("year", 1970, 2199, "", ""),
)


def _check(subject: Subject) -> Iterator[Problem]:
    for type, scheduler in (("aws_cloudwatch_event_rule", False), ("aws_scheduler_schedule", True)):
        for schedule in subject.resources(type):
            expression = schedule.value_with_defaults("schedule_expression")
            if isinstance(expression, str) and expression:  # the provider omits an empty one
                problem = problem_of(expression, scheduler=scheduler)
                if problem:
                    message = f"AWS rejects the schedule {quoted(expression)}: {problem}"
                    certain = schedule.value("schedule_expression") == expression
                    yield Problem(message, schedule.at("schedule_expression"), certain=certain)
    yield from _check_elsewhere(subject)


def _check_elsewhere(subject: Subject) -> Iterator[Problem]:
    for (type, path, name), grammar in SCHEDULE_GRAMMARS.items():
        for resource in subject.resources(type):
            blocks = [resource]
            for each in path:
                blocks = [inner for block in blocks for inner in block.nested_blocks(each)]
            for block in blocks:
                expression = block.value_with_defaults(name)
                if not isinstance(expression, str) or not expression:
                    continue
                problem = grammar.problem(expression)
                if problem:
                    message = f"AWS rejects the schedule {quoted(expression)}: {problem}"
                    help = f"write it as {grammar.source} says"
                    yield Problem(message, block.at(name), help, certain=block.value(name) == expression)


def problem_of(expression: str, *, scheduler: bool) -> str:
    """Why AWS rejects a schedule, as the end of a sentence; "" if it does not.

    Args:
        expression: such as ``rate(1 minute)``.
        scheduler: whether it belongs to EventBridge Scheduler, which also accepts ``at(…)`` and ``rate(1 hours)``.
    """
    if len(expression) > _MAX_LENGTH:
        return f"it has {len(expression):,} characters, and at most {_MAX_LENGTH} are allowed"
    rate, cron, at = (
        _RATE.fullmatch(expression),
        _CRON.fullmatch(expression),
        _AT_EXPRESSION.fullmatch(expression),
    )
    if rate:
        return _rate(*rate.groups(), scheduler=scheduler)
    if cron:
        return _cron(cron[1])
    if at and scheduler:
        return ""
    if expression.startswith("at(") and not scheduler:
        return "only EventBridge Scheduler supports at(…)"
    cron_form = "cron(MINUTES HOURS DAY MONTH WEEKDAY YEAR)"
    if scheduler:
        return f"expected rate(VALUE UNIT), {cron_form} or at(YYYY-MM-DDTHH:MM:SS)"
    return f"expected rate(VALUE UNIT) or {cron_form}"


def _rate(value: str, unit: str, *, scheduler: bool) -> str:
    if unit in {"second", "seconds"}:
        return "a rate is in minutes, hours or days, not in seconds"
    if unit not in {"minute", "minutes", "hour", "hours", "day", "days"}:
        return f"{quoted(unit)} is not a unit: a rate is in minutes, hours or days"
    if not value.isdecimal() or not value.isascii() or int(value[:9]) == 0:
        return f"{quoted(value)} is not a positive whole number"
    if not scheduler and (int(value[:9]) == 1) == unit.endswith("s"):
        return f"write {unit.rstrip('s') if unit.endswith('s') else unit + 's'} after {value}, not {unit}"
    return ""


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} field{'s' * (len(fields) != 1)} instead of {len(_FIELDS)}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "exactly one of day of month and day of week must be ?"
    for field, (name, minimum, maximum, words, marks) in zip(fields, _FIELDS, strict=True):
        if not all(_is_valid_part(part, minimum, maximum, words, marks) for part in field.split(",")):
            return f"{quoted(field)} is not valid for {name}"
    return ""


def _is_valid_part(part: str, minimum: int, maximum: int, words: str, marks: str) -> bool:
    number = rf"(?:\d+{'|' + words if words else ''})"
    if part == "*" or (part == "?" and "?" in marks):
        return True
    if "L" in marks and re.fullmatch(rf"L|{number}?L|L-\d+|LW", part, re.I):
        return True
    if "W" in marks and re.fullmatch(r"\d+W", part, re.I):
        return True
    if "#" in marks and re.fullmatch(rf"{number}#[1-5]", part, re.I):
        return True
    match = re.fullmatch(rf"(\*|{number})(?:-({number}))?(?:/(\d+))?", part, re.I)
    if not match:
        return False
    numbers = [int(each[:9]) for each in match.groups()[:2] if each and each.isdecimal()]
    return all(minimum <= each <= maximum for each in numbers) and match[3] != "0"


RULE = Rule(
    id="schedule-expression",
    severity=Severity.ERROR,
    certain=True,
    summary="AWS accepts every schedule, each service in its own grammar",
    why="No plan checks the expression: rate(10 seconds) passes every check before the apply, and fails there.",
    fix=(
        "write rate(1 minute), rate(5 minutes) or a cron expression with six fields; for an interval below a minute, "
        "use Wait states in a state machine"
    ),
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html",
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
        "ticketgen/rules/schedule_grammars.py lists the grammar of each other service with its source.",
    ),
)
