"""Actions that inline code needs and its role does not grant."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.boto_actions import WITH_RESOURCE_POLICY, actions_of
from ticketgen.rules.function_calls import calls_of
from ticketgen.rules.grants import Granted, grants
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "problems"]

# IAM has no action for a transaction: the role needs the action of each step.
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
    """The calls of a function that its role does not grant."""
    role = granted.function.resource.address
    for file, call in calls_of(granted.function):
        if any(True for _ in subject.resources(*WITH_RESOURCE_POLICY.get(call.service, ()))):
            continue
        for action in actions_of(call.service, call.method):
            if not granted.allows(action):
                message = f"{file.name} calls {call.method}, but the role of {role} does not grant {action}"
                help = f"grant {action} on the resource that the call uses"
                yield Problem(message, file.at(call.line), help)
        parts = _TRANSACTIONS.get(call.method, {}) if call.service == "dynamodb" else {}
        if parts and not any(granted.allows(f"dynamodb:{part}") for part in parts.values()):
            message = f"{file.name} calls {call.method}, but the role of {role} grants none of the actions of its steps"
            needed = [f"dynamodb:{part}" for part in parts.values()]
            help = f"grant {needed[0]}" if len(needed) == 1 else f"grant the ones in use: {', '.join(needed)}"
            yield Problem(message, file.at(call.line), help)
            continue
        for step, part in parts.items():
            if step in call.steps and not granted.allows(f"dynamodb:{part}"):
                message = (
                    f"{file.name} calls {call.method} with {step} steps, "
                    f"but the role of {role} does not grant dynamodb:{part}"
                )
                yield Problem(
                    message, file.at(call.line), f"grant dynamodb:{part} on the table of those steps"
                )


RULE = Rule(
    id="missing-grant",
    severity=Severity.ERROR,
    summary="The role of a function grants every action that its inline code calls",
    why=(
        "AWS denies the call the first time it runs. For a correction or a retry, that is in production, long after "
        "the deployment."
    ),
    fix="grant the action on the resource that the call uses",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html",
    ),
)
