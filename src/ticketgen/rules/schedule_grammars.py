"""The forms of schedules outside EventBridge, by resource type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.escaping import quoted

__all__ = ["SCHEDULE_GRAMMARS", "ScheduleGrammar"]

_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_RATE = re.compile(r"(\d+) +(minute|hour|day)s?")
_AT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_MAX_LENGTH = 512
"""Longer texts are no schedules, and are not judged."""
_UNIX_FIELDS = (
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_UNIX_VALUE = re.compile(r"(\*|\d{1,4})(?:-(\d{1,4}))?(?:/(\d{1,4}))?")
_UNITS = ("minute", "hour", "day")


@dataclass(frozen=True, slots=True)
class ScheduleGrammar:
    """What a service accepts as a schedule.

    Only what its documentation rules out is a problem; what AWS may accept beyond it is not.

    Attributes:
        forms: the accepted forms: ``cron``, ``rate``, ``at``; ``unix`` alone is five fields without a name.
        source: where AWS documents it.
        fields: the possible numbers of fields of ``cron``.
        units: the units of ``rate``.
    """

    forms: tuple[str, ...]
    source: str
    fields: tuple[int, ...] = (6,)
    units: tuple[str, ...] = _UNITS

    def problem(self, text: str) -> str:
        """Why AWS rejects a schedule, as the end of a sentence; "" if it may accept it."""
        if len(text) > _MAX_LENGTH:
            return ""
        call = _CALL.fullmatch(text.strip())
        if "unix" in self.forms:
            return "expected five fields without a name, such as 0 3 * * *" if call else _unix(text)
        if call is None or call[1] not in self.forms:
            return f"expected {' or '.join(f'{form}(…)' for form in self.forms)}"
        form, inner = call.groups()
        if form == "cron":
            count = len(inner.split())
            wanted = " or ".join(map(str, self.fields))
            return (
                ""
                if count in self.fields
                else f"it has {count} field{'s' * (count != 1)} instead of {wanted}"
            )
        if form == "rate":
            rate = _RATE.fullmatch(inner.strip())
            if rate is None or rate[2] not in self.units:
                return (
                    f"a rate is a whole number with a unit of {', '.join(f'{unit}s' for unit in self.units)}"
                )
            return ""
        return "" if _AT_TIME.fullmatch(inner.strip()) else "expected at(YYYY-MM-DDTHH:MM:SS)"


def _unix(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_UNIX_FIELDS):
        return f"it has {len(fields)} field{'s' * (len(fields) != 1)} instead of {len(_UNIX_FIELDS)}"
    for field, (name, minimum, maximum) in zip(fields, _UNIX_FIELDS, strict=True):
        for part in field.split(","):
            match = _UNIX_VALUE.fullmatch(part)
            numbers = [int(each) for each in match.groups()[:2] if each and each != "*"] if match else []
            if not all(minimum <= each <= maximum for each in numbers):
                return f"{quoted(field)} is not valid for {name}"
    return ""


_SSM = ScheduleGrammar(
    ("cron", "rate", "at"),
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html",
    fields=(6, 7),
)
_GLUE = ScheduleGrammar(
    ("cron",), "https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html"
)

SCHEDULE_GRAMMARS: Mapping[tuple[str, tuple[str, ...], str], ScheduleGrammar] = {
    ("aws_appautoscaling_scheduled_action", (), "schedule"): ScheduleGrammar(
        ("cron", "rate", "at"),
        "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html",
    ),
    ("aws_autoscaling_schedule", (), "recurrence"): ScheduleGrammar(
        ("unix",),
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html",
    ),
    ("aws_synthetics_canary", ("schedule",), "expression"): ScheduleGrammar(
        ("cron", "rate"),
        "https://docs.aws.amazon.com/AmazonSynthetics/latest/APIReference/API_CanaryScheduleInput.html",
        units=("minute", "hour"),
    ),
    ("aws_backup_plan", ("rule",), "schedule"): ScheduleGrammar(
        ("cron", "rate"), "https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html"
    ),
    (
        "aws_dlm_lifecycle_policy",
        ("policy_details", "schedule", "create_rule"),
        "cron_expression",
    ): ScheduleGrammar(("cron",), "https://docs.aws.amazon.com/dlm/latest/APIReference/API_CreateRule.html"),
    ("aws_glue_trigger", (), "schedule"): _GLUE,
    ("aws_glue_crawler", (), "schedule"): _GLUE,
    ("aws_ssm_maintenance_window", (), "schedule"): _SSM,
    ("aws_ssm_association", (), "schedule_expression"): _SSM,
    ("aws_secretsmanager_secret_rotation", ("rotation_rules",), "schedule_expression"): ScheduleGrammar(
        ("cron", "rate"),
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html",
        units=("hour", "day"),
    ),
    ("aws_redshift_scheduled_action", (), "schedule"): ScheduleGrammar(
        ("cron", "at"),
        "https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateScheduledAction.html",
    ),
}
"""The grammar of each argument, by type, path of blocks, and name."""
