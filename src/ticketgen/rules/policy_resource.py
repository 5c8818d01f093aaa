"""Actions in policies that apply to none of the resources of their statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.aws.iam_actions import iam_resources
from ticketgen.findings import Severity
from ticketgen.hcl.values import PartialText, ResourceReference, Value
from ticketgen.rules.grants import matches_pattern
from ticketgen.rules.policies import PolicyStatement, statements_of
from ticketgen.rules.policy_form import POLICY_KINDS
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE", "may_overlap"]

_MAX_CHARACTERS = 600
"""Longer texts are no ARNs."""
_MAX_SHOWN = 3
_STEPS = 200
"""Steps that an action counts as, because it is compared with every resource."""
_WITHOUT_ARN = ("ec2:describe", "s3:listallmybuckets")
"""Actions that surely take only ``*``. Some others of which AWS says so, such as logs:DescribeLogGroups, take ARNs."""
_WHOLE_SERVICE = ":*"
"""How the ARN of everything in a service ends. AWS's own examples allow s3:ListAllMyBuckets on ``arn:aws:s3:::*``.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
"""
_BUCKET = "arn:*:s3:::*"
_ARNS: Mapping[str, str] = {
    "aws_s3_bucket": "arn:aws:s3:::x",
    "aws_sqs_queue": "arn:aws:sqs:r:1:x",
    "aws_sns_topic": "arn:aws:sns:r:1:x",
    "aws_dynamodb_table": "arn:aws:dynamodb:r:1:table/x",
    "aws_kms_key": "arn:aws:kms:r:1:key/x",
    "aws_kinesis_stream": "arn:aws:kinesis:r:1:stream/x",
    "aws_lambda_function": "arn:aws:lambda:r:1:function:x",
    "aws_secretsmanager_secret": "arn:aws:secretsmanager:r:1:secret:x",
    "aws_sfn_state_machine": "arn:aws:states:r:1:stateMachine:x",
    "aws_iam_role": "arn:aws:iam::1:role/x",
}
"""What the attribute ``arn`` of a resource looks like: the provider's documentation of each type."""


def _check(subject: Subject) -> Iterator[Problem]:
    for (type, path, name), kind in POLICY_KINDS.items():
        if "Resource" in kind.refuses:
            continue
        for resource in subject.resources(type):
            blocks = [resource]
            for step in path:
                blocks = [inner for block in blocks for inner in block.nested_blocks(step)]
            for block in blocks:
                for statement in statements_of(block, name) or ():
                    yield from _of_statement(block, statement)


def _of_statement(found: BlockInstance, statement: PolicyStatement) -> Iterator[Problem]:
    if not statement.allow or not statement.resources or not statement.actions:
        return
    resources = [_arn(found, each) for each in statement.resources]
    if any(each is None or not each.startswith("arn:") for each in resources):
        return  # a variable's default may be no ARN at all
    known = [each for each in resources if each is not None]
    lost = []
    for action in statement.actions:
        found.subject.spend(_STEPS)
        if not _applies(action, known):
            lost.append(action)
    if lost:
        shown = ", ".join(lost[:_MAX_SHOWN]) + (
            f" and {len(lost) - _MAX_SHOWN} more" if lost[_MAX_SHOWN:] else ""
        )
        verb = "applies" if len(lost) == 1 else "apply"
        yield Problem(
            f"{found.address} allows {shown}, which {verb} to no resource of the statement",
            statement.location,
        )


def _arn(found: BlockInstance, value: Value) -> str | None:
    """An ARN with stars for unknown parts; None if nothing of it is known."""
    if isinstance(value, str):
        return value if len(value) <= _MAX_CHARACTERS and "$" not in value else None
    if isinstance(value, ResourceReference):
        return _ARNS.get(value.resource.type) if value.path == ("arn",) and _is_managed(value) else None
    if isinstance(value, PartialText):
        parts = [_arn(found, each) for each in found.subject.assumed.parts(value)]
        text = "".join("*" if each is None else each for each in parts)
        return text if len(text) <= _MAX_CHARACTERS else None
    return None


def _is_managed(value: ResourceReference) -> bool:
    return value.resource.address.kind == "resource"


def _applies(action: str, resources: list[str]) -> bool:
    service, colon, operation = action.lower().partition(":")
    if not colon or not action.isascii() or "*" in service or "?" in service:
        return True
    taken = iam_resources(service)
    patterns = [arns for name, arns in taken.items() if matches_pattern(operation, name)]
    if not all(patterns) and (
        not action.lower().startswith(_WITHOUT_ARN)
        or any(each.endswith(_WHOLE_SERVICE) for each in resources)
    ):
        return True
    return not patterns or any(
        _may_be(resource, pattern) for arns in patterns for pattern in arns for resource in resources
    )


def _may_be(resource: str, pattern: str) -> bool:
    if pattern == _BUCKET and "/" in resource.split(":", 5)[-1]:
        return False  # the name of a bucket has no slash, and that of an object follows one
    written, known = resource.split(":", 5), pattern.split(":", 5)
    if len(written) < len(known):  # a star stands for several parts
        return may_overlap(resource, pattern)
    return all(may_overlap(one, other) for one, other in zip(written, known, strict=False))


def may_overlap(one: str, other: str) -> bool:
    """Whether a text may match two patterns, in which ``*`` stands for any text and ``?`` for a character."""
    # The positions in the other pattern that are possible after each character of the first.
    reached = _with_stars({0}, other)
    for character in one:
        if character == "*":
            reached = set(range(min(reached), len(other) + 1))
        else:
            following = set()
            for position in reached:
                if position < len(other):
                    wanted = other[position]
                    if wanted == "*":
                        following.add(position)
                    elif character == "?" or wanted in ("?", character):
                        following.add(position + 1)
            reached = _with_stars(following, other)
        if not reached:
            return False
    return len(other) in reached


def _with_stars(positions: set[int], pattern: str) -> set[int]:
    found = set(positions)
    for position in positions:
        while position < len(pattern) and pattern[position] == "*":
            position += 1
            found.add(position)
    return found


RULE = Rule(
    id="policy-resource",
    severity=Severity.WARNING,
    selective=True,
    summary="Every action in a policy applies to a resource of its statement",
    why=(
        "IAM accepts s3:GetObject with the ARN of a bucket, although it applies to objects only. The statement then "
        "allows nothing, and the call fails with AccessDenied."
    ),
    fix='add the ARNs that the action takes, such as that of the bucket followed by /*, or "*" if it takes none',
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html",
    ),
)
