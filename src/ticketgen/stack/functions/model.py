"""The model of a Lambda function of the stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ticketgen.figures.model import AttributePlace, Definition, DeploymentScope
from ticketgen.figures.registry import Sizing
from ticketgen.rendering.quoted import RawExpression
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import Alarm
from ticketgen.stack.functions.resources import Resource
from ticketgen.stack.policy import Statement

__all__ = [
    "Capacity",
    "FunctionModule",
    "Grant",
    "LambdaFunction",
    "PlainValue",
    "Setting",
    "Trigger",
    "TriggerSource",
    "Variable",
    "admits_buyers",
    "always",
    "ticket_seconds",
    "uses_timestream",
]

PlainValue = str | int
"""The value of an environment variable that is not an HCL expression."""

Setting = (
    PlainValue
    | RawExpression
    | Resource
    | Definition[int]
    | Callable[[Environment], PlainValue | RawExpression | None]
)
"""The origin of a variable's value: the value, a reference, a figure, or a part of the spec, perhaps absent."""


class FunctionModule(StrEnum):
    """The Terraform modules with functions."""

    REGION = "region"  # in every Region
    ANALYTICS = "analytics"  # in the primary and in the secondary Region
    VERIFICATION = "verification"  # in the primary and in the secondary Region

    @property
    def scope(self) -> DeploymentScope:
        """Where its functions exist."""
        return DeploymentScope.REGION if self is FunctionModule.REGION else DeploymentScope.HUB

    def attribute(self, function: str, name: str) -> AttributePlace:
        """The place of an attribute of a function."""
        return AttributePlace(f"modules/{self}/functions.tf", f"aws_lambda_function.{function}", name)


class TriggerSource(StrEnum):
    """What invokes a function."""

    API = "the API"
    STREAM = "an event source mapping"
    STATE_MACHINE = "the verification's state machine"
    ROTATION = "a secret's rotation"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What invokes a function, and the permissions that its role needs for this.

    Attributes:
        source: what invokes it.
        polling: the statements that let Lambda read the function's stream.
    """

    source: TriggerSource
    polling: tuple[Statement, ...] = ()


def always(_: Environment) -> bool:
    """Whether every environment has it: yes."""
    return True


def admits_buyers(environment: Environment) -> bool:
    """Whether events may have a queue."""
    return environment.admission is not None


def ticket_seconds(environment: Environment) -> int | None:
    """How long a ticket of a queue is valid; None without queues."""
    return environment.admission.ticket_seconds if environment.admission else None


def uses_timestream(environment: Environment) -> bool:
    """Whether the audit trail is in Timestream."""
    return environment.audit.store == "timestream"


@dataclass(frozen=True, slots=True)
class Grant:
    """IAM actions that a function's own code calls on one resource.

    DynamoDB transactions have no IAM action of their own: grant the actions that they consist of.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html

    Attributes:
        resource: what the actions are called on.
        actions: in alphabetical order.
        wanted: whether an environment needs them.
    """

    resource: Resource
    actions: tuple[str, ...]
    wanted: Callable[[Environment], bool] = always

    @property
    def statement(self) -> Statement:
        """The statement of the function's policy."""
        return Statement(self.resource.sid, self.actions, (self.resource.arn,), self.resource.condition)


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of a function in one environment."""

    name: str
    value: PlainValue | RawExpression
    comment: str = ""

    @property
    def is_expression(self) -> bool:
        """Whether the value is an HCL expression."""
        return isinstance(self.value, RawExpression)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The figures of a function.

    Attributes:
        concurrency: reserved if its place is an attribute; for a stream, which limits it itself, an output.
        memory: in MiB.
        timeout: in seconds.
        others: figures of the trigger.
        provisioned: the concurrency that an operator provisions for a sale; None for a function that no buyer calls.
        grows_with: the parts of the spec that may need more memory than Lambda has.
    """

    concurrency: Definition[int]
    memory: Definition[int]
    timeout: Definition[int]
    others: tuple[Definition[int], ...] = ()
    provisioned: Definition[int] | None = None
    grows_with: tuple[str, ...] = ()

    @property
    def figures(self) -> tuple[Definition[int], ...]:
        """All of them."""
        ready = () if self.provisioned is None else (self.provisioned,)
        return (*ready, self.concurrency, self.memory, self.timeout, *self.others)

    @property
    def is_reserved(self) -> bool:
        """Whether the concurrency is reserved."""
        return isinstance(self.concurrency.place, AttributePlace)


def _no_alarms(_: Environment) -> Iterable[Alarm]:
    return ()


_ENDPOINTS = {"reader": "reader_endpoint_address", "writer": "primary_endpoint_address"}
"""The endpoint of each user of Redis. The reader's leads to the replica; without one, and after a failover until there
is a new one, to the only node: https://repost.aws/questions/QUIn932BTdSHON11MEW6QDbg/elasticache-single-node-read-endpoint
"""


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """One function. Its role, its zip and some alarms follow from its name.

    Attributes:
        name: the name of its module in ``templates/functions``; its handler is ``<name>.handler``.
        module: the Terraform module that it is in.
        summary: what it does, as one sentence without a full stop.
        capacity: its concurrency, memory and timeout.
        trigger: what invokes it.
        environment: the variables that its code reads, without ``AWS_REGION``, which the runtime sets, and without
            those that follow from `redis_user`.
        grants: the IAM actions that its code calls.
        redis_user: its user in Redis, which also puts it into the private subnets; "" for none.
        alarms: on its objectives, and on the stores that it reads and writes.
        comments: on variables, rendered beside them.
        wanted: whether an environment has it.
    """

    name: str
    module: FunctionModule
    summary: str
    capacity: Capacity
    trigger: Trigger
    environment: Mapping[str, Setting] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    redis_user: str = ""
    alarms: Callable[[Environment], Iterable[Alarm]] = _no_alarms
    comments: Mapping[str, str] = field(default_factory=dict)
    wanted: Callable[[Environment], bool] = always

    @property
    def what(self) -> str:
        """The middle of the names of its resources."""
        return self.name.replace("_", "-")

    @property
    def in_vpc(self) -> bool:
        """Whether it runs in the private subnets."""
        return bool(self.redis_user)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """All variables that its code reads, in alphabetical order."""
        redis = {
            "REDIS_HOST": RawExpression(
                f"aws_elasticache_replication_group.seats.{_ENDPOINTS.get(self.redis_user, '')}"
            ),
            "REDIS_PORT": RawExpression("aws_elasticache_replication_group.seats.port"),
            "REDIS_REPLICATION_GROUP": RawExpression(
                "aws_elasticache_replication_group.seats.replication_group_id"
            ),
            "REDIS_USER": RawExpression(f"aws_elasticache_user.{self.redis_user}.user_name"),
        }
        return dict(sorted({**self.environment, **(redis if self.redis_user else {})}.items()))

    def variables(self, environment: Environment, sizing: Sizing) -> Iterator[Variable]:
        """Its variables in one environment, in alphabetical order."""
        for name, setting in self.settings.items():
            value = _value(setting, environment, sizing)
            if value is not None:
                yield Variable(name, value, self.comments.get(name, ""))


def _value(setting: Setting, environment: Environment, sizing: Sizing) -> PlainValue | RawExpression | None:
    if isinstance(setting, Resource):
        return setting.reference
    if isinstance(setting, Definition):
        return sizing[setting].value
    return setting(environment) if callable(setting) else setting
