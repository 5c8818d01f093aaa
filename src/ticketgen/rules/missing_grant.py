"""Actions that inline code calls and its role does not grant."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.boto_actions import WITH_RESOURCE_POLICY, actions_of
from ticketgen.rules.grants import Granted, grants
from ticketgen.rules.python_code import PythonCode, read_python
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# IAM has no action for a transaction: each is granted as what it consists of.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_TRANSACTIONS = {
    "transact_write_items": ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
    "transact_get_items": ("GetItem",),
}


def _check(subject: Subject) -> Iterator[Problem]:
    for granted in grants(subject):
        yield from _of_function(subject, granted)


def _of_function(subject: Subject, granted: Granted) -> Iterator[Problem]:
    for file in granted.function.code or ():
        code = read_python(file.text) if file.name.endswith(".py") else None
        if not isinstance(code, PythonCode):
            continue
        for call in code.calls:
            if any(True for _ in subject.resources(*WITH_RESOURCE_POLICY.get(call.service, ()))):
                continue
            role = granted.function.found.address
            for action in actions_of(call.service, call.method):
                if not granted.allows(action):
                    message = (
                        f"{file.name} calls {call.method}, and the role of {role} does not grant {action}"
                    )
                    yield Problem(
                        message, file.at(call.line), f"grant {action} on the resource that it is called on"
                    )
            parts = _TRANSACTIONS.get(call.method, ()) if call.service == "dynamodb" else ()
            if parts and not any(granted.allows(f"dynamodb:{part}") for part in parts):
                message = f"{file.name} calls {call.method}, and the role of {role} grants nothing that it consists of"
                yield Problem(message, file.at(call.line), f"grant those it uses of {', '.join(parts)}")


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
