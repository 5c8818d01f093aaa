"""IAM actions of the operator's scripts, and the policy that grants them.

The table lists the actions that a script itself calls; a test compares it with the script's code. What these calls
need through encryption follows from `KEY_ACTIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ticketgen.aws.regions import REGIONS
from ticketgen.spec.model import Environment

__all__ = ["KEY_ACTIONS", "RIGHTS", "Right", "key_actions", "policy_statements", "rights_rows"]


@dataclass(frozen=True, slots=True)
class Right:
    """IAM actions on a resource of the stack.

    Attributes:
        what: the middle of the resource's name; "" if the actions take no resource of the stack.
        actions: of one service, in alphabetical order; of any service if `what` is "".
        after: text after the environment suffix in the resource's name.
        queues: whether only stacks with queues need it.
    """

    what: str
    actions: tuple[str, ...]
    after: str = ""
    queues: bool = False


# The resource part of an ARN, by service.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_ARNS = {"dynamodb": "table/{}", "kinesis": "stream/{}", "lambda": "function:{}:live", "sqs": "{}"}

# Most of these calls take no resource, or ask for names of which another owner may have a resource.
_PREFLIGHT = (
    "apigateway:GET",
    "dynamodb:DescribeTable",
    "dynamodb:ListTagsOfResource",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeRegions",
    "elasticache:DescribeCacheEngineVersions",
    "elasticache:DescribeReplicationGroups",
    "elasticache:ListTagsForResource",
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "kinesis:ListTagsForStream",
    "kms:DescribeKey",
    "kms:ListResourceTags",
    "lambda:GetFunction",
    "lambda:ListTags",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "rds:DescribeDBClusters",
    "rds:DescribeDBEngineVersions",
    "rds:DescribeOrderableDBInstanceOptions",
    "s3:GetBucketVersioning",
    "secretsmanager:DescribeSecret",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListServiceQuotas",
    "sqs:GetQueueUrl",
    "sqs:ListQueueTags",
    "states:ListStateMachines",
    "states:ListTagsForResource",
)
_READY = (
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
)
_QUEUE = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")
_WARM = ("dynamodb:DescribeTable", "dynamodb:UpdateTable")

RIGHTS: Mapping[str, tuple[Right, ...]] = MappingProxyType(
    {
        "event": (
            Right("corrections", ("dynamodb:Query",)),
            Right("distributed-locks", ("dynamodb:ConditionCheckItem",)),
            Right(
                "events",
                (
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:Scan",
                ),
            ),
            Right("ticket-inventory", ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query")),
        ),
        "move_home": (
            Right("distributed-locks", ("dynamodb:BatchWriteItem",)),
            Right(
                "events",
                (
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:Scan",
                ),
            ),
            Right("ticket-inventory", ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query")),
            Right("ticket-sales", ("dynamodb:GetItem", "dynamodb:Query")),
        ),
        "preflight": (Right("", _PREFLIGHT),),
        "prewarm": (
            Right("admission-queue", _READY, queues=True),
            Right("distributed-locks", _WARM),
            Right("seat-availability", _READY),
            Right("ticket-inventory", _WARM),
            Right("ticket-purchase", _READY),
            Right("ticket-sales", _WARM),
        ),
        "queue_keys": (
            Right("events", ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"), queues=True),
        ),
        "redrive": (
            Right("dead-letters", _QUEUE),
            Right("failed-refunds", _QUEUE, ".fifo"),
            Right("kinesis-processor", ("lambda:InvokeFunction",)),
            Right("refunds", ("sqs:GetQueueUrl", "sqs:SendMessage"), ".fifo"),
            Right("ticket-sales", ("kinesis:GetRecords", "kinesis:GetShardIterator")),
        ),
        "refunds": (Right("corrections", ("dynamodb:Query", "dynamodb:UpdateItem")),),
        "restore": (
            Right("corrections", ("dynamodb:PutItem", "dynamodb:Query")),
            Right("corrections", ("dynamodb:Query",), "-restored"),
            Right("distributed-locks", ("dynamodb:BatchWriteItem",)),
            Right(
                "events",
                ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query"),
            ),
            Right("events", ("dynamodb:Query",), "-restored"),
            Right("ticket-inventory", ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query")),
            Right("ticket-inventory", ("dynamodb:Query",), "-restored"),
            Right("ticket-sales", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")),
            Right("ticket-sales", ("dynamodb:Query",), "-restored"),
        ),
        "takeover": (Right("events", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan")),),
    }
)
"""The actions that each script calls."""

# A table's key is decrypted with the permissions of the principal that reads or writes its items.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_ITEMS = (
    "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem",
)  # fmt: skip

KEY_ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{f"dynamodb:{action}": ("kms:Decrypt",) for action in _ITEMS},
        # https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
        "kinesis:GetRecords": ("kms:Decrypt",),
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        "sqs:ReceiveMessage": ("kms:Decrypt",),
        "sqs:SendMessage": ("kms:Decrypt", "kms:GenerateDataKey"),
        # Lambda decrypts a function's environment by a grant, without the caller's permissions.
        # https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html
        "lambda:InvokeFunction": (),
        "lambda:DeleteProvisionedConcurrencyConfig": (),
        "lambda:GetProvisionedConcurrencyConfig": (),
        "lambda:PutProvisionedConcurrencyConfig": (),
        # These read and change settings and metadata only, which no key encrypts.
        "dynamodb:DescribeTable": (),
        "dynamodb:UpdateTable": (),
        "kinesis:GetShardIterator": (),
        "sqs:ChangeMessageVisibility": (),
        "sqs:DeleteMessage": (),
        "sqs:GetQueueUrl": (),
    }
)
"""The actions on the stack's key that a call on an encrypted resource needs besides its own."""


