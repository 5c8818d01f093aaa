"""Actions that inline code calls and its role does not grant."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.boto_actions import WITH_RESOURCE_POLICY, actions_of
from ticketgen.rules.function_calls import calls_of
from ticketgen.rules.grants import Granted, grants
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "problems"]

# IAM has no action for a transaction: each is granted as the steps that it consists of.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_TRANSACTIONS = {
    "transact_write_items": {
        "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
    },
    "transact_get_items": {"Get": "GetItem"},
}  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    for granted in grants(subject):
        yield from problems(subject, granted)


def problems(subject: Subject, granted: Granted) -> Iterator[Problem]:
    """What a function calls and its role does not grant."""
    role = granted.function.found.address
    for file, call in calls_of(granted.function):
        if any(True for _ in subject.resources(*WITH_RESOURCE_POLICY.get(call.service, ()))):
            continue
        for action in actions_of(call.service, call.method):
            if not granted.allows(action):
                message = f"{file.name} calls {call.method}, and the role of {role} does not grant {action}"
                help = f"grant {action} on the resource that it is called on"
                yield Problem(message, file.at(call.line), help)
        parts = _TRANSACTIONS.get(call.method, {}) if call.service == "dynamodb" else {}
        if parts and not any(granted.allows(f"dynamodb:{part}") for part in parts.values()):
            message = (
                f"{file.name} calls {call.method}, and the role of {role} grants nothing that it consists of"
            )
            help = f"grant those it uses of {', '.join(parts.values())}"
            yield Problem(message, file.at(call.line), help)
            continue
        for step, part in parts.items():
            if step in call.steps and not granted.allows(f"dynamodb:{part}"):
                message = (
                    f"{file.name} calls {call.method}, here with a {step}, "
                    f"and the role of {role} does not grant dynamodb:{part}"
                )
                yield Problem(
                    message, file.at(call.line), f"grant dynamodb:{part} on the table that it is for"
                )


RULE = Rule(
    id="missing-grant",
    severity=Severity.ERROR,
    summary="Whatever inline code calls, its role grants",
    why="The call is denied the first time it runs, which for a correction or a retry is in production, and late.",
    fix="grant the action on the resource that it is called on",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html",
    ),
)
