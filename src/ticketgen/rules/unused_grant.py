"""Actions that a role grants and its function's inline code never calls."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.boto_actions import ACTIONS
from ticketgen.rules.grants import Granted, grants
from ticketgen.rules.lambda_functions import python
from ticketgen.rules.python_code import PythonCode
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# Actions that services perform with a function's role, without a call in its code. https://docs.aws.amazon.com/lambda/latest/dg/
# lambda-intro-execution-role.html and with-sqs, with-kinesis, with-ddb below it; the Data API reads its secret as its
# caller (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html).
_CALLED_BY_LAMBDA = frozenset({
    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
    "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
    "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard", "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
    "sqs:SendMessage", "sns:Publish", "secretsmanager:GetSecretValue", "s3:PutObject", "s3:GetObject",
    "events:PutEvents", "cloudwatch:PutMetricData",
})  # fmt: skip

# The names of the steps of a transaction and of the items of a batch, by action.
_STEPS = {
    "PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete", "ConditionCheckItem": "ConditionCheck",
    "GetItem": "Get",
}  # fmt: skip
# PartiQL statements may use any DynamoDB action on items.
_PARTIQL = frozenset({"execute_statement", "execute_transaction", "batch_execute_statement"})
_KNOWN = {action: method for (_, method), actions in ACTIONS.items() for action in actions}


def _check(subject: Subject) -> Iterator[Problem]:
    for granted in grants(subject):
        if not granted.shared:
            yield from _unused_actions(granted)


def _unused_actions(granted: Granted) -> Iterator[Problem]:
    subject = granted.function.resource.subject
    files = [python(subject, file) for file in granted.function.code or () if file.name.endswith(".py")]
    code = [file for file in files if isinstance(file, PythonCode)]
    if not code or len(code) < len(granted.function.code or ()) or any(file.dynamic for file in code):
        return
    words = [file.words for file in code]  # not merged into one set, because functions may share large files
    subject.spend(len(granted.actions) * (1 + len(code)))
    for action, location in granted.actions:
        prefix, _, operation = action.partition(":")
        method = _KNOWN.get(action)
        if method is None or action in _CALLED_BY_LAMBDA:
            continue
        calling_words = {method, _STEPS.get(operation, operation), f"{method}_batch"}
        if prefix == "dynamodb":
            calling_words |= _PARTIQL
        if not all(calling_words.isdisjoint(each) for each in words):
            continue
        message = (
            f"the role of {granted.function.resource.address} grants {action}, which its code never calls"
        )
        yield Problem(message, location)


RULE = Rule(
    id="unused-grant",
    severity=Severity.WARNING,
    summary="A role grants only actions that its function's inline code calls",
    why="Whoever breaks into the function can use every action that its role grants.",
    fix="remove the action from the policy",
    check=_check,
    sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",),
)