def key_actions(script: str) -> tuple[str, ...]:
    """The actions on the stack's key that a script needs, in alphabetical order."""
    called = (action for right in RIGHTS[script] if right.what for action in right.actions)
    return tuple(sorted({needed for action in called for needed in KEY_ACTIONS[action]}))


def _rights(environment: Environment) -> Iterator[tuple[str, tuple[Right, ...]]]:
    """The scripts that the environment has, with what they need there."""
    for script, rights in RIGHTS.items():
        needed = tuple(right for right in rights if environment.admission or not right.queues)
        if needed:
            yield script, needed


def rights_rows(environment: Environment) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each script with the resources that it uses, "" for any, and its actions on them."""
    for script, rights in _rights(environment):
        for right in rights:
            yield script, _name(environment, right) if right.what else "", right.actions
        if key_actions(script):
            yield script, _alias(environment), key_actions(script)


def policy_statements(environment: Environment, *, preflight: bool) -> list[dict[str, object]]:
    """The statements of a policy that allows the preflight, or every other script.

    The sid of each begins with its script's name. One policy could not hold both: it has at most 6,144 characters.
    The stack's keys have no names, so they are granted by alias.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    partition = REGIONS[environment.primary_region].partition
    statements: list[dict[str, object]] = []
    for script, rights in _rights(environment):
        if (script == "preflight") != preflight:
            continue
        prefix = "".join(word.title() for word in script.split("_"))
        # One statement for all resources with the same actions, so that the policy stays short enough.
        for actions in dict.fromkeys(right.actions for right in rights):
            service = actions[0].partition(":")[0]
            resources = [
                f"arn:{partition}:{service}:*:*:{_ARNS.get(service, '{}').format(_name(environment, right))}"
                if right.what
                else "*"
                for right in rights
                if right.actions == actions
            ]
            statements.append(
                {
                    "Sid": f"{prefix}{len(statements)}",
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": resources if len(resources) > 1 else resources[0],
                }
            )
        if key_actions(script):
            statements.append(
                {
                    "Sid": f"{prefix}Key",
                    "Effect": "Allow",
                    "Action": key_actions(script),
                    "Resource": f"arn:{partition}:kms:*:*:key/*",
                    "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": _alias(environment)}},
                }
            )
    return statements


def _name(environment: Environment, right: Right) -> str:
    return f"{environment.project}-{right.what}-{environment.name}{right.after}"


def _alias(environment: Environment) -> str:
    return f"alias/{environment.project}-key-{environment.name}"
